"""The SQL servers of the tests are real: they check passwords and rights, and hold what `content` says."""

import psycopg
import pymysql
import pytest
from psycopg import sql

from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL


def test_postgresql_holds_the_known_tables(postgresql: PostgreSQL) -> None:
    for database, tables in postgresql.databases.items():
        with postgresql.connect(database) as connection:
            for table in tables:
                cursor = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table.name)))
                assert [column.name for column in cursor.description or []] == list(table.header)
                assert cursor.fetchall() == list(table.rows)


def test_postgresql_refuses_what_it_should(postgresql: PostgreSQL) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        postgresql.connect("crm", password="wrong")
    with pytest.raises(psycopg.OperationalError, match='database "nowhere" does not exist'):
        postgresql.connect("nowhere")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        postgresql.connect(postgresql.forbidden_database)
    with postgresql.connect("crm") as connection, pytest.raises(psycopg.errors.UndefinedTable, match="custmers"):
        connection.execute("SELECT * FROM custmers")
    with postgresql.connect("crm") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM customers")


def test_mariadb_holds_the_known_tables(mariadb: MariaDB) -> None:
    for database, tables in mariadb.databases.items():
        with mariadb.connect(database) as connection, connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"SELECT * FROM `{table.name}`")
                assert [column[0] for column in cursor.description] == list(table.header)
                assert list(cursor.fetchall()) == list(table.rows)


def test_mariadb_refuses_what_it_should(mariadb: MariaDB) -> None:
    with pytest.raises(pymysql.OperationalError, match="Access denied"):
        mariadb.connect("crm", password="wrong")
    with pytest.raises(pymysql.OperationalError, match="Access denied"):
        mariadb.connect(mariadb.forbidden_database)
    with mariadb.connect("crm") as connection, connection.cursor() as cursor:
        with pytest.raises(pymysql.ProgrammingError, match="custmers"):
            cursor.execute("SELECT * FROM custmers")
        with pytest.raises(pymysql.OperationalError, match="denied"):
            cursor.execute("DELETE FROM customers")
