"""SQL connectors: MySQL, MariaDB and PostgreSQL, through SQLAlchemy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from ..settings import SourceSettings
from .base import (
    BaseSource,
    Connection,
    Location,
    NotFoundInSource,
    SourceError,
    access_denied,
    library_reason,
)
from .sql_dialect import dialect_of, forget

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_PER_BATCH = 20_000

_SYSTEM_DATABASES = {"information_schema", "mysql", "performance_schema", "sys"}

_LIST_DATABASES = {
    "mysql": "SELECT schema_name FROM information_schema.schemata ORDER BY 1",
    "postgresql": "SELECT datname FROM pg_catalog.pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1",
}
_LIST_TABLES = {
    "mysql": """
        SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema = :database ORDER BY 2
    """,
    # Tables, views, materialized views, foreign and partitioned tables.
    "postgresql": """
        SELECT nspname, relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE relkind IN ('r', 'v', 'm', 'f', 'p') AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'
        ORDER BY nspname <> 'public', 1, 2
    """,
}

# Where a PostgreSQL user may be let in when no database is named.
_POSTGRESQL_ENTRANCES = ("postgres", "template1")

_MYSQL_ACCESS_DENIED = {1045, 1698}
_MYSQL_CANNOT_CONNECT = {2002, 2003, 2013}
_NO_SUCH_TABLE = {1146, "42P01"}


class SQLSource(BaseSource):
    """A MySQL, MariaDB or PostgreSQL server.

    A table of PostgreSQL outside the schema `public` is named `schema.table`.
    """

    def __init__(self, connection: Connection, settings: SourceSettings) -> None:
        self._to = connection
        self._settings = settings
        self._dialect = dialect_of(connection.host, connection.port, settings.connect_timeout)

    def check(self) -> None:
        with self._connect(None) as connection:
            connection.execute(sa.text("SELECT 1"))

    def databases(self) -> list[str]:
        return [name for name in self._all_databases() if name.lower() not in _SYSTEM_DATABASES]

    def tables(self, database: str) -> list[str]:
        with self._connect(database) as connection:
            return list(self._tables(connection, database))

    def find(self, location: Location) -> None:
        database = location.database or ""
        with self._connect(database) as connection:
            if location.request:
                self._prepare(connection, database, location.request)
            else:
                self._table(connection, database, location.table or "")

    def batches(self, location: Location) -> Iterator[pa.RecordBatch]:
        from .sql_arrow import arrow_batches, exact_values

        database = location.database or ""
        with self._connect(database, patient=True) as connection:
            if location.request:
                # Read-only and one statement only: a data source must not change its source.
                self._prepare(connection, database, location.request)
            else:
                schema, table = self._table(connection, database, location.table or "")
            exact_values(connection)
            connection.rollback()
            options: dict[str, Any] = {"stream_results": True, "max_row_buffer": ROWS_PER_BATCH}
            if location.request:
                # A percent sign in the query is a percent sign.
                options["no_parameters"] = True
                result = connection.exec_driver_sql(location.request, execution_options=options)
            else:
                statement = sa.select(sa.text("*")).select_from(sa.table(_quoted(table), schema=_quoted(schema)))
                result = connection.execute(statement, execution_options=options)
            if not result.returns_rows:
                raise SourceError("the request gives no rows")
            yield from arrow_batches(result, ROWS_PER_BATCH)

    def _all_databases(self) -> list[str]:
        with self._connect(None) as connection:
            return list(connection.scalars(sa.text(_LIST_DATABASES[self._dialect])))

    def _tables(self, connection: sa.Connection, database: str) -> dict[str, tuple[str, str]]:
        query = sa.text(_LIST_TABLES[self._dialect])
        mysql = self._dialect == "mysql"
        rows = connection.execute(query, {"database": database} if mysql else {})
        return {
            (table if mysql or schema == "public" else f"{schema}.{table}"): (schema, table) for schema, table in rows
        }

    def _table(self, connection: sa.Connection, database: str, name: str) -> tuple[str, str]:
        tables = self._tables(connection, database)
        if name in tables:
            return tables[name]
        if name.startswith("public.") and name.removeprefix("public.") in tables:
            return tables[name.removeprefix("public.")]
        raise NotFoundInSource(f"table '{name}' is not in database '{database}'", "table", name, tables)

    def _prepare(self, connection: sa.Connection, database: str, query: str) -> None:
        """Let the server parse `query` and look up its tables and columns, without running it."""
        driver: Any = connection.connection.driver_connection
        if self._dialect == "postgresql":
            from psycopg.pq import ExecStatus

            prepared = driver.pgconn.prepare(b"", query.encode())
            if prepared.status != ExecStatus.COMMAND_OK:
                message = prepared.error_message.decode(errors="replace").splitlines()[0]
                state = prepared.error_field(ord("C")) or b""
                raise self._wrong_request(connection, database, state.decode(), message.removeprefix("ERROR:").strip())
            if driver.pgconn.describe_prepared(b"").nfields == 0:
                raise NotFoundInSource("the request gives no rows", "request")
            return
        try:
            connection.exec_driver_sql("PREPARE previsionio FROM %s", (query,))
        except DBAPIError as error:
            code, message = _mysql_error(error)
            if code in _MYSQL_CANNOT_CONNECT:
                raise
            raise self._wrong_request(connection, database, code, message) from None

    def _wrong_request(
        self, connection: sa.Connection, database: str, code: int | str, message: str
    ) -> NotFoundInSource:
        wanted, existing = "", {}
        if code in _NO_SUCH_TABLE and (names := re.findall(r"['\"]([^'\"]+)['\"]", message)):
            wanted = names[0].removeprefix(f"{database}.")
            existing = self._tables(connection, database)
        return NotFoundInSource(f"the request is refused: {message}", "request", wanted, existing)

    @contextmanager
    def _connect(self, database: str | None, patient: bool = False) -> Iterator[sa.Connection]:
        """Yield a read-only connection to `database`, or to the server where no database is named."""
        with self._explained():
            if database is None and self._dialect == "postgresql":
                engine, connection = self._enter_somewhere()
            else:
                engine = self._engine(database, patient)
                try:
                    connection = engine.connect()
                except DBAPIError as error:
                    raise self._no_entry(database, error) from None
            try:
                with connection:
                    yield connection
            finally:
                engine.dispose()

    def _enter_somewhere(self) -> tuple[sa.Engine, sa.Connection]:
        entrances = [*_POSTGRESQL_ENTRANCES, self._to.username]
        while True:
            database = entrances.pop(0)
            engine = self._engine(database, patient=False)
            try:
                return engine, engine.connect()
            except DBAPIError as error:
                # PostgreSQL names what it refuses: this database, or else the user, who is refused everywhere.
                about_database = f'"{database}"' in str(error.orig) and database != self._to.username
                if not (entrances and about_database):
                    raise

    def _no_entry(self, database: str | None, error: DBAPIError) -> SourceError:
        reason = self._explain(error)
        # An unknown database, one without permission, or a wrong password? Servers tell in many languages.
        if database is not None and not reason.startswith("access denied for user"):
            databases = self._all_databases()
            if database not in databases:
                message = f"no database '{database}' on {self._to.address} for user '{self._to.username}'"
                return NotFoundInSource(message, "database", database, databases)
        return SourceError(reason)

    def _engine(self, database: str | None, patient: bool) -> sa.Engine:
        settings = self._settings
        options: dict[str, Any] = {"connect_timeout": max(1, round(settings.connect_timeout))}
        if self._dialect == "mysql":
            from .sql_arrow import mysql_conversions

            driver = "mysql+pymysql"
            options |= {
                # PyMySQL would send text in Latin-1, while servers keep passwords in UTF-8.
                "password": self._to.password.encode(),
                "read_timeout": None if patient else settings.read_timeout,
                "conv": mysql_conversions(),
                "init_command": "SET SESSION TRANSACTION READ ONLY",
            }
        else:
            driver = "postgresql+psycopg"
            limit = 0 if patient else round(settings.read_timeout * 1000)
            options |= {
                "client_encoding": "utf8",
                "options": f"-c statement_timeout={limit} -c default_transaction_read_only=on",
            }
        to = self._to
        url = sa.URL.create(driver, to.username, to.password, to.host, to.port, database)
        return sa.create_engine(url, poolclass=NullPool, connect_args=options, hide_parameters=True)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise SourceError(self._explain(error)) from None
        except (SQLAlchemyError, OSError, ValueError, RuntimeError) as error:
            raise SourceError(library_reason(error, self._to)) from None

    def _explain(self, error: DBAPIError) -> str:
        return self._explain_mysql(error) if self._dialect == "mysql" else self._explain_postgresql(error)

    def _explain_mysql(self, error: DBAPIError) -> str:
        code, message = _mysql_error(error)
        if code in _MYSQL_ACCESS_DENIED:
            return access_denied(self._to)
        if code in _MYSQL_CANNOT_CONNECT:
            return self._lost("no answer in time" if "timed out" in message else message)
        return library_reason(message, self._to)

    def _explain_postgresql(self, error: DBAPIError) -> str:
        cause: Any = error.orig
        if cause.sqlstate is not None:
            return library_reason(cause.diag.message_primary or cause, self._to)
        # While connecting there is only a text, with the server's own words at its end.
        fatal = re.search(r"FATAL:\s*(.*)", str(cause))
        if fatal is None:
            return self._lost(str(cause))
        about_user = f'"{self._to.username}"' in fatal[1] and "database" not in fatal[1]
        return access_denied(self._to) if about_user else library_reason(fatal[1], self._to)

    def _lost(self, reason: str) -> str:
        # Another server may listen there next time.
        forget(self._to.host, self._to.port)
        return f"cannot reach {self._to.address}: {library_reason(reason, self._to)}"


def _mysql_error(error: DBAPIError) -> tuple[int, str]:
    code, *rest = getattr(error.orig, "args", None) or (0,)
    return (code, str(rest[0])) if rest else (0, str(code))


def _quoted(name: str) -> sa.quoted_name:
    return sa.quoted_name(name, quote=True)
