"""PostgreSQL 15: the databases of `content`, a reader who may only read, passwords checked with SCRAM."""

import secrets
import shutil
import signal
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import psycopg
from psycopg import sql

from tests.servers import content
from tests.servers.process import (
    HOST,
    ServerProcess,
    find_program,
    free_ports,
    make_certificate,
    run_tool,
    start_process,
    unprivileged_user,
    wait_for_port,
    wait_until,
)
from tests.servers.run import ServerRun

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"


@dataclass(frozen=True)
class PostgreSQL:
    """A running server.  Shared by all tests: one that writes makes a database of its own, as the administrator."""

    host: str
    port: int
    username: str
    password: str
    admin_username: str
    admin_password: str
    tls_username: str = "tls_reader"
    """Reads as the reader does, with the same password, over TLS alone."""

    databases: ClassVar = content.DATABASES
    forbidden_database: ClassVar[str] = content.FORBIDDEN_DATABASE

    def connect(self, database: str, *, password: str | None = None) -> Connection:
        """As the reader, with another password if one is given."""
        return _connect(self.port, database, self.username, password or self.password)

    def connect_as_administrator(self, database: str = "postgres") -> Connection:
        return _connect(self.port, database, self.admin_username, self.admin_password)


def start(run: ServerRun) -> PostgreSQL:
    folder = run.new_folder("postgresql")
    (port,) = free_ports(1)
    user = unprivileged_user()  # initdb and postgres refuse to run as root
    server = PostgreSQL(
        host=HOST,
        port=port,
        username="reader",
        password="p@ss'w\"örd %40:/#?",
        admin_username="admin",
        admin_password=secrets.token_urlsafe(),
    )
    password_file = folder / "password"
    password_file.write_text(server.admin_password)
    if user:
        for path in (folder, password_file):
            shutil.chown(path, *user)
    run_tool(
        [
            find_program("initdb", "postgresql-15"),
            f"--pgdata={folder / 'data'}",
            f"--username={server.admin_username}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "--no-instructions",
        ],
        folder,
        user,
    )
    certificate, key = make_certificate(folder, user)
    rules = folder / "data" / "pg_hba.conf"
    rules.write_text(f"hostnossl all {server.tls_username} all reject\n{rules.read_text()}")
    process = start_process(
        "PostgreSQL",
        [
            find_program("postgres", "postgresql-15"),
            *("-D", str(folder / "data")),
            *("-p", str(port)),
            *("-c", f"listen_addresses={HOST}"),
            *("-c", "autovacuum=off"),  # tests compare the server before and after
            *("-c", "ssl=on", "-c", f"ssl_cert_file={certificate}", "-c", f"ssl_key_file={key}"),
            *("-c", "unix_socket_directories="),  # a socket's path has a limit of 107 bytes, a temporary folder has not
            *("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"),
            *("-c", "shared_buffers=16MB"),
        ],
        folder,
        run.owner,
        user=user,
        stop=signal.SIGINT,  # "fast shutdown"; killed, it would leave a segment of shared memory behind
    )
    wait_for_port(process, port)
    _fill(server, process)
    return server


def _fill(server: PostgreSQL, process: ServerProcess) -> None:
    def is_starting(error: Exception) -> bool:
        return "the database system is starting up" in str(error)

    with wait_until(process, server.connect_as_administrator, is_starting) as connection:
        connection.autocommit = True
        reader = sql.Identifier(server.username)
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(reader, sql.Literal(server.password)))
        tls_reader = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}")
        connection.execute(tls_reader.format(sql.Identifier(server.tls_username), sql.Literal(server.password), reader))
        for database in (*server.databases, server.forbidden_database):
            name = sql.Identifier(database)
            connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        for database in server.databases:
            connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(database), reader))
    for database, tables in server.databases.items():
        with server.connect_as_administrator(database) as connection:
            for table in tables:
                _fill_table(connection, table, reader)


def _fill_table(connection: Connection, table: content.Table, reader: sql.Identifier) -> None:
    name = sql.Identifier(table.name)
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(column.postgresql)) for column in table.columns
    )
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(name, columns))
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(name)) as copy:
        for row in table.rows:
            copy.write_row(row)
    connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(name, reader))


def _connect(port: int, database: str, username: str, password: str) -> Connection:
    return psycopg.connect(
        host=HOST, port=port, dbname=database, user=username, password=password, connect_timeout=10, sslmode="disable"
    )
