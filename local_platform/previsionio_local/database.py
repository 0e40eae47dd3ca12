"""The objects, in one SQLite file."""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from sqlalchemy import Connection, Engine, ForeignKey, String, create_engine, event, inspect
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from .folder import FolderError

ID = String(24)

T = TypeVar("T")

_MIGRATIONS = (
    # 1: the last test of an object is remembered.
    tuple(
        f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR"
        for table in ("connectors", "data_sources")
        for column in ("tested_at", "test_error")
    ),
)
"""What leads from each version of the tables to the next; the version that a file has is its `user_version`."""

_RESERVE = 256 << 10
"""Bytes that are set aside."""

VERSION = len(_MIGRATIONS)
"""The version of the tables that this code works with."""


class Base(DeclarativeBase):
    """Base of the stored tables."""


class Stored(Base):
    """What every stored object has. `number` gives the order of creation."""

    __abstract__ = True

    NOUN: ClassVar[str]
    """What it is called in messages."""

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(ID, unique=True)
    created_at: Mapped[str]


class Owned(Stored):
    """An object that belongs to a project and goes with it."""

    __abstract__ = True

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)


def now() -> str:
    """Return the time as the platform shows it: ISO 8601 in UTC, with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Tested(Owned):
    """An object that can be tested, with what its last test said."""

    __abstract__ = True

    tested_at: Mapped[str | None]
    """None: not since it was made or changed."""
    test_error: Mapped[str | None]
    """Why the last test failed; None if it did not."""


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
        self._reserve = path.with_name("reserve")
        self._engine = create_engine(
            f"sqlite:///{path}",
            # Statements may carry what users sent: never show it in an exception.
            hide_parameters=True,
            pool_size=16,
            # As many as there are threads that ask: to be refused a connection would be no answer to a client.
            max_overflow=-1,
            connect_args={"timeout": 30},
        )
        _configure(self._engine)
        self._writer = threading.Lock()
        try:
            with explained(path), self._engine.connect() as connection:
                if (version := _checked_version(connection, path)) < VERSION:
                    _migrate(connection, path, version)
        except FolderError:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Yield a session for reading."""
        with Session(self._engine) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Yield a session whose changes are stored together at the end, or not at all."""
        with self._writer, Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    def delete(self, delete: Callable[[Session], T]) -> T:
        """Let `delete` delete something, for which there is room even where there is none: it makes room."""
        try:
            with self.write() as session:
                return delete(session)
        except DatabaseError as error:
            if not (is_full(error) and self._reserve.exists()):
                raise
        self._reserve.unlink(missing_ok=True)
        with self.write() as session:
            return delete(session)

    def keep_reserve(self) -> None:
        """Set aside the room that a deletion needs, unless the disk is that full already."""
        try:
            self._reserve.touch(mode=0o600)
            self._reserve.write_bytes(bytes(_RESERVE))
        except OSError:
            self._reserve.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()


def _configure(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        # Readers do not wait for the writer, and what was answered survives the end of the process.
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn a failure of the database at `path` into a `FolderError`."""
    try:
        yield
    except DatabaseError as error:
        raise FolderError(f"{path} {_advice(error)}") from None


def is_full(error: DatabaseError) -> bool:
    """Whether a statement failed because the disk has no room; the database is as it was before it."""
    return any(reason in str(error.orig) for reason in ("disk is full", "disk I/O error"))


def _checked_version(connection: Connection, path: Path) -> int:
    # Not only the pages that are needed now: what is damaged further on would come up as a failed call one day.
    if (found := connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()) != "ok":
        raise DatabaseError(None, None, sqlite3.DatabaseError(found))
    version = int(connection.exec_driver_sql("PRAGMA user_version").scalar() or 0)
    if version > VERSION:
        raise FolderError(
            f"{path} is of version {version}, made by a newer previsionio-local, and this one knows versions up to "
            f"{VERSION}: upgrade previsionio-local, or choose another folder with --data"
        )
    return version


def _migrate(connection: Connection, path: Path, version: int) -> None:
    """Bring the tables to this version, all at once or not at all."""
    # By hand: the driver begins transactions before changes of rows alone.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    if not inspect(connection).get_table_names():
        Base.metadata.create_all(connection)
    elif not set(_TABLES) <= set(inspect(connection).get_table_names()):
        raise FolderError(f"{path} is a database of another program: choose another folder with --data")
    else:
        for step in itertools.chain(*_MIGRATIONS[version:]):
            connection.exec_driver_sql(step)
    connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
    connection.commit()


_TABLES = ("projects", "connectors", "data_sources", "datasets", "notes")
"""Of every version."""


def _advice(error: DatabaseError) -> str:
    reason = str(error.orig)
    if is_full(error):
        return "cannot grow, as the disk is full: make room, then start again"
    if "readonly" in reason or "unable to open" in reason:
        return "cannot be written by this user: change that, or choose another folder with --data"
    reason = " ".join(reason.split())[:100]
    return f"is damaged ({reason}): put a copy of it back, or choose another folder with --data"
