"""`status` and `test`: what is in a project, whether it works, and which stack holds it."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from pulumi_previsionio._cli.manifest import TYPE

from tests.unit.fake_engine import FakeEngine
from tests.unit.fake_platform import PROJECT, FakePlatform
from tests.unit.scripted_server import Answer

DONE = {"copy_state": "done", "describe_state": "done", "drift_state": "done"}


@pytest.fixture
def engine(tmp_path: Path, fake: FakePlatform) -> FakeEngine:
    """A stack `dev` that holds the connector `crm`, and a platform with what else a project may hold."""
    crm = fake.store("connectors", time.time() - 7260, name="crm", type="SQL", host="db", project_id=PROJECT)
    fake.store("connectors", name="files", type="FTP", host="broken", project_id=PROJECT)
    orders = fake.store("data-sources", name="orders", connector_id=crm, table="orders", project_id=PROJECT)
    whole: dict[str, Any] = {"datasource_id": orders, "project_id": PROJECT, **DONE}
    fake.store("datasets", name="snapshot", rows=1000, columns=6, size=52_300, **whole)
    fake.store("datasets", name="half", **whole | {"copy_state": "running"})
    fake.store("datasets", name="lost", errorMessage="the table\nis gone", **whole | {"copy_state": "failed"})
    fake.broken["broken"] = "login incorrect"
    engine = FakeEngine(tmp_path)
    resource = {"urn": f"urn:pulumi:dev::test::{TYPE}SQLConnector::crm", "type": f"{TYPE}SQLConnector", "id": crm}
    engine.answers["output"]["stack ls"] = [{"name": "dev"}]
    engine.answers["output"]["stack export"] = {
        "deployment": {"resources": [{**resource, "outputs": {"platform_url": fake.url, "project_id": PROJECT}}]}
    }
    return engine


def settings(fake: FakePlatform) -> dict[str, str]:
    return {"PREVISION_URL": fake.url, "PREVISION_MASTER_TOKEN": fake.token, "PREVISION_PROJECT_ID": PROJECT}


def test_status_is_one_table_with_reasons_below(engine: FakeEngine, fake: FakePlatform) -> None:
    done = engine.run("status", **settings(fake))

    assert done.returncode == 0, done.stderr
    head, crm, files, orders, snapshot, half, lost, *reasons = done.stdout.splitlines()
    assert head.split() == ["TYPE", "NAME", "WORKS", "MADE", "ROWS", "SIZE", "STACK"]
    assert crm.split("  ")[0] == "SQL connector"
    assert crm.split()[2:] == ["crm", "yes", "2", "h", "ago", "dev"]
    assert files.split()[2:4] == ["files", "no"]
    assert orders.split()[2:4] == ["orders", "yes"]
    assert snapshot.split()[1:3] + snapshot.split()[-3:] == ["snapshot", "yes", "1000", "52.3", "kB"]
    assert half.split()[2] == "?"
    assert lost.split()[2] == "no"
    assert [reason.partition("): ")[2] for reason in reasons] == [
        "login incorrect",
        "its copy is running",
        "the table is gone",
    ]


def test_status_for_machines_says_the_same(engine: FakeEngine, fake: FakePlatform) -> None:
    found = json.loads(engine.run("status", "--json", **settings(fake)).stdout)["objects"]

    by_name = {each["name"]: each for each in found}
    assert (by_name["crm"]["works"], by_name["crm"]["stack"]) == (True, "dev")
    assert (by_name["files"]["works"], by_name["files"]["reason"]) == (False, "login incorrect")
    assert (by_name["snapshot"]["rows"], by_name["snapshot"]["size"]) == (1000, 52_300)
    assert (by_name["half"]["works"], by_name["half"]["rows"]) == (None, None)


def test_status_outside_of_a_pulumi_project_asks_no_engine(engine: FakeEngine, fake: FakePlatform) -> None:
    (engine.project / "Pulumi.yaml").unlink()

    found = json.loads(engine.run("status", "--json", **settings(fake)).stdout)["objects"]

    assert {each["stack"] for each in found} == {None}
    assert engine.recorded("calls") == []


def test_a_stack_of_another_platform_holds_nothing_here(engine: FakeEngine, fake: FakePlatform) -> None:
    (resource,) = engine.answers["output"]["stack export"]["deployment"]["resources"]
    resource["outputs"]["platform_url"] = "http://elsewhere.example"

    found = json.loads(engine.run("status", "--json", **settings(fake)).stdout)["objects"]

    assert {each["stack"] for each in found} == {None}


def test_test_fails_for_schedules_when_something_does_not_work(engine: FakeEngine, fake: FakePlatform) -> None:
    done = engine.run("test", **settings(fake))

    assert done.returncode == 5
    crm, files, orders, closing = done.stdout.splitlines()
    assert crm.startswith("ok    SQL connector 'crm' (")
    assert files.startswith("FAIL  FTP connector 'files' (")
    assert files.endswith("): login incorrect")
    assert orders.startswith("ok    data source 'orders' (")
    assert closing == "2 of 3 objects work"


def test_test_takes_names_and_ids(engine: FakeEngine, fake: FakePlatform) -> None:
    (orders,) = fake.objects["data-sources"]

    done = engine.run("test", "crm", orders, "--json", **settings(fake))

    assert done.returncode == 0, done.stderr
    assert [each["name"] for each in json.loads(done.stdout)["objects"]] == ["crm", "orders"]
    assert [call for call in fake.calls if call.endswith("/test")] != []


def test_test_says_what_is_called_nearly_so(engine: FakeEngine, fake: FakePlatform) -> None:
    done = engine.run("test", "odrers", **settings(fake))

    assert done.returncode == 1
    assert "'odrers': Did you mean 'orders'?" in done.stderr


def test_a_platform_without_a_test_for_data_sources_fails_nothing(engine: FakeEngine, fake: FakePlatform) -> None:
    fake.fault("POST", "/data-sources/[^/]*/test", Answer(405, {"status": 405, "message": ["no"]}))

    done = engine.run("test", "orders", "--json", **settings(fake))

    assert done.returncode == 0
    assert json.loads(done.stdout)["objects"][0]["works"] is None


def test_what_could_not_be_tested_is_a_failure_with_its_reason(engine: FakeEngine, fake: FakePlatform) -> None:
    fake.fault("POST", "/connectors/[^/]*/test", Answer(500, {"status": 500, "message": ["out of order"]}))

    done = engine.run("test", "crm", **settings(fake))

    assert done.returncode == 5
    assert "could not be tested" in done.stdout
    assert "out of order" in done.stdout


def test_a_project_that_is_not_there_is_named(engine: FakeEngine, fake: FakePlatform) -> None:
    done = engine.run("test", "--project-id", "elsewhere", **settings(fake))

    assert done.returncode == 1
    assert "there is no project elsewhere" in done.stderr
