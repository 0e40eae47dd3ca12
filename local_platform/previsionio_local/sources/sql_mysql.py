"""Sessions with MySQL and MariaDB.

A query is prepared, and then executed as a subquery whose rows nobody wants, in a read-only transaction: the server
looks up all names, rights and locks, and takes only what can be a subquery, which leaves out everything but reading.
Reading the rows is executing the query itself in the same transaction.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pymysql
from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions
from pymysql.cursors import SSCursor

from .base import SourceError, access_denied, unreachable
from .mysql_binary import BinaryRows
from .sql_session import NO_ANSWER, ROWS_PER_BATCH, Session, Unreadable
from .sql_types import MYSQL, Form, batch_of, mysql_type, schema_of

if TYPE_CHECKING:
    import pyarrow as pa
    from typing_extensions import Self

_SYSTEM_DATABASES = {"information_schema", "mysql", "performance_schema", "sys"}

_BEGIN = "START TRANSACTION READ ONLY"

_TABLES = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = %s ORDER BY 1"
_THIS_TABLE = "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_name = %s"
_READS_ALL = """
    SELECT EXISTS (SELECT 1 FROM information_schema.user_privileges
                   WHERE privilege_type = 'SELECT' AND grantee = %(me)s)
        OR EXISTS (SELECT 1 FROM information_schema.schema_privileges
                   WHERE privilege_type = 'SELECT' AND grantee = %(me)s AND table_schema = %(database)s)
"""

_ACCESS_DENIED = {1045, 1698}
_CANNOT_CONNECT = {0, 2002, 2003, 2006, 2013, 2014, 2055}
_UNKNOWN_TABLE = 1146
_SYNTAX = 1064
_READ_ONLY = 1792
# Too many connections, shutdown, killed, out of memory or disk, too slow, locked: nothing is said about the query.
_COULD_NOT_ASK = _CANNOT_CONNECT | {1021, 1037, 1038, 1040, 1041, 1053, 1203, 1205, 1213, 1226, 1317, 1927, 1969, 3024}
_REASONS = {
    1205: "something that the query needs is locked by somebody else",
    1969: "it takes too long",
    3024: "it takes too long",
}

_UNSIGNED_FLAG = 32
_BINARY_CHARSET = 63

_PLAIN = "only a plain SELECT, VALUES or WITH can be copied"


class MySQLSession(Session):
    """A connection to MySQL or MariaDB."""

    _connection: Any

    def databases(self) -> list[str]:
        rows = self._rows("SELECT schema_name FROM information_schema.schemata ORDER BY 1")
        return [name for (name,) in rows if name.lower() not in _SYSTEM_DATABASES]

    def tables(self) -> list[str]:
        rows = self._rows(_TABLES, [self._database])
        ((me,),) = self._rows("SELECT CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''')")
        ((reads_all,),) = self._rows(_READS_ALL, {"me": me, "database": self._database})
        # A view may still fail: on what it is made of, or on its definer's rights.
        return [name for name, kind in rows if (reads_all and kind == "BASE TABLE") or self._opens(name)]

    def select_all(self, table: str) -> str:
        if not self._rows(_THIS_TABLE, [self._database, table]):
            raise Unreadable(f"it is not in database '{self._database}'", missing=table)
        return _all_of(self._database, table)

    def open(self, query: str) -> None:
        self._parse(query)
        reason = _PLAIN
        for text in self._without_semicolon(query):
            subquery = f"SELECT EXISTS (\n{text}\n) LIMIT 0"
            try:
                self._parse(subquery)
            except _Refused as refused:
                if refused.code != _SYNTAX:
                    reason = f"{_PLAIN}: {refused}"
                continue
            self._run_subquery(subquery)
            self._query = text
            return
        raise Unreadable(reason)

    def batches(self, as_text: set[str]) -> Iterator[pa.RecordBatch]:
        rows = BinaryRows(self._connection, self._query)
        if rows.has_floats():
            yield from self._batches(rows, as_text)
            return
        rows.close()
        with TextRows(self._connection, self._query) as texts:
            yield from self._batches(texts, as_text)

    def _batches(self, rows: BinaryRows | TextRows, as_text: set[str]) -> Iterator[pa.RecordBatch]:
        with self.within(self.limit):
            rows.execute()
        schema = schema_of([field.name for field in rows.fields], [_type(field) for field in rows.fields], as_text)
        more = False
        while True:
            with self.within(self.limit):
                fetched = rows.fetch(ROWS_PER_BATCH)
            if fetched or not more:
                yield batch_of(schema, fetched)
            if len(fetched) < ROWS_PER_BATCH:
                return
            more = True

    def start_afresh(self) -> None:
        self._rows("ROLLBACK")
        self._rows(_BEGIN)

    def _parse(self, query: str) -> None:
        """Have the query parsed as the one statement that it must be, and its tables and columns looked up."""
        try:
            self._rows("PREPARE previsionio FROM %s", [query])
        except pymysql.MySQLError as error:
            code, message = _code(error)
            if code in _COULD_NOT_ASK:
                raise
            raise _Refused(code, message, self._missing(code, message)) from None

    def _run_subquery(self, subquery: str) -> None:
        try:
            self._rows(subquery)
        except pymysql.MySQLError as error:
            code, message = _code(error)
            if code in _COULD_NOT_ASK:
                raise
            if code == _SYNTAX:  # When it was prepared, it was none.
                raise Unreadable("it has parameters (?), for which there are no values") from None
            raise _Refused(code, message, self._missing(code, message)) from None

    def _without_semicolon(self, query: str) -> Iterator[str]:
        """Yield the query, and what goes before each semicolon that only comments follow, as the server sees it."""
        yield query
        for semicolon in reversed(list(re.finditer(";", query))):
            if self._is_nothing(query[semicolon.end() :]):
                yield query[: semicolon.start()]

    def _is_nothing(self, text: str) -> bool:
        # Comments alone are a statement to the server; with nothing but comments before it, another one still is one.
        try:
            self._rows("PREPARE previsionio FROM %s", [f"{text}\nDO 0"])
        except pymysql.MySQLError:
            return False
        return True

    def _missing(self, code: int, message: str) -> str:
        named = re.search(r"'([^']+)'", message)
        return named[1].removeprefix(f"{self._database}.") if named and code == _UNKNOWN_TABLE else ""

    def _opens(self, table: str) -> bool:
        try:
            self._rows("PREPARE previsionio FROM %s", [_all_of(self._database, table)])
        except pymysql.MySQLError as error:
            return _code(error)[0] in _COULD_NOT_ASK - _CANNOT_CONNECT
        return True

    def _rows(self, statement: str, values: Any = None) -> Any:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    def _connect(self) -> None:
        self._connection = self._unconnected()
        reached = self._reached()
        # Of our own, since TLS takes the connection away from the socket.
        self._line = socket.socket(fileno=os.dup(reached.fileno()))
        self._connection.connect(reached)

    def _reached(self) -> socket.socket:
        # Made here, so that it can be ended while the server is expected to greet.
        try:
            return socket.create_connection((self._to.host, self._to.port), self._settings.connect_timeout)
        except (OSError, UnicodeError) as error:
            raise unreachable(self._to.address, error) from None

    def _unconnected(self, timeout: float | None = None) -> Any:
        connection: Any = pymysql.connect(
            host=self._to.host,
            port=self._to.port,
            user=self._to.username,
            # PyMySQL would send text in Latin-1, while servers keep passwords in UTF-8.
            password=self._to.password.encode(),
            database=self._database,
            charset="utf8mb4",
            conv=_CONVERSIONS,
            connect_timeout=max(1, round(self._settings.connect_timeout)),
            read_timeout=timeout,
            write_timeout=timeout,
            autocommit=None,
            ssl_disabled=True,
            defer_connect=True,
        )
        # TLS where the server offers it. PyMySQL's own context would read all of the system's authorities each time.
        connection.ssl, connection.ctx = True, _TLS
        return connection

    def _prepare_session(self) -> None:
        seconds = max(1, int(self.lock_limit))
        self._rows(f"SET SESSION lock_wait_timeout = {seconds}, innodb_lock_wait_timeout = {seconds}")
        if not self._patient:  # A server counts the time to the last row, a snapshot the time to the next one.
            self._rows(
                f"SET SESSION max_statement_time = {self.limit}"
                if "MariaDB" in self._connection.get_server_info()
                else f"SET SESSION max_execution_time = {round(self.limit * 1000)}"
            )
        self._rows("SET SESSION TRANSACTION READ ONLY")
        self._rows(_BEGIN)

    def _close(self) -> None:
        try:
            self._connection.close()
        finally:
            self._line.close()

    def _cancel(self) -> None:
        other = self._unconnected(timeout=self._settings.connect_timeout)
        other.connect()
        with other, other.cursor() as cursor:
            cursor.execute(f"KILL {self._connection.thread_id()}")

    def _hang_up(self) -> None:
        self._line.shutdown(socket.SHUT_RDWR)

    def _explain(self, error: Exception) -> SourceError | None:
        if isinstance(error, (OSError, ValueError, RuntimeError)):
            return self._out_of_reach(error)
        if not isinstance(error, pymysql.MySQLError):
            return None
        code, message = _code(error)
        if code in _ACCESS_DENIED:
            return self._refused(access_denied(self._to))
        if code in _CANNOT_CONNECT:
            return self._out_of_reach(NO_ANSWER if "timed out" in message else message)
        if code in _COULD_NOT_ASK:
            return self._could_not_ask(_REASONS.get(code, message))
        return self._refused(message)


def _unchecked_tls() -> ssl.SSLContext:
    # A connector names no authority that a certificate could be checked with.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class TextRows:
    """A query and its rows as the server writes them."""

    def __init__(self, connection: Any, query: str) -> None:
        self._cursor = connection.cursor(SSCursor)
        self._query = query

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Otherwise it would read all rows that are left before it let go.
        if self._cursor._result is not None:
            self._cursor._result.unbuffered_active = False

    @property
    def fields(self) -> list[Any]:
        """The descriptions of the columns, with what the public ones leave out: sign and character set."""
        fields: list[Any] = self._cursor._result.fields
        return fields

    def execute(self) -> None:
        """Run the query."""
        self._cursor.execute(self._query)

    def fetch(self, count: int) -> Any:
        """Return the next rows, fewer than `count` at the end."""
        return self._cursor.fetchmany(count)


class _Refused(Unreadable):
    def __init__(self, code: int, message: str, missing: str = "") -> None:
        super().__init__(f"{_PLAIN}: {message}" if code == _READ_ONLY else message, missing)
        self.code = code


def _type(field: Any) -> pa.DataType:
    return mysql_type(
        field.type_code,
        field.length,
        field.scale,
        unsigned=bool(field.flags & _UNSIGNED_FLAG),
        binary=field.charsetnr == _BINARY_CHARSET,
    )


def _code(error: pymysql.MySQLError) -> tuple[int, str]:
    code, *rest = error.args or (0,)
    return (code, str(rest[0])) if rest and isinstance(code, int) else (0, str(code))


def _all_of(database: str | None, table: str) -> str:
    quoted = ["`" + name.replace("`", "``") + "`" for name in (database or "", table)]
    return f"SELECT * FROM {'.'.join(quoted)}"  # noqa: S608 - quoted


def _exact_conversions() -> dict[Any, Any]:
    kept = {number for number, rule in MYSQL.items() if rule.form is not Form.TYPED}
    return {key: convert for key, convert in conversions.items() if key not in kept | {FIELD_TYPE.DECIMAL}}


_TLS = _unchecked_tls()
_CONVERSIONS = _exact_conversions()
