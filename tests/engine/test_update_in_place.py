"""Changes in place, where the platform offers them: how it is asked, and what happens when the new values fail."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from previsionio_local import LocalPlatform

from tests.engine.messages import the_error
from tests.engine.objects import Objects
from tests.engine.programs import connector, datasource, program
from tests.engine.pulumi_cli import Stack
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL
from tests.servers.proftpd import FTP

UNTESTED = """
import pulumi_previsionio as previsionio

for name in ("a", "b"):
    login = dict(host=host, port=port, username="u", password="p", test_connection=False)
    files = previsionio.FTPConnector(f"files-{name}", **login)
    previsionio.SQLConnector(f"shop-{name}", **login)
    previsionio.Datasource(f"export-{name}", connector=files, path=path, verify_source=False)
"""
CONNECTORS = {"files-a", "files-b", "shop-a", "shop-b"}
DATASOURCES = {"export-a", "export-b"}


def untested(host: str = "one.example", port: int = 21, path: str = "old.csv") -> str:
    return f"host, port, path = {host!r}, {port!r}, {path!r}\n{UNTESTED}"


def calls(platform: LocalPlatform) -> Counter[str]:
    """Method and collection of each call since the last look, tests apart."""
    made = [(call.method, call.path.split("/")) for call in platform.calls()]
    platform.clear_calls()
    return Counter(f"{method} {'test' if path[-1] == 'test' else path[1]}" for method, path in made)


def test_the_platform_is_asked_once_for_each_collection_when_something_changed(
    stack: Stack, platform: LocalPlatform
) -> None:
    stack.up(untested())
    platform.clear_calls()

    changed = untested(host="two.example", path="new.csv")
    assert stack.preview(changed).changes == dict.fromkeys(CONNECTORS | DATASOURCES, "update")
    assert calls(platform) == {"GET projects": 1, "OPTIONS connectors": 1, "OPTIONS data-sources": 1}
    assert stack.up().changes == dict.fromkeys(CONNECTORS | DATASOURCES, "update")
    assert calls(platform) == {
        "GET projects": 1,
        "OPTIONS connectors": 1,
        "OPTIONS data-sources": 1,
        "PUT connectors": 4,
        "PUT data-sources": 2,
    }


def test_a_platform_that_withholds_updates_gets_replacements(
    new_stack: Callable[..., Stack], replacing_platform: LocalPlatform
) -> None:
    stack = new_stack("stack", replacing_platform)
    stack.up(untested())
    replacing_platform.clear_calls()

    assert stack.preview(untested(port=2121)).changes == dict.fromkeys(CONNECTORS | DATASOURCES, "replace")
    # A data source follows its connector whatever the platform offers: nothing to ask.
    assert calls(replacing_platform) == {"GET projects": 1, "OPTIONS connectors": 1}
    assert stack.up().changes == dict.fromkeys(CONNECTORS | DATASOURCES, "replace")
    assert "PUT connectors" not in calls(replacing_platform)
    objects = Objects(replacing_platform)
    assert set(objects.names()) == CONNECTORS | DATASOURCES
    after = objects.all("connectors")
    assert {item["port"] for item in after.values()} == {2121}
    for name in ("a", "b"):
        assert objects.all("data-sources")[f"export-{name}"]["connector_id"] == after[f"files-{name}"]["_id"]


def test_new_values_that_fail_are_taken_back(stack: Stack, objects: Objects, ftp: FTP) -> None:
    export = datasource("export", "files", path=ftp.path("customers.csv"))
    stack.up(program(connector("FTPConnector", "files", ftp), export))

    failed = stack.up(
        program(connector("FTPConnector", "files", ftp, username="nobody", password="wrong"), export),
        expect_failure=True,
    )
    assert the_error(failed).startswith("FTPConnector 'files': the connection does not work: ")
    assert the_error(failed).endswith("The old values are back")
    assert objects.all("connectors")["files"]["username"] == ftp.username
    assert objects.works("files")  # the old password is back, too
    assert stack.resources()["files"]["outputs"]["username"] == ftp.username

    moved = datasource("export", "files", path=ftp.path("nowhere.csv"), verify_source=False)
    stack.up(program(connector("FTPConnector", "files", ftp), moved))
    failed = stack.up(
        program(
            connector("FTPConnector", "files", ftp), moved.replace("nowhere", "elsewhere").replace("False", "True")
        ),
        expect_failure=True,
    )
    assert "elsewhere.csv" in the_error(failed)
    assert objects.all("data-sources")["export"]["path"] == ftp.path("nowhere.csv")


def test_old_values_that_cannot_be_put_back_are_said_to_be_lost(
    stack: Stack, platform: LocalPlatform, objects: Objects, ftp: FTP
) -> None:
    stack.up(program(connector("FTPConnector", "files", ftp)))
    platform.faults([{"action": "status", "status": 403, "method": "PUT", "path": "^/connectors/", "skip": 1}])

    failed = stack.up(program(connector("FTPConnector", "files", ftp, username="nobody")), expect_failure=True)
    assert "The old values could not be put back: the token may not do this (403)" in the_error(failed)
    assert objects.all("connectors")["files"]["username"] == "nobody"
    # The state knows nothing of the new values, so the next run sends what the program says.
    assert stack.up(program(connector("FTPConnector", "files", ftp, username=ftp.username))).changes == {}
    assert stack.refresh().changes == {"files": "update"}
    assert stack.up().changes == {"files": "update"}
    assert objects.works("files")


@pytest.fixture
def database(mariadb: MariaDB, postgresql: PostgreSQL) -> Iterator[str]:
    """A database of that name on both servers: with the table `old` on MariaDB, with `new` on PostgreSQL."""
    name = f"both_{uuid.uuid4().hex}"
    with mariadb.connect_as_administrator() as administrator, administrator.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        cursor.execute(f"CREATE TABLE {name}.old (id integer)")
        cursor.execute(f"GRANT SELECT ON {name}.* TO '{mariadb.username}'@'{mariadb.host}'")
    with postgresql.connect_as_administrator() as connection:
        connection.autocommit = True
        connection.execute(f"CREATE DATABASE {name}")
    with postgresql.connect_as_administrator(name) as connection:
        connection.execute("CREATE TABLE new (id integer)")
        connection.execute(f"GRANT SELECT ON new TO {postgresql.username}")
    yield name
    with mariadb.connect_as_administrator() as administrator, administrator.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name}")
    with postgresql.connect_as_administrator() as connection:
        connection.autocommit = True
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_source_is_looked_up_behind_the_connector_as_it_becomes(
    stack: Stack, mariadb: MariaDB, postgresql: PostgreSQL, database: str
) -> None:
    stack.up(program(connector("SQLConnector", "shop", mariadb)))
    # It comes first and has the old server's tables listed; the other one must not be judged by them.
    early = f"datasource = previsionio.Datasource('early', connector={stack.resources()['shop']['id']!r}, "
    early += f"database={database!r}, table='old')"
    moved = connector("SQLConnector", "shop", postgresql).removesuffix(")")
    moved += ", opts=pulumi.ResourceOptions(depends_on=datasource))"

    done = stack.up_as_previewed(program(early, moved, datasource("late", "shop", database=database, table="new")))
    assert done.changes == {"early": "create", "shop": "update", "late": "create"}


def test_a_source_is_looked_up_behind_the_connector_that_replaces_another(
    new_stack: Callable[..., Stack],
    replacing_platform: LocalPlatform,
    mariadb: MariaDB,
    postgresql: PostgreSQL,
    database: str,
) -> None:
    stack = new_stack("stack", replacing_platform)
    stack.up(
        program(
            connector("SQLConnector", "shop", mariadb), datasource("visits", "shop", database=database, table="old")
        )
    )
    moved = program(
        connector("SQLConnector", "shop", postgresql), datasource("visits", "shop", database=database, table="new")
    )
    assert stack.up_as_previewed(moved).changes == {"shop": "replace", "visits": "replace"}
