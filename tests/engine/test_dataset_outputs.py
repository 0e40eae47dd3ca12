"""What only the platform tells of a snapshot: rows, columns, size and state."""

from collections.abc import Callable, Iterator

import pytest

from tests.engine.pulumi_cli import Stack
from tests.unit.fake_platform import PROJECT, TOKEN, FakePlatform

PROGRAM = """
import pulumi
import pulumi_previsionio, pulumi_previsionio.native

for door, previsionio in {{"dynamic": pulumi_previsionio, "native": pulumi_previsionio.native}}.items():
    snapshot = previsionio.Dataset(door, datasource="5ea1f00d00000000000000bb"{more})
    pulumi.export(door, {{name: getattr(snapshot, name) for name in ("rows", "columns", "size", "state")}})
"""
DOORS = ("dynamic", "native")


@pytest.fixture
def fake() -> Iterator[FakePlatform]:
    with FakePlatform() as fake:
        yield fake


def test_they_come_with_the_copy_follow_a_refresh_and_change_nothing(
    fake: FakePlatform, new_stack: Callable[..., Stack]
) -> None:
    stack = new_stack("stack")
    stack.describe_project("python", plugin=True)
    stack.environment |= {
        "PREVISION_URL": fake.url,
        "PREVISION_MASTER_TOKEN": TOKEN,
        "PREVISION_PROJECT_ID": PROJECT,
    }

    def tell(**told: object) -> None:
        for item in fake.objects["datasets"].values():
            item |= told

    told = {"rows": 3, "columns": 8}
    fake.fault("POST", "/data-source", None, carried_out=True, times=2, after=lambda: tell(**told))

    up = stack.up(PROGRAM.format(more=""), preview=True)
    assert (up.changes, up.warnings) == (dict.fromkeys(DOORS, "create"), [])
    assert shown(stack) == {door: {**told, "state": "done"} for door in DOORS}
    fake.forget_calls()
    assert stack.preview().changes == {}
    assert fake.calls == []

    drifted = {"rows": 2**40, "columns": 8, "size": 0}
    tell(**drifted, copy_state="failed")
    stack.refresh()
    assert stack.preview().changes == {}
    up = stack.up(PROGRAM.format(more=", timeout=60"), preview=True)
    assert up.changes == dict.fromkeys(DOORS, "update")
    assert shown(stack) == {door: {**drifted, "state": "failed"} for door in DOORS}
    assert len(fake.objects["datasets"]) == len(DOORS)


def shown(stack: Stack) -> dict[str, dict[str, object]]:
    """The stack's outputs, as far as they have a value."""
    return {
        door: {name: value for name, value in told.items() if value is not None}
        for door, told in stack.outputs().items()
    }
