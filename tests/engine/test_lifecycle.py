"""Connectors and data sources through their whole life on the real engine, over real servers."""

import json
from collections.abc import Callable

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


def test_whole_life_of_every_kind(stack: Stack, platform: LocalPlatform, objects: Objects, every_kind: str) -> None:
    up = stack.up_as_previewed(every_kind)
    assert up.changes == CREATED
    assert up.warnings == []
    assert sorted(objects.names()) == sorted(CREATED)
    assert objects.all("data-sources")["customers"]["connector_id"] == objects.all("connectors")["warehouse"]["_id"]

    platform.clear_calls()
    assert stack.up_as_previewed().changes == {}
    assert platform.calls() == []
    assert stack.refresh().changes == {}

    assert stack.destroy().changes == dict.fromkeys(CREATED, "delete")
    assert objects.names() == []
    assert stack.resources() == {}


def test_passwords_are_nowhere_in_the_clear(
    stack: Stack, every_kind: str, postgresql: PostgreSQL, mariadb: MariaDB, ftp: FTP, sftp: SFTP
) -> None:
    passwords = {server.password for server in (postgresql, mariadb, ftp, sftp)} | {"an0ther-password"}
    runs = [stack.up(every_kind, "--diff", preview=True), stack.refresh("--diff")]
    files = connector("FTPConnector", "files", ftp)
    rotated = every_kind.replace(files, connector("FTPConnector", "files", ftp, password="an0ther-password"))
    runs.append(stack.preview(rotated, "--diff"))
    assert runs[-1].changes == {"files": "update"}
    text = "\n".join(run.everything for run in runs) + json.dumps(stack.export())
    assert leaked(passwords, text) == []

    # Who holds the key gets them: what is looked for above would have been found.
    assert set(leaked(passwords, json.dumps(stack.export(show_secrets=True)))) == passwords - {"an0ther-password"}


def test_drift_is_seen_by_refresh_and_repaired_by_up(stack: Stack, objects: Objects, ftp: FTP) -> None:
    stack.up(program(connector("FTPConnector", "files", ftp), datasource("export", "files", path="/customers.csv")))
    objects.change("connectors", "files", username="stranger")
    objects.change("data-sources", "export", path="/readme.txt")

    refresh = stack.refresh()
    assert refresh.changes == {"files": "update", "export": "update"}
    assert {step.name: dict(step.diff) for step in refresh.steps} == {
        "files": {"username": "update"},
        "export": {"path": "update"},
    }
    assert stack.up_as_previewed().changes == {"files": "update", "export": "update"}
    assert objects.all("connectors")["files"]["username"] == ftp.username
    assert objects.all("data-sources")["export"]["path"] == "/customers.csv"
    assert stack.refresh().changes == {}


def test_what_was_deleted_on_the_platform_leaves_the_stack_and_is_made_again(
    stack: Stack, objects: Objects, ftp: FTP
) -> None:
    stack.up(program(connector("FTPConnector", "files", ftp), datasource("export", "files", path="/customers.csv")))
    objects.delete("export", "files")

    assert stack.refresh().changes == {"files": "delete", "export": "delete"}
    assert stack.resources() == {}
    assert stack.up_as_previewed().changes == {"files": "create", "export": "create"}
    assert sorted(objects.names()) == ["export", "files"]


def test_deleting_what_is_gone_is_a_success(stack: Stack, objects: Objects, ftp: FTP) -> None:
    stack.up(program(connector("FTPConnector", "files", ftp), datasource("export", "files", path="/customers.csv")))
    objects.delete("export", "files")
    assert stack.destroy().changes == {"files": "delete", "export": "delete"}
    assert stack.resources() == {}


def test_a_platform_without_updates_gets_replacements_and_data_sources_follow(
    new_stack: Callable[..., Stack], replacing_platform: LocalPlatform, ftp: FTP
) -> None:
    stack, objects = new_stack("stack", replacing_platform), Objects(replacing_platform)
    export = datasource("export", "files", path="/customers.csv")
    stack.up(program(connector("FTPConnector", "files", ftp), export))
    before = objects.all("connectors")["files"]["_id"]

    changed = program(connector("FTPConnector", "files", ftp, host="localhost"), export)
    assert stack.up_as_previewed(changed).changes == {"files": "replace", "export": "replace"}
    after = objects.all("connectors")["files"]
    assert after["_id"] != before
    assert after["host"] == "localhost"
    assert objects.all("data-sources")["export"]["connector_id"] == after["_id"]

    moved = changed.replace("/customers.csv", "/readme.txt")
    assert stack.up_as_previewed(moved).changes == {"export": "replace"}
    assert sorted(objects.names()) == ["export", "files"]


def test_a_connector_that_others_use_is_not_deleted_unless_forced(stack: Stack, objects: Objects, ftp: FTP) -> None:
    stack.up(program(connector("FTPConnector", "files", ftp)))
    objects.create("data-sources", "theirs", connector_id=objects.all("connectors")["files"]["_id"], path="/readme.txt")

    refused = stack.destroy(expect_failure=True)
    assert len(refused.errors) == 1
    assert "FTPConnector 'files' is still used by 1 data source: 'theirs'" in refused.errors[0]
    assert objects.names() == ["files", "theirs"]
    assert list(stack.resources()) == ["files"]

    stack.up(program(connector("FTPConnector", "files", ftp, force_destroy=True)))
    assert stack.destroy().changes == {"files": "delete"}
    assert objects.names() == []


def test_a_password_from_the_environment_is_not_in_the_state(stack: Stack, objects: Objects, ftp: FTP) -> None:
    files = connector("FTPConnector", "files", ftp).replace(repr(ftp.password), "previsionio.from_env('FTP_PASSWORD')")
    assert "FTP_PASSWORD" in files
    stack.environment["FTP_PASSWORD"] = ftp.password
    up = stack.up_as_previewed(program(files))
    assert up.changes == {"files": "create"}
    assert leaked([ftp.password], up.everything + json.dumps(stack.export(show_secrets=True))) == []
    assert stack.preview().changes == {}

    stack.environment["FTP_PASSWORD"] = "an0ther-password"
    assert stack.preview().changes == {"files": "update"}
