"""SQL connectors: MySQL, MariaDB and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..settings import SourceSettings
from .base import BaseSource, Connection, Location, NotFoundInSource, SourceError, access_denied
from .sql_dialect import dialect_of
from .sql_session import Session, Unanswered, Unreadable
from .sql_types import NoRoom

if TYPE_CHECKING:
    import pyarrow as pa


class SQLSource(BaseSource):
    """A MySQL, MariaDB or PostgreSQL server.

    A table of PostgreSQL outside the schema `public` is named `schema.table`.
    """

    def __init__(self, connection: Connection, settings: SourceSettings) -> None:
        self._to = connection
        self._settings = settings
        self._cancelled = False
        self._session: Session | None = None
        self._dialect = dialect_of(connection.host, connection.port, settings.connect_timeout)

    def cancel(self) -> None:
        self._cancelled = True
        if self._session:
            self._session.break_off("the copy was broken off")

    def check(self) -> None:
        with self._connected(None):
            pass

    def databases(self) -> list[str]:
        with self._connected(None) as session, session.within(session.limit):
            return session.databases()

    def tables(self, database: str) -> list[str]:
        with self._connected(database) as session, session.within(session.limit):
            return session.tables()

    def find(self, location: Location) -> None:
        with self._opened(location):
            pass

    def batches(self, location: Location) -> Iterator[pa.RecordBatch]:
        as_text: set[str] = set()
        while True:
            with self._opened(location, patient=True) as session:
                try:
                    yield from session.batches(as_text)
                except NoRoom as found:
                    as_text.add(found.column)
                else:
                    return

    @contextmanager
    def _opened(self, location: Location, patient: bool = False) -> Iterator[Session]:
        """Yield a session that is ready to read `location`: what decides whether that can be read, and the way to."""
        database = location.database or ""
        with self._connected(database, patient) as session:
            with session.within(session.limit):
                try:
                    session.open(location.request or session.select_all(location.table or ""))
                except Unreadable as verdict:
                    raise self._not_found(session, location, verdict) from None
            yield session

    def _not_found(self, session: Session, location: Location, verdict: Unreadable) -> NotFoundInSource:
        session.start_afresh()
        if location.request:
            existing = session.tables() if verdict.missing else []
            return NotFoundInSource(f"the request is refused: {verdict}", "request", verdict.missing, existing)
        table = f"table '{location.table}'"
        if verdict.missing:
            message = f"{table} is not in database '{location.database}'"
            return NotFoundInSource(message, "table", location.table or "", session.tables())
        return NotFoundInSource(f"{table} in database '{location.database}' cannot be read: {verdict}", "table")

    @contextmanager
    def _connected(self, database: str | None, patient: bool = False) -> Iterator[Session]:
        session = self._new_session(database, patient)
        self._session = session
        if self._cancelled:
            session.break_off("the copy was broken off")
        try:
            session.__enter__()
        except SourceError as error:
            raise self._no_entry(database, error) from None
        try:
            yield session
        finally:
            session.__exit__()

    def _new_session(self, database: str | None, patient: bool) -> Session:
        # Each server's driver is imported when the first such server is there.
        if self._dialect == "postgresql":
            from .sql_postgresql import PostgreSQLSession

            return PostgreSQLSession(self._to, self._settings, database, patient)
        from .sql_mysql import MySQLSession

        return MySQLSession(self._to, self._settings, database, patient)

    def _no_entry(self, database: str | None, error: SourceError) -> SourceError:
        # An unknown database, one without permission, or a wrong password? Servers tell in many languages.
        if database is None or isinstance(error, Unanswered) or str(error) == access_denied(self._to):
            return error
        databases = self.databases()
        if database in databases:
            return error
        message = f"no database '{database}' on {self._to.address} for user '{self._to.username}'"
        return NotFoundInSource(message, "database", database, databases)
