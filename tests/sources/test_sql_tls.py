"""SQL servers that want TLS get it."""

from __future__ import annotations

from typing import Any

import psycopg
import pymysql
import pytest
from previsionio_local.settings import SourceSettings
from previsionio_local.sources import Connection, Location, open_source

from tests.servers import content


@pytest.mark.parametrize("dialect", ["postgresql", "mariadb"])
def test_a_login_that_needs_tls_reads(request: pytest.FixtureRequest, dialect: str) -> None:
    server: Any = request.getfixturevalue(dialect)
    connection = Connection("SQL", server.host, server.port, server.tls_username, server.password)
    with open_source(connection, SourceSettings()) as source:
        source.check()
        assert {"crm", "shop"} <= set(source.databases())
        location = Location(database="crm", table="customers")
        source.find(location)
        assert sum(batch.num_rows for batch in source.batches(location)) == len(content.CUSTOMERS.rows)


def test_that_login_gets_nowhere_without(postgresql: Any, mariadb: Any) -> None:
    with pytest.raises(psycopg.OperationalError, match="rejects connection"):
        psycopg.connect(
            host=postgresql.host, port=postgresql.port, user=postgresql.tls_username, password=postgresql.password,
            dbname="crm", sslmode="disable",
        )  # fmt: skip
    with pytest.raises(pymysql.OperationalError, match="Access denied"):
        pymysql.connect(
            host=mariadb.host, port=mariadb.port, user=mariadb.tls_username, password=mariadb.password.encode(),
            ssl_disabled=True,
        )  # fmt: skip
