"""What is accepted can be read, what is refused cannot: the same verdict in look-up, list, test and snapshot.

Every shape of a data source is tried on every condition that a table can be in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from previsionio_local import LocalPlatform

from tests.platform.client import client_of
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL

DATABASE = "rights"

READABLE, ONE_COLUMN, UNREADABLE = "readable", "one column", "unreadable"

POSTGRESQL = {
    "plain": READABLE,
    "side.plain": READABLE,
    "parted": READABLE,
    "filled": READABLE,
    "seen": READABLE,
    "columns_given": READABLE,
    "one_given": ONE_COLUMN,
    "not_given": UNREADABLE,
    "only_insert": UNREADABLE,
    "closed.plain": UNREADABLE,
    "unfilled": UNREADABLE,
    "on_unfilled": UNREADABLE,
    "as_invoker": UNREADABLE,
    "owner_lost": UNREADABLE,
    "no_columns": UNREADABLE,
    "nowhere": UNREADABLE,
    "Plain": UNREADABLE,
    "slide.plain": UNREADABLE,
    "side.nowhere": UNREADABLE,
}
POSTGRESQL_CONTENT = """
    CREATE SCHEMA side; CREATE SCHEMA closed; GRANT USAGE ON SCHEMA side TO reader;
    CREATE TABLE plain (a int, b int); CREATE TABLE side.plain (a int, b int); CREATE TABLE closed.plain (a int, b int);
    CREATE TABLE parted (a int, b int) PARTITION BY LIST (a);
    CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
    CREATE MATERIALIZED VIEW filled AS TABLE plain; CREATE MATERIALIZED VIEW unfilled AS TABLE plain WITH NO DATA;
    CREATE VIEW seen AS TABLE plain; CREATE VIEW on_unfilled AS TABLE unfilled;
    CREATE TABLE columns_given (a int, b int); CREATE TABLE one_given (a int, b int);
    CREATE TABLE not_given (a int, b int); CREATE TABLE only_insert (a int, b int); CREATE TABLE no_columns ();
    CREATE VIEW as_invoker WITH (security_invoker = true) AS TABLE not_given;
    CREATE VIEW owner_lost AS TABLE not_given; ALTER VIEW owner_lost OWNER TO {lost};
    GRANT SELECT ON plain, side.plain, closed.plain, parted, filled, unfilled, seen, on_unfilled, as_invoker, no_columns
        TO reader;
    GRANT SELECT ON owner_lost TO reader; GRANT SELECT (a, b) ON columns_given TO reader;
    GRANT SELECT (a) ON one_given TO reader; GRANT INSERT ON only_insert TO reader;
"""

MARIADB = {
    "plain": READABLE,
    "seen": READABLE,
    "columns_given": READABLE,
    "one_given": ONE_COLUMN,
    "not_given": UNREADABLE,
    "only_insert": UNREADABLE,
    "on_dropped": UNREADABLE,
    "as_invoker": UNREADABLE,
    "writing": UNREADABLE,
    "nowhere": UNREADABLE,
    "Plain": UNREADABLE,
    "slide.plain": UNREADABLE,
}
MARIADB_CONTENT = """
    CREATE TABLE plain (a int, b int)
    CREATE VIEW seen AS SELECT * FROM plain
    CREATE TABLE columns_given (a int, b int)
    CREATE TABLE one_given (a int, b int)
    CREATE TABLE not_given (a int, b int)
    CREATE TABLE only_insert (a int, b int)
    CREATE TABLE dropped (a int, b int)
    CREATE VIEW on_dropped AS SELECT * FROM dropped
    DROP TABLE dropped
    CREATE SQL SECURITY INVOKER VIEW as_invoker AS SELECT * FROM not_given
    CREATE FUNCTION writes() RETURNS int BEGIN INSERT INTO plain VALUES (1, 1); RETURN 1; END
    CREATE VIEW writing AS SELECT writes() AS a
    GRANT SELECT (a, b) ON columns_given TO reader@'127.0.0.1'
    GRANT SELECT (a) ON one_given TO reader@'127.0.0.1'
    GRANT INSERT ON only_insert TO reader@'127.0.0.1'
"""


@pytest.fixture(scope="module")
def platform() -> Iterator[LocalPlatform]:
    with LocalPlatform() as platform:
        yield platform


@pytest.fixture
def on_postgresql(postgresql: PostgreSQL) -> Iterator[Any]:
    lost = f"{DATABASE}_lost"
    with postgresql.connect_as_administrator() as admin:
        admin.autocommit = True
        admin.execute(f"CREATE DATABASE {DATABASE}".encode())
        admin.execute(f"CREATE ROLE {lost}".encode())
        with postgresql.connect_as_administrator(DATABASE) as connection:
            connection.execute(POSTGRESQL_CONTENT.format(lost=lost).encode())
        yield postgresql
        admin.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)".encode())
        admin.execute(f"DROP ROLE {lost}".encode())


@pytest.fixture
def on_mariadb(mariadb: MariaDB) -> Iterator[Any]:
    with mariadb.connect_as_administrator() as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {DATABASE}")
        cursor.execute(f"USE {DATABASE}")
        for statement in MARIADB_CONTENT.strip().splitlines():
            cursor.execute(statement)
        for view in ("plain", "seen", "on_dropped", "as_invoker", "writing"):
            cursor.execute(f"GRANT SELECT ON {view} TO reader@'127.0.0.1'")
        yield mariadb
        cursor.execute(f"DROP DATABASE {DATABASE}")
        cursor.execute("REVOKE ALL PRIVILEGES ON *.* FROM reader@'127.0.0.1'")
        for database in mariadb.databases:
            cursor.execute(f"GRANT SELECT ON {database}.* TO reader@'127.0.0.1'")


def locations(name: str, condition: str, quote: str) -> Iterator[tuple[dict[str, str], bool]]:
    """The shapes of a data source on a table, and whether each can be read."""
    quoted = ".".join(f"{quote}{part}{quote}" for part in name.split("."))
    a = f"{quote}a{quote}"
    yield {"table": name}, condition == READABLE
    for request in (
        "SELECT * FROM {}",
        "SELECT * FROM {} ORDER BY 1;",
        "SELECT * FROM (SELECT * FROM {}) q",
        "WITH q AS (SELECT * FROM {}) SELECT a FROM q",
    ):
        yield {"request": request.format(quoted)}, condition == READABLE
    for request in (f"SELECT {a} FROM {{}}", f"SELECT 1 AS one WHERE 1 NOT IN (SELECT {a} FROM {{}})"):
        yield {"request": request.format(quoted)}, condition in (READABLE, ONE_COLUMN)


@pytest.mark.parametrize("dialect", ["postgresql", "mariadb"])
def test_every_verdict_is_the_same(
    platform: LocalPlatform, request: pytest.FixtureRequest, dialect: str, count: Callable[[str, int], None]
) -> None:
    server = request.getfixturevalue(f"on_{dialect}")
    conditions, quote = (POSTGRESQL, '"') if dialect == "postgresql" else (MARIADB, "`")
    wrong: list[object] = []
    made: dict[str, tuple[object, str]] = {}
    with client_of(platform) as client:
        connector = client.connector(
            type="SQL", host=server.host, port=server.port, username=server.username, password=server.password
        )
        path = f"/connectors/{connector['_id']}"
        listed = client.get(f"{path}/databases/{DATABASE}/tables")["items"]
        for name, condition in conditions.items():
            if (name in listed) != (condition == READABLE):
                wrong.append((name, condition, listed))
            for location, readable in locations(name, condition, quote):
                body = {"database": DATABASE, **location}
                verified = client.call("POST", f"{path}/verify", json=body)
                source = client.datasource(connector, **body)
                tested = client.call("POST", f"/data-sources/{source['_id']}/test")
                if (verified.status_code, tested.status_code) != ((200, 200) if readable else (422, 400)):
                    wrong.append((body, verified.text, tested.text))
                if not readable and {**verified.json(), "status": 400} != tested.json():
                    wrong.append((body, verified.text, tested.text))
                made[client.start_dataset(source)] = (body, "" if verified.ok else verified.json()["message"][0])
        for dataset_id, (what, reason) in made.items():
            outcome = client.copied(dataset_id)
            if (outcome["errorMessage"] or "") != reason:
                wrong.append((what, reason, outcome))
    assert wrong == []
    assert len(made) == 7 * len(conditions)
    count(f"privileges on {dialect}", len(made))


@pytest.mark.parametrize(
    ("wanted", "candidates"),
    [("slide.plain", ["side.plain", "plain"]), ("Plain", ["plain", "side.plain"]), ("side.palin", ["side.plain"])],
)
def test_the_right_schema_is_suggested(
    platform: LocalPlatform, on_postgresql: PostgreSQL, wanted: str, candidates: list[str]
) -> None:
    server = on_postgresql
    with client_of(platform) as client:
        connector = client.connector(
            type="SQL", host=server.host, port=server.port, username=server.username, password=server.password
        )
        body = {"database": DATABASE, "table": wanted}
        answer = client.call("POST", f"/connectors/{connector['_id']}/verify", json=body)
        assert answer.json()["candidates"][: len(candidates)] == candidates
