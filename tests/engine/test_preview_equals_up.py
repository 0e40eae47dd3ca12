"""What `pulumi preview` announces is what `pulumi up` then does: every kind, every input, every change, both platforms.

The rows are generated from the kinds' own descriptions (`every_change`). Nothing is behind the connectors: the
platform answers every test with a success, and lists no names, as the hosted one does for some sources.
"""

import collections
import inspect
import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pulumi_previsionio as previsionio
import pytest
from previsionio_local import LocalPlatform
from pulumi_previsionio._core import kinds

from tests.engine import every_change
from tests.engine.every_change import Effect, Resource, Row, helpers, rows
from tests.engine.pulumi_cli import Run, Stack

DONE = '{"_id": "{id}", "copy_state": "done", "describe_state": "done", "drift_state": "done"}'
EVERYTHING_WORKS: list[dict[str, Any]] = [
    {"action": "status", "status": 200, "times": None, **call}
    for call in (
        {"method": "POST", "path": "/(test|verify)$", "body": "{}"},
        {"method": "GET", "path": "/(databases|tables|paths)$", "body": '{"items": false}'},
        {"method": "GET", "path": "^/datasets/", "body": DONE},
    )
]


@pytest.fixture
def updates(request: pytest.FixtureRequest) -> bool:
    in_place: bool = request.param
    return in_place


@pytest.fixture
def platform(updates: bool) -> Iterator[LocalPlatform]:
    with LocalPlatform(update=updates) as platform:
        platform.faults(EVERYTHING_WORKS)
        yield platform


@pytest.fixture
def stack(platform: LocalPlatform, new_stack: Callable[..., Stack]) -> Stack:
    stack = new_stack("stack", platform)
    stack.describe_project("python", plugin=True)
    stack.environment["PULUMI_SKIP_CHECKPOINTS"] = "true"  # half the time
    (stack.folder / "later.py").write_text(every_change.LATER)
    stack.program(every_change.PROGRAM)
    return stack


@pytest.mark.parametrize(
    ("door", "updates"),
    [
        pytest.param("pulumi_previsionio", True, id="dynamic, updates in place"),
        pytest.param("pulumi_previsionio", False, id="dynamic, replaces"),
        # The table is the same, and so is the core: for the other door every eighth row is enough. EVERY_ROW=1 takes
        # all rows everywhere.
        pytest.param("pulumi_previsionio.native", True, id="native, updates in place"),
        *(
            [pytest.param("pulumi_previsionio.native", False, id="native, replaces")]
            if os.environ.get("EVERY_ROW")
            else []
        ),
    ],
    indirect=["updates"],
)
def test_up_does_what_preview_announces(
    stack: Stack, platform: LocalPlatform, updates: bool, door: str, capsys: pytest.CaptureFixture[str]
) -> None:
    is_dynamic = door == "pulumi_previsionio"
    all_rows = rows()
    if not os.environ.get("EVERY_ROW"):
        all_rows = _shared_out(all_rows, updates) if is_dynamic else all_rows[::8]
    if not is_dynamic:  # what a saved plan announces must happen, so there is no place for guesses in one
        all_rows = [row for row in all_rows if row.done == row.announced]
    before = [Resource(row.cls, row.name, row.before) for row in all_rows if row.before is not None]
    after = [Resource(row.cls, row.name, row.after) for row in all_rows if row.after is not None]
    (stack.folder / "run.json").write_text(every_change.run(1, [*helpers(changed=False), *before], door))
    stack.up()

    (stack.folder / "run.json").write_text(every_change.run(2, [*helpers(changed=True), *after], door))
    if not is_dynamic:
        _refuses_what_cannot_be_known(stack, platform)
    if is_dynamic:
        up = stack.up(preview=True)
        preview = up.announced
    else:
        plan = stack.home / "plan.json"
        preview = stack.preview(None, "--json", f"--save-plan={plan}")
        up = stack.up(None, f"--plan={plan}")
        # `--json` says no other.
        steps = {step["urn"].rpartition("::")[2]: step["op"] for step in json.loads(preview.stdout)["steps"]}
        assert {name: steps.get(name) for name in preview.changes} == preview.changes
    # What happens is the right thing.
    assert _ops(preview, all_rows) == {row.name: _op(row, row.announced, updates) for row in all_rows}
    assert _ops(up, all_rows) == {row.name: _op(row, row.done, updates) for row in all_rows}

    guesses = {row.name for row in all_rows if row.done != row.announced}
    # An id alone does not tell, before it is known, whether its owner is still in the same project.
    guesses |= {row.name for row in all_rows if row.change == "unknown id"}
    assert _details(up, guesses) == _details(preview, guesses)

    # It is done for good, and the platform holds what was announced.
    platform.faults()
    assert stack.changes_to_come() == {}

    with capsys.disabled():
        ops = dict(collections.Counter(up.ops.values()))
        print(f"\n{'updates' if updates else 'replaces'}: {len(all_rows)} rows, {len(up.steps)} steps, {ops}")


def _shared_out(all_rows: list[Row], updates: bool) -> list[Row]:
    """The rows for one of the two platforms: each row is on one of them, and each change of an input is on both.

    What is decided on a platform is the same for each kind of resource that has the input: `tests/unit` has them all.
    """
    alike: dict[tuple[str, str], list[Row]] = {}
    for row in all_rows:
        alike.setdefault((row.input, row.change), []).append(row)
    return [
        row
        for number, group in enumerate(alike.values())
        for turn, row in enumerate(group)
        if len(group) == 1 or (number + turn) % 2 == updates
    ]


def _refuses_what_cannot_be_known(stack: Stack, platform: LocalPlatform) -> None:
    """Further columns: with a wrong token, an absent project, or odd answers about what the platform offers.

    The preview of `pulumi up` fails, so that nothing is made, changed or deleted.
    """
    good = dict(stack.environment)
    columns: list[tuple[dict[str, str], list[dict[str, Any]]]] = [
        ({"PREVISION_MASTER_TOKEN": "wrong"}, []),
        ({"PREVISION_PROJECT_ID": "0" * 24}, []),
        *(({}, [{"action": "status", "method": "OPTIONS", "times": None, **answer}]) for answer in ODD),
    ]
    platform.clear_calls()
    for settings, faults in columns:
        stack.environment |= settings
        platform.faults([*faults, *EVERYTHING_WORKS])
        assert stack.up(preview=True, expect_failure=True).errors
        stack.environment |= good
    platform.faults(EVERYTHING_WORKS)
    asked = {f"{call.method} {call.path.rpartition('/')[2]}" for call in platform.calls()}
    assert {each for each in asked if each.startswith(("POST", "PUT", "DELETE"))} <= {"POST test", "POST verify"}


ODD: list[dict[str, Any]] = [{"status": 302}]
"""Answers that say neither what the platform offers nor that it offers nothing: `tests/unit/test_client` has all."""


def test_no_row_is_left_out() -> None:
    parts = [_shared_out(rows(), updates) for updates in (True, False)]
    assert {row.name for part in parts for row in part} == {row.name for row in rows()}
    changes = {(row.input, row.change) for row in rows()}
    assert [{(row.input, row.change) for row in part} for part in parts] == [changes, changes]


def test_no_input_is_left_out() -> None:
    arguments = {(kind.name, name) for kind in kinds.KINDS for name in _arguments(getattr(previsionio, kind.name))}
    assert {(row.cls, row.input) for row in rows() if row.input} == arguments


def _op(row: Row, effect: Effect, updates: bool) -> str:
    """What the design says of a change."""
    in_place = updates and row.cls != "Dataset"
    ops: dict[Effect, str] = {
        "nothing": "same",
        "provider only": "update",
        "platform": "update" if in_place else "replace",
        "fixed": "replace",
        "create": "create",
        "delete": "delete",
    }
    return ops[effect]


def _ops(run: Run, all_rows: list[Row]) -> dict[str, str | None]:
    return {row.name: run.ops.get(row.name) for row in all_rows}


def _details(run: Run, guesses: set[str]) -> set[tuple[str, str, frozenset[str], frozenset[tuple[str, str]]]]:
    """Each step with the inputs that force a replacement, and those that differ.

    Without those that differ below the top: of an unknown list nobody can say which of its items changes.
    """
    return {
        (
            step.urn,
            step.op,
            frozenset(step.replace_keys),
            frozenset((path.partition("[")[0], how) for path, how in step.diff.items()),
        )
        for step in run.steps
        if step.name not in guesses and step.name != "later"
    }


def _arguments(cls: type) -> set[str]:
    parameters = inspect.signature(cls).parameters
    common = previsionio.ConnectorArgs.__annotations__ if "common" in parameters else {}
    return {*parameters, *common} - {"resource_name", "common", "opts"}
