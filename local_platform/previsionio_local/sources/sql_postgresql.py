"""Sessions with PostgreSQL.

A query is declared as a cursor in a read-only transaction that is never committed. The server itself then refuses all
that is no plain read or may not be read, before a row is computed; reading the rows is fetching from that very cursor.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import generators
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.types.string import TextLoader

from .base import SourceError, access_denied
from .sql_session import NO_ANSWER, ROWS_PER_BATCH, Session, Unreadable
from .sql_types import POSTGRESQL, Form, batch_of, postgresql_type, schema_of

if TYPE_CHECKING:
    import pyarrow as pa

# Where a user may be let in when no database is named.
_ENTRANCES = ("postgres", "template1")

_BEGIN = "BEGIN TRANSACTION READ ONLY"
_FETCH = f"FETCH FORWARD {ROWS_PER_BATCH} FROM previsionio".encode()

_DATABASES = """
    SELECT datname FROM pg_catalog.pg_database
    WHERE datallowconn AND NOT datistemplate AND has_database_privilege(oid, 'CONNECT') ORDER BY 1
"""
# Tables, views, materialized views, foreign and partitioned tables.
_RELATIONS = """
    SELECT n.nspname, c.relname, c.relkind FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
"""
_READABLE_RELATIONS = f"""{_RELATIONS}
    AND c.relispopulated AND has_schema_privilege(n.oid, 'USAGE')
    AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))
    AND (SELECT count(*) > 0 AND bool_and(has_column_privilege(c.oid, a.attnum, 'SELECT'))
         FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
    ORDER BY n.nspname <> 'public', 1, 2
"""  # noqa: S608 - of constants
_THIS_RELATION = f"""{_RELATIONS}
    AND (n.nspname || '.' || c.relname = %s OR (n.nspname = 'public' AND c.relname = %s))
    ORDER BY n.nspname = 'public'
"""

# Whatever a read-only transaction lets happen and a rollback cannot undo, and what it refuses only when it runs.
_ACTING = re.compile(
    r"\b(nextval|setval|lo_export|dblink\w*|pg_file_\w+|pg_reload_conf|pg_rotate_logfile\w*|pg_terminate_backend"
    r"|pg_cancel_backend|pg_switch_wal|pg_promote|pg_create_restore_point|pg_(?:start|stop)_backup|pg_backup_\w+"
    r"|pg_wal_replay_(?:pause|resume)|pg_stat_reset\w*|pg_stat_statements_reset|pg_(?:create|drop|copy)_\w*replication_slot"
    r"|pg_replication_(?:slot|origin)_\w+|pg_logical_(?:slot_get|emit)_\w+|pg_log_\w+"
    r'|pg_import_system_collations)"?\('
)

_UNKNOWN_TABLE = "42P01"
_SYNTAX = "42601"
# Connection exception, transaction rollback, insufficient resources, operator intervention, system error, internal
# error: nothing is said about the query. And a lock that could not be had.
_COULD_NOT_ASK = ("08", "40", "53", "57", "58", "XX", "55P03")
_REASONS = {
    "55P03": "something that the query needs is locked by somebody else",
    "57014": "it takes too long",
}

_PLAIN = "only a plain SELECT, VALUES, TABLE or WITH can be copied"


class PostgreSQLSession(Session):
    """A connection to a PostgreSQL database. A table outside the schema `public` is named `schema.table`."""

    _connection: psycopg.Connection[tuple[Any, ...]]

    def databases(self) -> list[str]:
        return [name for (name,) in self._connection.execute(_DATABASES)]

    def tables(self) -> list[str]:
        relations = self._connection.execute(_READABLE_RELATIONS).fetchall()
        # A view may still fail: on what it is made of, or on its owner's rights.
        return [_shown(schema, name) for schema, name, kind in relations if kind != "v" or self._opens(schema, name)]

    def select_all(self, table: str) -> str:
        found = self._connection.execute(_THIS_RELATION, [table, table]).fetchone()
        if found is None:
            raise Unreadable(f"it is not in database '{self._database}'", missing=table)
        return _all_of(found[0], found[1])

    def open(self, query: str) -> None:
        if "\0" in query:
            raise Unreadable("it holds a character that is none")
        columns = self._parse(query)
        self._declare(query)
        if not columns:
            raise Unreadable("it gives no columns")
        plan = self._connection.execute(b"EXPLAIN (VERBOSE, COSTS OFF) " + query.encode()).fetchall()
        if acting := _ACTING.search("\n".join(line for (line,) in plan)):
            raise Unreadable(f"{acting[1]} acts on the server, and a source is only read")

    def batches(self, as_text: set[str]) -> Iterator[pa.RecordBatch]:
        cursor = self._connection.cursor()
        schema = None
        while True:
            with self.within(self.limit):
                cursor.execute(_FETCH)
                rows = cursor.fetchall()
            if rows or not schema:
                schema = schema or _schema(cursor.description or [], as_text)
                yield batch_of(schema, rows)
            if len(rows) < ROWS_PER_BATCH:
                return

    def start_afresh(self) -> None:
        self._connection.execute(f"ROLLBACK; {_BEGIN}")

    def _parse(self, query: str) -> int:
        """Have the query parsed as one statement, and its tables and columns looked up; return how many it gives."""
        server = self._connection.pgconn
        server.send_prepare(b"", query.encode())
        parsed = self._result()
        if parsed.status != ExecStatus.COMMAND_OK:
            state = (parsed.error_field(DiagnosticField.SQLSTATE) or b"").decode()
            message = (parsed.error_field(DiagnosticField.MESSAGE_PRIMARY) or b"").decode(errors="replace")
            if not state:
                raise psycopg.OperationalError(parsed.get_error_message())
            raise self._verdict(state, message)
        server.send_describe_prepared(b"")
        described = self._result()
        if described.nparams:
            raise Unreadable("it has parameters ($1), for which there are no values")
        return described.nfields

    def _result(self) -> PGresult:
        # The driver's own call for it would wait with Python's lock held, and so stop all threads.
        results: list[PGresult] = self._connection.wait(generators.execute(self._connection.pgconn))
        return results[0]

    def _declare(self, query: str) -> None:
        try:
            self._connection.execute(b"DECLARE previsionio NO SCROLL CURSOR FOR " + query.encode())
        except psycopg.Error as error:
            state, message = error.sqlstate, error.diag.message_primary
            if state is None or message is None:
                raise
            if state == _SYNTAX:  # Alone, it was none.
                raise Unreadable(_PLAIN) from None
            raise self._verdict(state, message) from None

    def _verdict(self, state: str, message: str) -> Exception:
        if state.startswith(_COULD_NOT_ASK):
            return self._could_not_ask(_REASONS.get(state, message))
        if state in ("0A000", "25006"):
            return Unreadable(f"{_PLAIN}: {message}")
        named = re.search(r"[\"'«“„]([^\"'»”“]+)[\"'»”]", message)
        return Unreadable(message, missing=named[1] if named and state == _UNKNOWN_TABLE else "")

    def _opens(self, schema: str, view: str) -> bool:
        declared = f"DECLARE previsionio CURSOR FOR {_all_of(schema, view)}"
        try:
            self._connection.execute(f"ROLLBACK; {_BEGIN}; SET LOCAL lock_timeout = '100ms'; {declared}".encode())
        except psycopg.Error as error:
            return error.sqlstate is not None and error.sqlstate.startswith(_COULD_NOT_ASK)
        return True

    def _connect(self) -> None:
        self._connection = self._enter(self._database) if self._database is not None else self._enter_somewhere()

    def _enter(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host=self._to.host,
            port=self._to.port,
            user=self._to.username,
            password=self._to.password,
            dbname=database,
            connect_timeout=max(1, round(self._settings.connect_timeout)),
            client_encoding="utf8",
            keepalives_idle=30,
            autocommit=True,
            prepare_threshold=None,
        )

    def _enter_somewhere(self) -> psycopg.Connection[tuple[Any, ...]]:
        entrances = [*_ENTRANCES, self._to.username]
        while True:
            database = entrances.pop(0)
            try:
                return self._enter(database)
            except psycopg.Error as error:
                # PostgreSQL names what it refuses: this database, or else the user, who is refused everywhere.
                about_database = f'"{database}"' in str(error) and database != self._to.username
                if not (entrances and about_database):
                    raise

    def _prepare_session(self) -> None:
        self._connection.execute(
            f"""
            SET statement_timeout = {_milliseconds(self.limit)};
            SET lock_timeout = {_milliseconds(self.lock_limit)};
            SET idle_in_transaction_session_timeout = 0;
            SET datestyle = ISO;
            SET extra_float_digits = 3;
            {_BEGIN}
            """.encode()
        )
        adapters = self._connection.adapters
        for known in adapters.types:
            for oid in (known.oid, known.array_oid):
                if oid and (oid not in POSTGRESQL or POSTGRESQL[oid].form is Form.PARSED):
                    adapters.register_loader(oid, TextLoader)

    def _close(self) -> None:
        # Without an end of the transaction: the server rolls it back.
        self._connection.close()

    def _cancel(self) -> None:
        self._connection.cancel_safe(timeout=self._settings.connect_timeout)

    def _hang_up(self) -> None:
        with socket.socket(fileno=os.dup(self._connection.fileno())) as same:
            same.shutdown(socket.SHUT_RDWR)

    def _explain(self, error: Exception) -> SourceError | None:
        if not isinstance(error, (psycopg.Error, OSError, ValueError)):
            return None
        state = error.sqlstate if isinstance(error, psycopg.Error) else None
        if state is not None and isinstance(error, psycopg.Error):
            if state.startswith(_COULD_NOT_ASK):
                return self._could_not_ask(_REASONS.get(state) or error.diag.message_primary or error)
            return self._refused(error.diag.message_primary or error)
        if hasattr(self, "_connection"):
            return self._could_not_ask(error)
        # While connecting there is only a text, with the server's own words at its end.
        fatal = re.search(r"FATAL:\s*(.*)", str(error))
        if fatal is None:
            return self._out_of_reach(NO_ANSWER if "timeout" in str(error) else error)
        about_user = f'"{self._to.username}"' in fatal[1] and "database" not in fatal[1]
        return self._refused(access_denied(self._to) if about_user else fatal[1])


def _schema(description: Sequence[psycopg.Column], as_text: set[str]) -> pa.Schema:
    types = [postgresql_type(column.type_code, column.precision, column.scale) for column in description]
    return schema_of([column.name for column in description], types, as_text)


def _shown(schema: str, name: str) -> str:
    return name if schema == "public" else f"{schema}.{name}"


def _all_of(schema: str, table: str) -> str:
    quoted = ['"' + name.replace('"', '""') + '"' for name in (schema, table)]
    return f"SELECT * FROM {'.'.join(quoted)}"  # noqa: S608 - quoted


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
