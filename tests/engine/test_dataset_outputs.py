"""What only the platform tells of a snapshot: rows, columns, size and state."""

from collections.abc import Callable, Iterator

import pytest

from tests.engine.pulumi_cli import Stack
from tests.unit.fake_platform import PROJECT, TOKEN, FakePlatform

PROGRAM = """
import pulumi
import {door} as previsionio

snapshot = previsionio.Dataset("snapshot", datasource="5ea1f00d00000000000000bb"{more})
for name in ("rows", "columns", "size", "state"):
    pulumi.export(name, getattr(snapshot, name))
"""


@pytest.fixture
def fake() -> Iterator[FakePlatform]:
    with FakePlatform() as fake:
        yield fake


@pytest.mark.parametrize("door", ["pulumi_previsionio", "pulumi_previsionio.native"])
def test_they_come_with_the_copy_follow_a_refresh_and_change_nothing(
    door: str, fake: FakePlatform, new_stack: Callable[..., Stack]
) -> None:
    stack = new_stack("stack")
    stack.describe_project("python", plugin=True)
    stack.environment |= {
        "PREVISION_URL": fake.url,
        "PREVISION_MASTER_TOKEN": TOKEN,
        "PREVISION_PROJECT_ID": PROJECT,
    }
    told = {"rows": 3, "columns": 8}
    fake.fault("POST", "/data-source", None, carried_out=True, after=lambda: fake.only("datasets").update(told))

    up = stack.up(PROGRAM.format(door=door, more=""), preview=True)
    assert (up.changes, up.warnings) == ({"snapshot": "create"}, [])
    assert shown(stack) == {**told, "state": "done"}
    fake.forget_calls()
    assert stack.preview().changes == {}
    assert fake.calls == []

    drifted = {"rows": 2**40, "columns": 8, "size": 0}
    fake.only("datasets").update(drifted, copy_state="failed")
    stack.refresh()
    assert stack.preview().changes == {}
    assert stack.up(PROGRAM.format(door=door, more=", timeout=60"), preview=True).changes == {"snapshot": "update"}
    assert shown(stack) == {**drifted, "state": "failed"}
    assert len(fake.objects["datasets"]) == 1


def shown(stack: Stack) -> dict[str, object]:
    """The stack's outputs that have a value."""
    return {name: value for name, value in stack.outputs().items() if value is not None}
