"""MariaDB 10.11: the databases of `content`, a reader who may only read."""

import secrets
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pymysql

from tests.servers import content
from tests.servers.process import (
    HOST,
    find_program,
    free_ports,
    make_certificate,
    run_tool,
    start_process,
    unprivileged_user,
    wait_for_port,
)
from tests.servers.run import ServerRun

if TYPE_CHECKING:
    Connection = pymysql.connections.Connection[pymysql.cursors.Cursor]  # generic in its type stubs only


@dataclass(frozen=True)
class MariaDB:
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

    def connect(self, database: str, *, password: str | None = None) -> "Connection":
        """As the reader, with another password if one is given."""
        return _connect(self.port, database, self.username, password or self.password)

    def connect_as_administrator(self, database: str | None = None) -> "Connection":
        return _connect(self.port, database, self.admin_username, self.admin_password)


def start(run: ServerRun) -> MariaDB:
    folder = run.new_folder("mariadb")
    (port,) = free_ports(1)
    user = unprivileged_user()
    server = MariaDB(
        host=HOST,
        port=port,
        username="reader",
        password="p@ss'w\"ord %40:/#?",  # ASCII: PyMySQL sends passwords in Latin-1, MariaDB keeps the UTF-8 bytes
        admin_username="admin",
        admin_password=secrets.token_urlsafe(),
    )
    # Read by the server before it takes connections; one statement a line. Root's account without a password goes.
    statements = folder / "init.sql"
    statements.write_text(
        "DELETE FROM mysql.global_priv WHERE User = 'root';\n"
        "FLUSH PRIVILEGES;\n"
        f"CREATE USER '{server.admin_username}'@'{HOST}' IDENTIFIED BY '{server.admin_password}';\n"
        f"GRANT ALL PRIVILEGES ON *.* TO '{server.admin_username}'@'{HOST}' WITH GRANT OPTION;\n"
    )
    if user:
        for path in (folder, statements):
            shutil.chown(path, *user)
    certificate, key = make_certificate(folder, user)
    data = f"--datadir={folder / 'data'}"
    run_tool(
        [
            find_program("mariadb-install-db", "mariadb-server-core"),
            "--no-defaults",
            data,
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
        ],
        folder,
        user,
    )
    process = start_process(
        "MariaDB",
        [
            find_program("mariadbd", "mariadb-server-core"),
            "--no-defaults",
            data,
            "--socket=socket",  # below the data folder: a socket's path has a limit of 107 bytes
            f"--pid-file={folder / 'pid'}",
            f"--port={port}",
            f"--bind-address={HOST}",
            "--skip-name-resolve",
            f"--ssl-cert={certificate}",
            f"--ssl-key={key}",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=32M",
            "--character-set-server=utf8mb4",
            f"--init-file={statements}",
        ],
        folder,
        run.owner,
        user=user,
    )
    wait_for_port(process, port)
    _fill(server)
    return server


def _fill(server: MariaDB) -> None:
    reader = f"'{server.username}'@'{HOST}'"
    with server.connect_as_administrator() as connection, connection.cursor() as cursor:
        tls_reader = f"'{server.tls_username}'@'{HOST}'"
        cursor.execute(f"CREATE USER {reader} IDENTIFIED BY %s", [server.password])
        cursor.execute(f"CREATE USER {tls_reader} IDENTIFIED BY %s REQUIRE SSL", [server.password])
        cursor.execute(f"CREATE DATABASE {_quoted(server.forbidden_database)}")
        for database, tables in server.databases.items():
            cursor.execute(f"CREATE DATABASE {_quoted(database)}")
            cursor.execute(f"GRANT SELECT ON {_quoted(database)}.* TO {reader}, {tls_reader}")
            for table in tables:
                name = f"{_quoted(database)}.{_quoted(table.name)}"
                columns = ", ".join(f"{_quoted(column.name)} {column.mariadb}" for column in table.columns)
                cursor.execute(f"CREATE TABLE {name} ({columns})")
                placeholders = ", ".join("%s" for _ in table.columns)
                cursor.executemany(f"INSERT INTO {name} VALUES ({placeholders})", table.rows)
        connection.commit()


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _connect(port: int, database: str | None, username: str, password: str) -> "Connection":
    return pymysql.connect(
        host=HOST, port=port, database=database, user=username, password=password, connect_timeout=10, charset="utf8mb4"
    )
