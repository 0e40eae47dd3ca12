"""How many calls each operation makes on the platform: no more than the table of operations promises.

10 connectors to a real MariaDB and 60 data sources, whose tables the platform really lists.
"""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from previsionio_local import LocalPlatform

from tests.engine.objects import Objects
from tests.engine.programs import connector, datasource, program
from tests.engine.pulumi_cli import Stack
from tests.servers.mariadb import MariaDB
from tests.servers.proftpd import FTP

CONNECTORS, EACH = 10, 6
DATASOURCES = CONNECTORS * EACH
OBJECTS = CONNECTORS + DATASOURCES

POST_CONNECTOR, POST_DATASOURCE = "POST /projects/ID/connectors", "POST /projects/ID/data-sources"
TEST_CONNECTOR = "POST /connectors/ID/test"
GET_PROJECT, EXPORTERS = "GET /projects/ID", "GET /projects/ID/exporters"
GET_CONNECTOR, GET_DATASOURCE = "GET /connectors/ID", "GET /data-sources/ID"
CONNECTORS_PAGE, DATASOURCES_PAGE = "GET /projects/ID/connectors", "GET /projects/ID/data-sources"
TABLES = "GET /connectors/ID/databases/crm/tables"
DELETE_CONNECTOR, DELETE_DATASOURCE = "DELETE /connectors/ID", "DELETE /data-sources/ID"


@pytest.fixture
def calls(platform: LocalPlatform) -> Callable[[], dict[str, int]]:
    """The calls by kind since the last time that they were taken."""

    def take() -> dict[str, int]:
        kinds = Counter(f"{call.method} {re.sub('[0-9a-f]{24}', 'ID', call.path)}" for call in platform.calls())
        platform.clear_calls()
        return dict(kinds)

    return take


def many(server: MariaDB, *, moved: str = "") -> str:
    """The program; the first connector's host is `moved` if given."""
    return f"""
        import pulumi_previsionio as previsionio

        for number in range({CONNECTORS}):
            connector = previsionio.SQLConnector(
                f"c{{number}}",
                host={moved!r} or {server.host!r} if number == 0 else {server.host!r},
                port={server.port},
                username={server.username!r},
                password={server.password!r},
            )
            for each in range({EACH}):
                table = ("customers", "orders")[each % 2]
                previsionio.Datasource(f"c{{number}}-{{each}}", connector=connector, database="crm", table=table)
    """


def test_calls_of_a_whole_life(stack: Stack, mariadb: MariaDB, calls: Callable[[], dict[str, int]]) -> None:
    # Once in the preview and once in the update: are token and project good?
    assert len(stack.up(many(mariadb), preview=True).changes) == OBJECTS
    assert calls() == {
        GET_PROJECT: 2,
        POST_CONNECTOR: CONNECTORS,
        TEST_CONNECTOR: CONNECTORS,
        TABLES: CONNECTORS,
        POST_DATASOURCE: DATASOURCES,
    }

    assert stack.up().changes == {}
    assert calls() == {}

    # One object of each list is read singly, then the list: 10 connectors on one page, 60 data sources on two.
    assert stack.refresh().changes == {}
    assert calls() == {GET_CONNECTOR: 1, CONNECTORS_PAGE: 1, GET_DATASOURCE: 1, DATASOURCES_PAGE: 2}

    assert stack.preview(many(mariadb, moved="localhost")).changes == {"c0": "update"}
    assert calls() == {GET_PROJECT: 1, "OPTIONS /connectors/ID": 1}
    assert stack.up().changes == {"c0": "update"}
    assert calls() == {GET_PROJECT: 1, "OPTIONS /connectors/ID": 1, "PUT /connectors/ID": 1, TEST_CONNECTOR: 1}

    # The data sources go first; then it takes one look at each list to see that nobody else uses a connector.
    assert len(stack.destroy().changes) == OBJECTS
    assert calls() == {
        DELETE_DATASOURCE: DATASOURCES,
        DATASOURCES_PAGE: 1,
        EXPORTERS: 1,
        DELETE_CONNECTOR: CONNECTORS,
    }


def test_tables_behind_a_connector_are_listed_once_for_all_new_data_sources(
    stack: Stack, mariadb: MariaDB, calls: Callable[[], dict[str, int]]
) -> None:
    there = connector("SQLConnector", "crm", mariadb)
    stack.up(program(there))
    calls()

    new = program(there, *(datasource(f"d{n}", "crm", database="crm", table="customers") for n in range(6)))
    assert len(stack.preview(new).changes) == 6
    assert calls() == {GET_PROJECT: 1, TABLES: 1}
    assert len(stack.up().changes) == 6
    assert calls() == {GET_PROJECT: 1, TABLES: 1, POST_DATASOURCE: 6}


def test_what_lists_do_not_tell_is_looked_up_once_and_not_tested_again(
    stack: Stack, mariadb: MariaDB, ftp: FTP, calls: Callable[[], dict[str, int]]
) -> None:
    """A file, a query, where the platform can look at one; without tests and lookups a creation is one call."""

    def everything(is_seen: bool) -> str:
        source = {"database": "crm", "verify_source": not is_seen}
        return program(
            connector("FTPConnector", "files", ftp),
            *(datasource(f"file{n}", "files", path="/customers.csv") for n in range(6)),
            connector("SQLConnector", "crm", mariadb, test_connection=is_seen, force_destroy=not is_seen),
            *(datasource(f"query{n}", "crm", database="crm", request=f"SELECT {n} FROM customers") for n in range(3)),
            connector("SQLConnector", "untested", mariadb, test_connection=not is_seen),
            *(datasource(f"unseen{n}", "untested", table="customers", **source) for n in range(3)),
        )

    assert len(stack.up(everything(True)).changes) == 15
    assert calls() == {
        GET_PROJECT: 1,
        POST_CONNECTOR: 3,
        TEST_CONNECTOR: 2,
        "OPTIONS /connectors/ID": 1,
        "POST /connectors/ID/verify": 6 + 3,
        POST_DATASOURCE: 6 + 3 + 3,
    }
    # To switch tests and lookups on or off makes no call.
    switched = ("crm", "untested", "unseen0", "unseen1", "unseen2")
    assert stack.up(everything(False)).changes == dict.fromkeys(switched, "update")
    assert calls() == {}


def test_objects_of_others_cost_a_page_at_most(
    stack: Stack, platform: LocalPlatform, mariadb: MariaDB, objects: Objects, calls: Callable[[], dict[str, int]]
) -> None:
    """A thousand foreign connectors: three of ours are read with three reads and one page."""
    body = {"type": "SQL", "host": "h", "port": 1, "username": "u", "password": "p"}
    platform.seed(connectors=[{**body, "name": f"foreign{number}"} for number in range(1000)])
    ours = [connector("SQLConnector", name, mariadb, test_connection=False) for name in ("a", "b", "c")]
    stack.up(program(*ours))
    calls()
    assert stack.refresh().changes == {}
    assert calls() == {GET_CONNECTOR: 3, CONNECTORS_PAGE: 1}
