"""Connectors and data sources through their whole life on the real engine, over real servers."""

import json

import pytest
from previsionio_local import LocalPlatform

from tests.engine.objects import Objects
from tests.engine.programs import connector, datasource, program
from tests.engine.pulumi_cli import Stack
from tests.secret_search import leaked
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL
from tests.servers.proftpd import FTP, SFTP

CREATED = dict.fromkeys(("warehouse", "shop", "files", "vault", "customers", "orders", "export", "report"), "create")


@pytest.fixture
def every_kind(postgresql: PostgreSQL, mariadb: MariaDB, ftp: FTP, sftp: SFTP) -> str:
    """A program with each kind of connector, and each shape of data source that needs no cloud."""
    return program(
        connector("SQLConnector", "warehouse", postgresql),
        connector("SQLConnector", "shop", mariadb),
        connector("FTPConnector", "files", ftp),
        connector("SFTPConnector", "vault", sftp),
        datasource("customers", "warehouse", database="crm", table="customers"),
        datasource("orders", "shop", database="crm", request="SELECT id, price FROM orders WHERE price > 1"),
        datasource("export", "files", path="/customers.csv"),
        datasource("report", "vault", path="/exports/2024/sales report.csv"),
    )


def test_whole_life_of_every_kind(
    stack: Stack,
    platform: LocalPlatform,
    objects: Objects,
    every_kind: str,
    postgresql: PostgreSQL,
    mariadb: MariaDB,
    ftp: FTP,
    sftp: SFTP,
) -> None:
    up = stack.up_as_previewed(every_kind)
    assert up.changes == CREATED
    assert up.warnings == []
    assert sorted(objects.names()) == sorted(CREATED)
    assert objects.all("data-sources")["customers"]["connector_id"] == objects.all("connectors")["warehouse"]["_id"]

    platform.clear_calls()
    assert stack.up_as_previewed().changes == {}
    assert platform.calls() == []
    refresh = stack.refresh("--diff")
    assert refresh.changes == {}

    passwords = {server.password for server in (postgresql, mariadb, ftp, sftp)}
    assert leaked(passwords, up.everything, refresh.everything, json.dumps(stack.export())) == []
    # Who holds the key gets them: what is looked for above would have been found.
    assert set(leaked(passwords, json.dumps(stack.export(show_secrets=True)))) == passwords

    objects.delete("export", "files")  # to delete what is gone is a success
    assert stack.destroy().changes == dict.fromkeys(CREATED, "delete")
    assert objects.names() == []
    assert stack.resources() == {}
