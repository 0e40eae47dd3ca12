"""A call whose answer never came: one object exists afterwards, it is the stack's, and nobody else's is taken."""

import itertools
import re
import time
from typing import Any

from previsionio_local import LocalPlatform

from tests.engine.messages import the_error
from tests.engine.objects import Objects
from tests.engine.pulumi_cli import Stack
from tests.platform.client import Client

PROGRAM = """
import pulumi_previsionio as previsionio

previsionio.Project("team", description="data")
files = previsionio.FTPConnector("files", host="ftp.example", username="u", password="pass-word", test_connection=False)
previsionio.Datasource("export", connector=files, path="customers.csv", verify_source=False)
"""
CONNECTOR = {
    "type": "FTP",
    "name": "files",
    "host": "ftp.example",
    "port": 21,
    "username": "u",
    "password": "pass-word",
}
LOSSES: list[dict[str, Any]] = [
    {"action": "cut_after"},
    {"action": "status_after", "status": 502},
    {"action": "garbage_after"},
]


def lists(platform: LocalPlatform) -> dict[str, set[str]]:
    """The ids of all that is on the platform, by the name of the resource it may belong to."""
    paths = {
        "team": "/projects",
        "files": "/projects/{project}/connectors",
        "export": "/projects/{project}/data-sources",
    }
    client = Client.of(platform)
    return {name: client.ids(path) for name, path in paths.items()}


def made_at(seconds: float, number: int = 0) -> str:
    """An id of an object made at that time."""
    return f"{int(seconds):08x}{number:016x}"


def test_the_object_is_found_and_nobody_elses_is_taken(stack: Stack, platform: LocalPlatform) -> None:
    """Of three objects of each kind, each loses its answer in another way."""
    an_hour_ago, soon = time.time() - 3600, time.time() + 60  # new by the time of the creation, however slow it is
    turns, number = range(len(LOSSES)), itertools.count()
    for turn in turns:
        connector = {**CONNECTOR, "name": f"files{turn}"}
        platform.seed(
            projects=[{"_id": made_at(an_hour_ago, next(number)), "name": f"team{turn}", "description": "data"}],
            connectors=[
                {"_id": made_at(an_hour_ago, next(number)), **connector},
                # Other stacks', no older than ours.
                {"_id": made_at(soon, next(number)), **connector, "host": "other.example"},
                {"_id": made_at(soon, next(number)), **connector, "type": "SFTP"},
            ],
        )
    before = lists(platform)
    platform.faults(
        {"method": "POST", "path": path, **loss}
        for path in ("^/projects$", "/connectors$", "/data-sources$")
        for loss in LOSSES
    )

    stack.up("\n".join(re.sub('"(team|files|export)"', rf'"\g<1>{turn}"', PROGRAM) for turn in turns))
    resources, after = stack.resources(), lists(platform)
    assert {name: after[name] - before[name] for name in before} == {
        name: {resources[f"{name}{turn}"]["id"] for turn in turns} for name in before
    }
    assert stack.up().changes == {}
    assert stack.destroy().changes == {f"{name}{turn}": "delete" for name in before for turn in turns}
    assert lists(platform) == before


def test_without_a_loss_no_call_is_made_for_it(stack: Stack, platform: LocalPlatform) -> None:
    platform.clear_calls()
    stack.up(PROGRAM)
    assert sorted(f"{call.method} {call.path.rpartition('/')[2]}" for call in platform.calls()) == [
        f"GET {platform.project_id}",  # are token and project good?
        "GET version",
        "POST connectors",
        "POST data-sources",
        "POST projects",
    ]


def test_an_object_that_cannot_be_told_from_another_is_not_taken(stack: Stack, platform: LocalPlatform) -> None:
    """Somebody else made equal ones while the answer got lost, one in each second."""
    seconds = [time.time() + number for number in range(60)]
    others = platform.seed(connectors=[{"_id": made_at(second), **CONNECTOR} for second in seconds])["connectors"]
    platform.faults([{"action": "cut_after", "method": "POST", "path": "/connectors$"}])

    failed = stack.up(PROGRAM.replace('previsionio.Project("team", description="data")', ""), expect_failure=True)
    (own,) = {item["_id"] for item in Objects(platform).list("connectors")} - set(others)
    assert re.search(
        r"None is taken, for .*it cannot be told which .* needs of \d+ FTP connectors: ",
        the_error(failed),
    )
    assert own in the_error(failed)
    assert any(other in the_error(failed) for other in others)
    assert stack.resources() == {}


def test_what_was_not_made_is_said_not_to_be(stack: Stack, platform: LocalPlatform) -> None:
    platform.faults([{"action": "cut", "method": "POST", "path": "/connectors$"}])
    failed = stack.up(PROGRAM.replace('previsionio.Project("team", description="data")', ""), expect_failure=True)
    assert "The platform does not list the FTP connector, so it was not made" in the_error(failed)
    assert lists(platform)["files"] == set()
    assert stack.up().changes == {"files": "create", "export": "create"}


def test_every_other_call_survives_a_loss(stack: Stack, platform: LocalPlatform) -> None:
    tested = PROGRAM.replace("test_connection=False", "test_connection=True").replace("customers", "orders")
    works = {"action": "status", "status": 200, "method": "POST", "path": "/test$", "body": "{}", "times": None}
    stack.up(PROGRAM)
    platform.faults([{"action": "status", "status": 503, "method": "POST", "path": "/test$"}, works])
    assert stack.up(tested.replace("ftp.example", "new.example")).changes == {"files": "update", "export": "update"}

    platform.faults([*({"method": "PUT", **loss} for loss in LOSSES[:2]), works])
    assert stack.up(PROGRAM).changes == {"files": "update", "export": "update"}

    platform.faults({"method": "DELETE", **loss} for loss in LOSSES[:2])
    assert stack.destroy().changes == {"team": "delete", "files": "delete", "export": "delete"}
    assert lists(platform) == {"team": {platform.project_id}, "files": set(), "export": set()}
