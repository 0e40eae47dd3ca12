"""Does the source that a data source names exist? Asked before anything is made."""

from __future__ import annotations

import difflib
import json
import posixpath
from collections.abc import Sequence

from ._errors import Refused
from ._kinds import CONNECTORS, SOURCE_INPUTS, SQL, ConnectorKind, shape_problems
from ._platform import Platform
from ._thread_pool import place_lent
from ._urls import quoted
from ._values import UNKNOWN, Values

_NEAREST = 3


def source_of(values: Values) -> str:
    """The source that a data source names, as one text that is equal for equal sources."""
    return json.dumps({name: str(values[name]) for name in SOURCE_INPUTS if name in values}, sort_keys=True)


def is_known(values: Values) -> bool:
    return all(values.get(name) is not UNKNOWN for name in ("connector_id", *SOURCE_INPUTS))


@place_lent()
def source_problems(platform: Platform, values: Values) -> list[str]:
    """What is wrong with the source, in the words of its inputs; empty when it exists or nobody can tell."""
    connector_id = values["connector_id"]
    if platform.is_changing(connector_id):
        return []
    try:
        if "table" in values and "g_cloud" not in values:
            problems = _table_problems(platform, connector_id, values["database"], values["table"])
        elif set(SOURCE_INPUTS) & set(values) == {"path"}:
            problems = _path_problems(platform, connector_id, values)
        else:
            problems = _extension_problems(platform, connector_id, values)
    except Refused as error:
        if problems := _kind_problems(platform, values):
            return problems
        if error.status in (404, 405, 501):  # the platform has no such call: nobody can tell
            return []
        return [f"{_first(values)}: {error}"]
    if problems is None:  # nobody can tell; the test after the creation will
        return []
    if not problems:
        platform.remember_verified(connector_id, source_of(values))
    return problems


def look_ahead(platform: Platform, values: Values) -> None:
    """Have asked in the background what `source_problems` is going to ask, where one answer serves many sources."""
    connector_id = values["connector_id"]
    if "table" in values and "g_cloud" not in values:
        platform.ask_ahead(lambda: platform.tables(connector_id, values["database"]), connector_id, values["database"])
    elif set(SOURCE_INPUTS) & set(values) == {"path"}:
        platform.ask_ahead(lambda: platform.paths(connector_id), connector_id)


def _table_problems(platform: Platform, connector_id: str, database: str, table: str) -> list[str] | None:
    try:
        tables = platform.tables(connector_id, database)
    except Refused:
        databases = platform.databases(connector_id)
        if databases is None or database in databases:
            raise
        return [f"database: {database!r} is not there. {_nearest(database, databases, 'databases', 'list_databases')}"]
    if tables is None:
        return None
    if table in tables:
        return []
    if table.rpartition(".")[2] in {name.rpartition(".")[2] for name in tables}:
        return None  # perhaps the same table under another way to write its schema
    return [f"table: {table!r} is not in database {database!r}. {_nearest(table, tables, 'tables', 'list_tables')}"]


def _path_problems(platform: Platform, connector_id: str, values: Values) -> list[str] | None:
    path, paths = values["path"], platform.paths(connector_id)
    if not paths:
        return None
    if _plain(path) in {_plain(name) for name in paths}:
        return []
    # A list is no proof that there is nothing else: it starts at the login folder and may stop at some length.
    if _extension_problems(platform, connector_id, values) == []:
        return []
    return [f"path: {path!r} is not there. {_nearest(path, paths, 'files')}"]


def _plain(path: str) -> str:
    return posixpath.normpath("/" + path.lstrip("/"))


def _extension_problems(platform: Platform, connector_id: str, values: Values) -> list[str] | None:
    """Our local platform looks up any source; the public contract has no call for queries, objects and BigQuery."""
    kind = _probable_kind(values)
    if not platform.offers_verification(kind, connector_id):
        return None
    body = {name: values[name] for name in SOURCE_INPUTS if name in values}
    try:
        platform.client.try_source(f"/connectors/{quoted(connector_id)}/verify", body)
    except Refused as error:
        if error.status != 422:
            raise
        return [explained(error)]
    return []


def explained(error: Refused) -> str:
    """The platform's reason; the input that is wrong and the nearest names, where it tells them."""
    reason = f"{error.field}: {error.reason}" if error.field else error.reason
    return f"{reason}. {_did_you_mean(error.candidates[:_NEAREST])}" if error.candidates else reason


def _probable_kind(values: Values) -> ConnectorKind:
    return next(kind for kind in CONNECTORS.values() if not shape_problems(values, kind))


def _kind_problems(platform: Platform, values: Values) -> list[str]:
    """When the platform refuses: is the connector gone, or of another kind than the shape needs?"""
    item = platform.read_one(SQL, values["connector_id"])  # any kind stands for all
    if item is None:
        return [f"connector_id: there is no connector {values['connector_id']} on {platform.url}"]
    kind = CONNECTORS.get(str(item.get("type")))
    return shape_problems(values, kind) if kind else []


def _first(values: Values) -> str:
    return next((name for name in ("request", "table", "path", "bucket") if name in values), "connector_id")


def _nearest(wanted: str, names: Sequence[str], noun: str, lister: str = "") -> str:
    by_lower = {name.lower(): name for name in names}
    close = difflib.get_close_matches(wanted.lower(), by_lower, n=_NEAREST)
    count = f"({len(names)} {noun}{f'; list them with {lister}' if lister else ''})"
    if not close:
        return f"Nothing there is spelt alike {count}"
    return f"{_did_you_mean([by_lower[name] for name in close])} {count}"


def _did_you_mean(names: Sequence[str]) -> str:
    return f"Did you mean {' or '.join(map(repr, names))}?"
