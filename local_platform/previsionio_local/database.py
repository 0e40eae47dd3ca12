"""The objects, in one SQLite file."""

from __future__ import annotations

import itertools
import sqlite3
import threading
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from .folder import FolderError
from .positions import Change, Key, Positions

T = TypeVar("T")
M = TypeVar("M", bound="Stored")

_SCHEMA = (
    """CREATE TABLE projects (
        number INTEGER NOT NULL PRIMARY KEY, id VARCHAR(24) NOT NULL UNIQUE, created_at VARCHAR NOT NULL,
        name VARCHAR NOT NULL, description VARCHAR, color VARCHAR NOT NULL
    )""",
    """CREATE TABLE connectors (
        number INTEGER NOT NULL PRIMARY KEY, id VARCHAR(24) NOT NULL UNIQUE, created_at VARCHAR NOT NULL,
        project_id VARCHAR(24) NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
        tested_at VARCHAR, test_error VARCHAR,
        type VARCHAR NOT NULL, name VARCHAR NOT NULL, host VARCHAR, port INTEGER, username VARCHAR,
        credentials BLOB NOT NULL
    )""",
    """CREATE TABLE data_sources (
        number INTEGER NOT NULL PRIMARY KEY, id VARCHAR(24) NOT NULL UNIQUE, created_at VARCHAR NOT NULL,
        project_id VARCHAR(24) NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
        tested_at VARCHAR, test_error VARCHAR,
        connector_id VARCHAR(24) NOT NULL REFERENCES connectors (id) ON DELETE CASCADE,
        name VARCHAR NOT NULL, path VARCHAR, "database" VARCHAR, "table" VARCHAR, bucket VARCHAR, request VARCHAR,
        g_cloud VARCHAR
    )""",
    """CREATE TABLE datasets (
        number INTEGER NOT NULL PRIMARY KEY, id VARCHAR(24) NOT NULL UNIQUE, created_at VARCHAR NOT NULL,
        project_id VARCHAR(24) NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
        name VARCHAR NOT NULL, datasource_id VARCHAR, origin VARCHAR, state VARCHAR NOT NULL, error VARCHAR,
        rows INTEGER, columns INTEGER, size INTEGER
    )""",
    "CREATE TABLE notes (name VARCHAR NOT NULL PRIMARY KEY, value VARCHAR NOT NULL)",
    "CREATE INDEX ix_connectors_project_id ON connectors (project_id)",
    "CREATE INDEX ix_data_sources_project_id ON data_sources (project_id)",
    "CREATE INDEX ix_data_sources_connector_id ON data_sources (connector_id)",
    "CREATE INDEX ix_datasets_project_id ON datasets (project_id)",
    "CREATE INDEX ix_datasets_datasource_id ON datasets (datasource_id)",
)
"""The tables of this version, for a new file."""

_MIGRATIONS = (
    # 1: the last test of an object is remembered.
    tuple(
        f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR"
        for table in ("connectors", "data_sources")
        for column in ("tested_at", "test_error")
    ),
    # 2: the datasets of a data source are found at once.
    ("CREATE INDEX IF NOT EXISTS ix_datasets_datasource_id ON datasets (datasource_id)",),
)
"""What leads from each version of the tables to the next; the version that a file has is its `user_version`."""

_RESERVE = 256 << 10
"""Bytes that are set aside."""

VERSION = len(_MIGRATIONS)
"""The version of the tables that this code works with."""

_SECONDS_TO_WAIT = 30.0
"""For somebody else who has locked the file."""

_CHECKPOINT = 1_000
"""Transactions after which what they wrote is moved from the log into the file, beside those that follow."""

_LONGEST_LOG = 10_000
"""Pages of the log at which a transaction does that itself: without a pause between them, the log only grows."""


@dataclass(eq=False)
class Stored:
    """What every stored object has. Its fields are the columns of its table."""

    TABLE: ClassVar[str]
    NOUN: ClassVar[str]
    """What it is called in messages."""

    number: int
    """Gives the order of creation; 0 until it is stored."""
    id: str
    created_at: str

    @property
    def lists(self) -> tuple[Key, ...]:
        """The lists that it is in."""
        return ((self.TABLE, None),)


@dataclass(eq=False)
class Owned(Stored):
    """An object that belongs to a project and goes with it."""

    project_id: str

    @property
    def lists(self) -> tuple[Key, ...]:
        return ((self.TABLE, self.project_id),)


@dataclass(eq=False)
class Tested(Owned):
    """An object that can be tested, with what its last test said."""

    tested_at: str | None
    """None: not since it was made or changed."""
    test_error: str | None
    """Why the last test failed; None if it did not."""


def now() -> str:
    """Return the time as the platform shows it: ISO 8601 in UTC, with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class BusyError(Exception):
    """Somebody else is writing, and the caller did not want to wait."""


class Session:
    """Statements of one caller. In those of `write`, all of them are stored together or not at all.

    Text of statements is ours, whatever comes from outside is a parameter.
    """

    def __init__(self, connection: sqlite3.Connection, positions: Positions) -> None:
        self._connection = connection
        self._positions = positions
        self.changes: list[Change] = []
        """What lists will have to know."""

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """Execute a statement."""
        return self._connection.execute(statement, values)

    def scalars(self, statement: str, *values: Any) -> list[Any]:
        """Return the first column of what a query finds."""
        return [row[0] for row in self.execute(statement, *values)]

    def all(self, model: type[M], rest: str, *values: Any) -> list[M]:
        """Return stored objects; `rest` is what follows after the name of their table."""
        return [model(*row) for row in self.execute(f"{_select(model)} {rest}", *values)]

    def first(self, model: type[M], rest: str, *values: Any) -> M | None:
        """Return the first of them; None if there is none."""
        row = self.execute(f"{_select(model)} {rest}", *values).fetchone()
        return None if row is None else model(*row)

    def page(
        self, model: type[Stored], item: str, project_id: str | None, number: int, size: int
    ) -> tuple[int, list[str]]:
        """Return how many objects a list holds, and what `item` makes of those of one page of it, oldest first."""
        numbers = self._numbers(model, project_id)
        rest, values = _within(project_id, numbers[(number - 1) * size : number * size])
        return len(numbers), self.scalars(f"SELECT {item} FROM {model.TABLE} {rest}", *values)  # noqa: S608

    def page_from_end(self, model: type[M], project_id: str, number: int, size: int) -> tuple[int, list[M]]:
        """Return the same, where the first page is that of the newest objects."""
        numbers = self._numbers(model, project_id)
        total = len(numbers)
        end = max(0, total - (number - 1) * size)
        rest, values = _within(project_id, numbers[max(0, end - size) : end])
        return total, self.all(model, rest, *values)

    def add(self, made: Stored) -> None:
        """Store a new object."""
        made.number = self.execute(_insert(type(made)), *_values(made)).lastrowid or 0
        self._changed(made, is_there=True)

    def save(self, changed: Stored) -> None:
        """Store what was changed of an object."""
        self.execute(_update(type(changed)), *_values(changed), changed.number)

    def delete(self, found: Stored) -> None:
        """Delete an object."""
        self.execute(f"DELETE FROM {found.TABLE} WHERE number = ?", found.number)  # noqa: S608
        self._changed(found, is_there=False)

    def _changed(self, stored: Stored, *, is_there: bool) -> None:
        self.changes += [Change(key, stored.number, is_there) for key in stored.lists]

    def _numbers(self, model: type[Stored], project_id: str | None) -> array[int]:
        key = (model.TABLE, project_id)
        if (kept := self._positions.get(key)) is not None:
            return kept
        version = self._positions.version
        where, values = ("", ()) if project_id is None else (" WHERE project_id = ?", (project_id,))
        numbers = self.scalars(f"SELECT number FROM {model.TABLE}{where} ORDER BY number", *values)  # noqa: S608
        return self._positions.keep(key, numbers, version)


class Database:
    """One SQLite file, shared by threads: any number of readers, one writer at a time.

    Args:
        path: the file; made if it is not there.
        is_new: whether it may be missing or empty.

    Raises:
        FolderError: it is damaged, of another program or of a newer version, or can be neither read nor written.
    """

    def __init__(self, path: Path, is_new: bool = True) -> None:
        if not is_new and not (path.exists() and path.stat().st_size):
            raise FolderError(
                f"{path} is missing or empty, although its folder was used before: put a copy of it back, or remove "
                f"{path.parent} to begin anew"
            )
        path.touch(mode=0o600)
        self._path = path
        self._reserve = path.with_name("reserve")
        self._idle: deque[sqlite3.Connection] = deque()
        self._writer = threading.Lock()
        self._positions = Positions()
        try:
            with explained(path), self._connection() as connection:
                if (version := _checked_version(connection, path)) < VERSION:
                    _migrate(connection, path, version)
        except FolderError:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Yield a session for reading."""
        with self._connection() as connection:
            yield Session(connection, self._positions)

    @contextmanager
    def write(self, *, wait: bool = True) -> Iterator[Session]:
        """Yield a session whose changes are stored together at the end, or not at all.

        Raises:
            BusyError: somebody else writes, and `wait` is False.
        """
        if not self._writer.acquire(blocking=wait):
            raise BusyError
        try:
            with self._connection() as connection:
                session = Session(connection, self._positions)
                _begin(connection, wait)
                try:
                    yield session
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:  # SQLite itself takes back what the disk has no room for.
                        connection.execute("ROLLBACK")
                    raise
                self._positions.change(session.changes)
                self._written += 1
                if self._written % _CHECKPOINT == 0:
                    emptying = threading.Thread(target=self._empty_log, name="previsionio-local log", daemon=True)
                    # What is stored is stored, also on a machine that has no thread to spare.
                    with suppress(RuntimeError):
                        emptying.start()
                        self._emptying = emptying
        finally:
            self._writer.release()

    def store(self, work: Callable[[Session], T], *, wait: bool = True) -> T:
        """Return what `work` does in a session of `write`."""
        with self.write(wait=wait) as session:
            return work(session)

    def delete(self, delete: Callable[[Session], T], *, wait: bool = True) -> T:
        """Do the same to delete something, for which there is room even where there is none: it makes room."""
        try:
            return self.store(delete, wait=wait)
        except sqlite3.DatabaseError as error:
            if not (is_full(error) and self._reserve.exists()):
                raise
        self._reserve.unlink(missing_ok=True)
        return self.store(delete, wait=wait)

    def forget_lists(self, project_id: str | None = None) -> None:
        """Read the lists of a project, or of all, anew: they have lost more than was deleted by a session."""
        self._positions.forget(project_id)

    def keep_reserve(self) -> None:
        """Set aside the room that a deletion needs, unless the disk is that full already."""
        try:
            self._reserve.touch(mode=0o600)
            self._reserve.write_bytes(bytes(_RESERVE))
        except OSError:
            self._reserve.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file. What somebody still works with is closed when it is given back."""
        if self._emptying:
            self._emptying.join()
        self._is_closed = True
        self._close_idle()

    _is_closed = False
    _emptying: threading.Thread | None = None
    _written = 0
    """Transactions so far."""

    def _empty_log(self) -> None:
        # Nobody waits for it, and what it leaves is done by the next one.
        with suppress(sqlite3.Error), self._connection() as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        # As many as there are threads that ask: to be refused a connection would be no answer to a client.
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = _connect(self._path)
        try:
            yield connection
        finally:
            self._idle.append(connection)
            if self._is_closed:
                self._close_idle()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_SECONDS_TO_WAIT, isolation_level=None, check_same_thread=False)
    try:
        # Readers do not wait for the writer, and what was answered survives the end of the process.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_LONGEST_LOG}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _begin(connection: sqlite3.Connection, wait: bool) -> None:
    """Begin to write, once nobody else has locked the file."""
    if wait:
        connection.execute("BEGIN IMMEDIATE")
        return
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise BusyError from None
        raise
    finally:
        connection.execute(f"PRAGMA busy_timeout = {_SECONDS_TO_WAIT * 1000:.0f}")


def _within(project_id: str | None, numbers: array[int]) -> tuple[str, tuple[Any, ...]]:
    """What follows after the name of a table to find a part of a list, and its values."""
    first_and_last = (numbers[0], numbers[-1]) if numbers else (1, 0)
    where = "number BETWEEN ? AND ? ORDER BY number"
    if project_id is None:
        return f"WHERE {where}", first_and_last
    return f"WHERE project_id = ? AND {where}", (project_id, *first_and_last)


def _select(model: type[Stored]) -> str:
    return f"SELECT {', '.join(_columns(model))} FROM {model.TABLE}"  # noqa: S608 - both are ours


def _insert(model: type[Stored]) -> str:
    columns = _columns(model)[1:]
    return f"INSERT INTO {model.TABLE} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608


def _update(model: type[Stored]) -> str:
    places = ", ".join(f"{column} = ?" for column in _columns(model)[1:])
    return f"UPDATE {model.TABLE} SET {places} WHERE number = ?"  # noqa: S608


_known: dict[type, tuple[str, ...]] = {}


def _columns(model: type[Stored]) -> tuple[str, ...]:
    """The columns of a table, its number first."""
    if model not in _known:
        _known[model] = tuple(f'"{field.name}"' for field in fields(model))
    return _known[model]


def _values(stored: Stored) -> list[Any]:
    return [getattr(stored, field.name) for field in fields(stored)[1:]]


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn a failure of the database at `path` into a `FolderError`."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise FolderError(f"{path} {_advice(error)}") from None


def is_full(error: sqlite3.DatabaseError) -> bool:
    """Whether a statement failed because the disk has no room; the database is as it was before it."""
    return any(reason in str(error) for reason in ("disk is full", "disk I/O error"))


def _checked_version(connection: sqlite3.Connection, path: Path) -> int:
    # Not only the pages that are needed now: what is damaged further on would come up as a failed call one day.
    if (found := _value(connection, "PRAGMA quick_check(1)")) != "ok":
        raise sqlite3.DatabaseError(found)
    version = int(_value(connection, "PRAGMA user_version"))
    if version > VERSION:
        raise FolderError(
            f"{path} is of version {version}, made by a newer previsionio-local, and this one knows versions up to "
            f"{VERSION}: upgrade previsionio-local, or choose another folder with --data"
        )
    return version


def _value(connection: sqlite3.Connection, statement: str) -> Any:
    return connection.execute(statement).fetchone()[0]


def _migrate(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Bring the tables to this version, all at once or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if there and not set(_TABLES) <= there:
        raise FolderError(f"{path} is a database of another program: choose another folder with --data")
    for step in itertools.chain(*_MIGRATIONS[version:]) if there else _SCHEMA:
        connection.execute(step)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


_TABLES = ("projects", "connectors", "data_sources", "datasets", "notes")
"""Of every version."""


def _advice(error: sqlite3.DatabaseError) -> str:
    reason = str(error)
    if is_full(error):
        return "cannot grow, as the disk is full: make room, then start again"
    if "readonly" in reason or "unable to open" in reason:
        return "cannot be written by this user: change that, or choose another folder with --data"
    reason = " ".join(reason.split())[:100]
    return f"is damaged ({reason}): put a copy of it back, or choose another folder with --data"
