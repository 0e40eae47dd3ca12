"""Is the source there that a data source names? Asked before anything is made, once for each source."""

from __future__ import annotations

import json
import posixpath
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any, Final, Literal

from .._errors import NotFound, PlatformError, Refused
from .._platform.collection_cache import Item
from .._platform.collections import CONNECTORS
from .._platform.session import Session
from .._platform.urls import quoted
from .kind import SOURCE_INPUTS
from .wording import did_you_mean, format_refusal, nearest

_MAIN_INPUTS: Final = ("request", "table", "path", "bucket")
"""What a source is called by, the most telling first."""

Source = Mapping[str, Any]
"""The inputs of a data source; those beside `connector_id` and `SOURCE_INPUTS` do not matter here."""


Verdict = Refused | Literal["there"] | None
"""What the platform says of one source; None where it has no call for it."""


class SourceVerifier:
    """What one process knows of the sources behind the connectors of one platform. Safe for many threads.

    A connector that this process is about to change says nothing until it has changed. What a data source needs that
    is only made now can be *deferred*: it is asked for in the background, and once more when the data source is made.

    Locking: `_lock` guards the sets and is never held during a call.
    """

    def __init__(
        self,
        session: Session,
        blocking: Callable[[], AbstractContextManager[None]],
        misfit: Callable[[Source, Item], list[str]],
    ) -> None:
        """`misfit` tells why a source cannot be behind the connector that the platform shows, if it cannot."""
        self._session = session
        self._blocking = blocking
        self._misfit = misfit
        self._lock = threading.Lock()
        self._verified: set[tuple[str, str]] = set()
        self._deferred: set[tuple[str, str]] = set()
        self._prefetched: set[tuple[str, ...]] = set()
        self._changing: set[str] = set()

    def problems(self, source: Source) -> list[str]:
        """What is wrong with the source, in the words of its inputs; empty when it is there or nobody can tell.

        Raises:
            PlatformError: the source could not be asked for.
        """
        connector_id = source["connector_id"]
        if connector_id in self._changing:
            return []
        with self._blocking():
            problems = self._ask(connector_id, source)
        if problems == []:
            with self._lock:
                self._verified.add(_key(source))
        return problems or []

    def is_verified(self, source: Source) -> bool:
        """Whether this process has seen the source behind the connector as it is now."""
        return _key(source) in self._verified

    def defer(self, source: Source) -> None:
        """Look the source up when its data source is made, and ask in the background what that is going to need."""
        with self._lock:
            self._deferred.add(_key(source))
        if segments := _listing(source):
            self._prefetch(source["connector_id"], *segments)

    def deferred_problems(self, source: Source) -> list[str]:
        """What is wrong with a source that was deferred; empty for all others."""
        return self.problems(source) if _key(source) in self._deferred else []

    def connector_changes(self, connector_id: str) -> None:
        """A connector is about to change: until it has, what its source holds now says nothing."""
        self._changing.add(connector_id)

    def connector_changed(self, connector_id: str) -> None:
        """A connector has changed: what was seen behind it before is void."""
        self._changing.discard(connector_id)
        self._session.forget_source_names(connector_id)
        with self._lock:
            self._verified = {key for key in self._verified if key[0] != connector_id}

    def _prefetch(self, connector_id: str, *segments: str) -> None:
        """Ask for names in the background, once. Whoever needs them waits for the answer, and meets its failure."""
        with self._lock:
            if (connector_id, *segments) in self._prefetched:
                return
            self._prefetched.add((connector_id, *segments))

        def ask() -> None:
            with suppress(PlatformError):
                self._session.source_names(connector_id, *segments)

        threading.Thread(target=ask, daemon=True).start()

    # How a source is asked for. None: nobody can tell; the test after the creation will.

    def _ask(self, connector_id: str, source: Source) -> list[str] | None:
        try:
            if _is_table(source):
                return self._table_problems(connector_id, source, source["database"], source["table"])
            if _is_file(source):
                return self._file_problems(connector_id, source, source["path"])
            return _told(self._look_up(connector_id, source))
        except Refused as error:
            connector = self._session.fetch(CONNECTORS, connector_id)
            if connector is None:
                return [f"connector_id: there is no connector {connector_id} on {self._session.url}"]
            if misfit := self._misfit(source, connector):
                return misfit
            if error.status in (404, 405, 501):  # the platform has no such call
                return None
            return [f"{_main_input(source)}: {error}"]

    def _table_problems(self, connector_id: str, source: Source, database: str, table: str) -> list[str] | None:
        try:
            tables = self._session.source_names(connector_id, "databases", database, "tables")
        except Refused:
            databases = self._session.source_names(connector_id, "databases")
            if databases is None or database in databases:
                raise
            return [_not_there("database", database, "there", databases, "databases", "list_databases")]
        if tables is not None and table in tables:
            return []
        verdict = self._look_up(connector_id, source)
        if tables is None or not _is_missing(verdict) or _is_other_spelling(table, tables):
            return _told(verdict)
        return [_not_there("table", table, f"in database {database!r}", tables, "tables", "list_tables")]

    def _file_problems(self, connector_id: str, source: Source, path: str) -> list[str] | None:
        # A list of files says nothing of the right to read them, and may stop at some length.
        verdict = self._look_up(connector_id, source)
        if verdict is not None:
            return _told(verdict)
        paths = self._session.source_names(connector_id, "paths")
        if not paths:
            return None
        if _plain(path) in {_plain(name) for name in paths}:
            return []
        return [_not_there("path", path, "there", paths, "files")]

    def _look_up(self, connector_id: str, source: Source) -> Verdict:
        """Our local platform looks up any source; the public contract has no call for queries, objects and BigQuery."""
        if not self._offers_look_up(connector_id):
            return None
        body = {name: source[name] for name in SOURCE_INPUTS if name in source}
        try:
            self._session.client.try_source(f"/connectors/{quoted(connector_id)}/verify", body)
        except Refused as error:
            if error.status != 422:
                raise
            return error
        return "there"

    def _offers_look_up(self, connector_id: str) -> bool:
        try:
            return "verify" in self._session.capabilities(CONNECTORS, connector_id).extensions
        except NotFound:
            raise
        except Refused:  # a platform that answers OPTIONS in its own way has no extension of ours
            return False


def location_of(source: Source) -> str:
    """The source that a data source names, as one text that is equal for equal sources."""
    return json.dumps({name: str(source[name]) for name in SOURCE_INPUTS if name in source}, sort_keys=True)


def _key(source: Source) -> tuple[str, str]:
    return source["connector_id"], location_of(source)


def _is_table(source: Source) -> bool:
    return "table" in source and "g_cloud" not in source


def _is_file(source: Source) -> bool:
    return set(SOURCE_INPUTS) & set(source) == {"path"}


def _listing(source: Source) -> tuple[str, ...] | None:
    """The listing that tells of the source, where one answer serves many."""
    return ("databases", source["database"], "tables") if _is_table(source) else None


def _main_input(source: Source) -> str:
    return next((name for name in _MAIN_INPUTS if name in source), "connector_id")


def _told(verdict: Verdict) -> list[str] | None:
    """A verdict in its own words."""
    if isinstance(verdict, Refused):
        return [format_refusal(verdict)]
    return None if verdict is None else []


def _is_missing(verdict: Verdict) -> bool:
    """Whether the source is not in the list because it is not there, and not for want of a right to read it.

    Where the platform has no word for one source, its list is all that there is; else it names the nearest ones.
    """
    return verdict is None or (isinstance(verdict, Refused) and bool(verdict.candidates))


def _is_other_spelling(table: str, tables: Sequence[str]) -> bool:
    """Whether it may be one of the tables, written with its schema where the list has none or the other way round."""
    schema, _, name = table.rpartition(".")
    return any(name == other.rpartition(".")[2] and bool(schema) != ("." in other) for other in tables)


def _plain(path: str) -> str:
    return posixpath.normpath("/" + path.lstrip("/"))


def _not_there(input_: str, wanted: str, where: str, names: Sequence[str], noun: str, lister: str = "") -> str:
    close = nearest(wanted, names)
    alike = did_you_mean(close) if close else "Nothing there is spelt alike"
    count = f"({len(names)} {noun}{f'; list them with {lister}' if lister else ''})"
    return f"{input_}: {wanted!r} is not {where}. {alike} {count}"
