"""Does the source that a data source names exist? Asked before anything is made."""

from __future__ import annotations

import difflib
import json
import posixpath
from collections.abc import Sequence

from ._client import quoted
from ._errors import Refused
from ._kinds import CONNECTORS, SOURCE_INPUTS, ConnectorKind, shape_problems
from ._platform import Platform
from ._values import UNKNOWN, Values

_NEAREST = 3


def source_of(values: Values) -> str:
    """The source that a data source names, as one text that is equal for equal sources."""
    return json.dumps({name: str(values[name]) for name in SOURCE_INPUTS if name in values}, sort_keys=True)


def is_known(values: Values) -> bool:
    return all(values.get(name) is not UNKNOWN for name in ("connector_id", *SOURCE_INPUTS))


def source_problems(platform: Platform, values: Values) -> list[str]:
    """What is wrong with the source, in the words of its inputs; empty when it exists or nobody can tell."""
    connector_id = values["connector_id"]
    if platform.is_changing(connector_id):
        return []
    try:
        if "table" in values and "g_cloud" not in values:
            problems = _table_problems(platform, connector_id, values["database"], values["table"])
        elif set(SOURCE_INPUTS) & set(values) == {"path"}:
            problems = _path_problems(platform, connector_id, values["path"])
        else:
            problems = _extension_problems(platform, connector_id, values)
    except Refused as error:
        return _kind_problems(platform, values) or [f"{_first(values)}: {error}"]
    if problems is None:  # nobody can tell; the test after the creation will
        return []
    if not problems:
        platform.remember_verified(connector_id, source_of(values))
    return problems


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


def _path_problems(platform: Platform, connector_id: str, path: str) -> list[str] | None:
    paths = platform.paths(connector_id)
    if not paths:
        return None
    if _plain(path) in {_plain(name) for name in paths}:
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
        platform.client.act(f"/connectors/{quoted(connector_id)}/verify", body)
    except Refused as error:
        if error.status != 422:
            raise
        return [error.reason]
    return []


def _probable_kind(values: Values) -> ConnectorKind:
    return next(kind for kind in CONNECTORS.values() if not shape_problems(values, kind))


def _kind_problems(platform: Platform, values: Values) -> list[str]:
    """When the platform refuses: is it because the connector is of another kind than the shape needs?"""
    item = platform.client.get(f"/connectors/{quoted(values['connector_id'])}")
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
    return f"Did you mean {' or '.join(repr(by_lower[name]) for name in close)}? {count}"
