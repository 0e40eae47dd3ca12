"""The objects, in one SQLite file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import Engine, ForeignKey, String, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

ID = String(24)


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


class Database:
    """One SQLite file, shared by threads: any number of readers, one writer at a time."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._engine = create_engine(
            f"sqlite:///{path}",
            # Statements may carry what users sent: never show it in an exception.
            hide_parameters=True,
            pool_size=16,
            max_overflow=64,
            connect_args={"timeout": 30},
        )
        _configure(self._engine)
        self._writer = threading.Lock()
        Base.metadata.create_all(self._engine)

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
