"""Changes made on the platform behind a stack's back, and platforms that cannot be asked."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from previsionio_local import LocalPlatform
from pulumi_previsionio._core import kinds
from pulumi_previsionio._core.kind import Field, Kind, Shape

from tests.engine import every_change
from tests.engine.every_change import Resource, id_of, resource, values
from tests.engine.messages import errors, the_error
from tests.engine.pulumi_cli import Run, Stack
from tests.platform.client import Client

UNTESTED = {"test_connection": False}
UNVERIFIED = {"verify_source": False}


def drifting(kind: Kind) -> list[Field]:
    """The fields that can be changed on the platform and seen there."""
    return [field for field in kind.wire_fields if not field.is_secret and not field.fixed]


def objects() -> Iterator[tuple[Resource, str, dict[str, Any]]]:
    """A resource for each field that may drift, the folder of its object, and the change."""
    for kind in (*kinds.CONNECTOR_KINDS.values(), kinds.PROJECT):
        given = {field.name: values(field)[0] for field in kind.wire_fields if not field.fixed}
        given |= UNTESTED if kind.collection.in_project else {}
        for field in drifting(kind):
            assert field.wire
            yield (
                Resource(kind.name, f"{kind.name}-{field.name}", given),
                kind.collection.path,
                {field.wire: values(field)[1]},
            )
    for connector in kinds.CONNECTOR_KINDS.values():
        for shape in connector.shapes:
            for name in ("name", *shape.inputs):
                title = f"{shape.name}-of-{connector.name}-{name}".replace(" ", "-")
                yield _datasource(connector.name, shape, title), "data-sources", {name: "text b"}
    # What takes the place of an input that the program gives is none of the program's.
    yield (
        _datasource("SQLConnector", kinds.TABLE, "query-instead-of-table"),
        "data-sources",
        {"table": None, "request": "q"},
    )


def _datasource(connector: str, shape: Shape, title: str) -> Resource:
    cloud = {"g_cloud": shape.g_cloud} if shape.g_cloud else {}
    source = {**cloud, **dict.fromkeys(shape.inputs, "text a"), **UNVERIFIED}
    return Resource("Datasource", title, {"connector": id_of(f"{connector}-name"), "name": "text a", **source})


def program(stack: Stack, resources: list[Resource]) -> None:
    (stack.folder / "later.py").write_text(every_change.LATER)
    (stack.folder / "run.json").write_text(every_change.run(1, resources))
    stack.program(every_change.PROGRAM)


def test_every_field_is_watched_and_repaired(stack: Stack, platform: LocalPlatform) -> None:
    everything = list(objects())
    program(stack, [each for each, _, _ in everything])
    stack.up()
    assert stack.refresh().changes == {}

    ids = {name: state["id"] for name, state in stack.resources().items()}
    for each, folder, change in everything:
        Client.of(platform).change(f"/{folder}/{ids[each.name]}", **change)
    refresh = stack.refresh()
    # Beside a name that somebody else gave, the refresh notes the one that the object was made with.
    assert {step.name: set(step.diff) - {"default_name"} for step in refresh.steps if step.diff} == {
        each.name: {each.name.rpartition("-")[2]} for each, _, _ in everything
    }
    assert stack.up_as_previewed().changes == {each.name: "update" for each, _, _ in everything}
    assert stack.refresh().changes == {}


def test_what_the_program_does_not_say_is_left_alone(stack: Stack, platform: LocalPlatform) -> None:
    program(stack, [Resource("Project", "team", {})])
    stack.up()
    team = f"/projects/{stack.resources()['team']['id']}"
    Client.of(platform).change(team, description="somebody else's", color="#123456")

    assert stack.refresh().changes == {}
    assert stack.up().changes == {}
    assert Client.of(platform).get(team)["description"] == "somebody else's"


FILES = Resource("FTPConnector", "files", {"host": "h", "username": "u", "password": "pass-word", **UNTESTED})
EXPORT = Resource("Datasource", "export", {"connector": resource("files"), "path": "p", **UNVERIFIED})
REPORT = Resource("Datasource", "report", {"connector": resource("files"), "path": "q", **UNVERIFIED})
ALL = {"files", "export", "report"}


@pytest.fixture
def live(stack: Stack) -> Stack:
    """A stack whose objects are on the platform."""
    program(stack, [FILES, EXPORT, REPORT])
    stack.up()
    return stack


BAD_ANSWERS: dict[str, dict[str, Any]] = {
    "the token may not do this (403)": {"status": 403},
    "the platform failed (500)": {"status": 500},
    "is the address right?": {"status": 404, "body": "<html>", "content_type": "text/html"},
    "does not answer like a Prevision.io platform": {"status": 404, "body": '{"message": "no such route"}'},
}
"""What is said when the platform, or whoever sits at its address, answers a call like that."""
WEB_PAGE = {"status": 200, "body": "<html>Welcome", "content_type": "text/html"}


def test_a_platform_that_does_not_answer_well_drops_nothing(stack: Stack, platform: LocalPlatform) -> None:
    names = [f"files-{number}" for number in range(len(BAD_ANSWERS) + 1)]
    program(stack, [Resource("FTPConnector", name, FILES.inputs) for name in names])
    stack.up()
    resources = stack.resources()

    def fails(run: Callable[..., Run], web_page: str) -> None:
        """Each object is answered for in another way, when all have been asked for."""
        answers = {**BAD_ANSWERS, web_page: WEB_PAGE}
        faults = [
            {"path": resources[name]["id"], **answer} for name, answer in zip(names, answers.values(), strict=True)
        ]
        faults += [{"path": "^/version$", **BAD_ANSWERS["does not answer like a Prevision.io platform"]}]
        faults += [{"path": "^/projects/.*connectors$", "method": "GET", "status": 500}] if run == stack.refresh else []
        platform.faults({"action": "status", "times": None, **fault} for fault in faults)
        platform.latency(0.3)
        told = errors(run(expect_failure=True))
        platform.faults()
        platform.latency(0)
        assert {
            name: words for name, words in zip(names, answers, strict=True) if words not in told.get(name, "")
        } == {}
        assert stack.resources().keys() == resources.keys()

    fails(stack.refresh, "answered 200 without the JSON object it should hold")
    fails(stack.destroy, "is answered with a web page")

    token = stack.environment["PREVISION_MASTER_TOKEN"]
    stack.environment["PREVISION_MASTER_TOKEN"] = "revoked"
    for run in (stack.refresh(expect_failure=True), stack.destroy(expect_failure=True)):
        assert all("the platform refused the token (401)" in message for message in errors(run).values())
    stack.environment["PREVISION_MASTER_TOKEN"] = token
    assert stack.changes_to_come() == {}


UNTELLING: list[dict[str, Any]] = [
    {"items": "many"},
    {"items": []},
    {"items": [], "metaData": {"totalItems": 0, "rowsPerPage": 50, "nextPage": False}},
    {"items": [{"_id": "other"}], "metaData": {"totalItems": 1, "rowsPerPage": 50, "nextPage": False}},
]
"""Unreadable, without its length, empty, of others."""


def test_a_list_that_does_not_tell_drops_nothing(stack: Stack, platform: LocalPlatform) -> None:
    """Each project is answered for in another way."""
    everything = []
    for number in range(len(UNTELLING)):
        there = {"project_id": id_of(f"team-{number}"), **UNTESTED}
        everything.append(Resource("Project", f"team-{number}", {}))
        everything += [Resource("FTPConnector", f"files-{number}-{n}", {**FILES.inputs, **there}) for n in range(4)]
    program(stack, everything)
    stack.up()
    resources = stack.resources()

    lists = {"action": "status", "status": 200, "method": "GET", "times": None}
    platform.clear_calls()
    platform.faults(
        {**lists, "path": f"^/projects/{resources[f'team-{number}']['id']}/connectors", "body": json.dumps(body)}
        for number, body in enumerate(UNTELLING)
    )
    assert stack.refresh().changes == {}
    assert stack.resources().keys() == resources.keys()
    asked = {call.path.split("/")[2] for call in platform.calls() if call.path.endswith("/connectors")}
    assert asked == {resources[f"team-{number}"]["id"] for number in range(len(UNTELLING))}


def test_a_connector_deleted_outside_is_made_again_and_its_data_sources_follow(
    new_stack: Callable[..., Stack], tmp_path: Path
) -> None:
    """On this platform its data sources stay, and lead nowhere."""
    with LocalPlatform(tmp_path / "data") as platform:
        stack = new_stack("stack", platform)
        program(stack, [FILES, EXPORT])
        stack.up()
        with sqlite3.connect(tmp_path / "data" / "platform.sqlite") as database:
            database.execute("DELETE FROM connectors")
        database.close()

        assert stack.refresh().changes == {"files": "delete"}
        assert stack.up_as_previewed().changes == {"files": "create", "export": "replace"}
        (export,) = Client.of(platform).all("/projects/{project}/data-sources")
        assert export["connector_id"] == stack.resources()["files"]["id"]


def test_a_change_of_what_is_gone_says_what_to_do(live: Stack, platform: LocalPlatform) -> None:
    gone = live.resources()["export"]["id"]
    Client.of(platform).delete(f"/data-sources/{gone}")
    moved = [Resource("Datasource", each.name, {**each.inputs, "path": "elsewhere"}) for each in (EXPORT, REPORT)]
    program(live, [FILES, *moved])

    words = f"Datasource 'export' ({gone}) is no longer on the platform: run `pulumi refresh`, then `pulumi up`"
    assert words in the_error(live.up(expect_failure=True))
    assert live.refresh().changes["export"] == "delete"
    assert live.up_as_previewed().changes["export"] == "create"


def test_a_project_that_is_gone_takes_its_objects_out_of_the_stack(live: Stack, platform: LocalPlatform) -> None:
    Client.of(platform).delete("/projects/{project}")
    assert live.refresh().changes == dict.fromkeys(ALL, "delete")
    gone = f"project_id: there is no project {platform.project_id} on {platform.url}. The token sees none"
    assert the_error(live.preview(expect_failure=True)).endswith(f"resource 'files' has a problem: {gone}")
    assert the_error(live.up(expect_failure=True)).endswith(gone)
    assert live.resources() == {}
