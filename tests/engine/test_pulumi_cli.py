"""The harness itself, on a provider that needs nothing: what it reports is what the engine did."""

import json
from pathlib import Path

import pytest

from tests.engine import pulumi_cli
from tests.engine.pulumi_cli import REPLACEMENT_OPS, Stack

TOYS = """\
import time
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider


class Toys(ResourceProvider):
    def create(self, inputs):
        if inputs["n"] == 13:
            raise ValueError("thirteen")
        return CreateResult("id", inputs)

    def diff(self, id, old, new):
        changed = ["n"] if old["n"] != new["n"] else []
        return DiffResult(changes=None if changed else False, replaces=changed)


class Toy(Resource, module="toys", name="Toy"):
    def __init__(self, name, n):
        super().__init__(Toys(), name, {"n": n})
"""


@pytest.fixture
def toys(bare_stack: Stack) -> Stack:
    (bare_stack.folder / "toys.py").write_text(TOYS)
    return bare_stack


def program(**toys: int) -> str:
    return "import toys\n" + "".join(f"toys.Toy({name!r}, {n})\n" for name, n in toys.items())


def test_operations_and_state_of_a_small_life(toys: Stack) -> None:
    assert toys.preview(program(a=1, b=1)).ops == {"a": "create", "b": "create"}
    assert toys.up().changes == {"a": "create", "b": "create"}
    assert toys.resources()["a"]["id"] == "id"

    changed = toys.up_as_previewed(program(a=2, b=1))
    assert changed.ops == {"a": "replace", "b": "same"}
    assert {step.op for step in changed.steps} == REPLACEMENT_OPS | {"same"}
    assert [step.replace_keys for step in changed.steps if step.op == "replace"] == [("n",)]

    failed = toys.up(program(a=2, c=13), expect_failure=True)
    assert [step.name for step in failed.failed] == ["c"]
    assert failed.errors[0].endswith("ValueError: thirteen")
    assert toys.pending_operations() == []
    assert toys.export() == json.loads(toys.cli("stack", "export").stdout)

    assert toys.destroy().changes == {"a": "delete", "b": "delete"}
    assert toys.resources() == {}


def test_up_that_does_something_else_than_its_preview_is_noticed(toys: Stack) -> None:
    two_faced = "import toys, pulumi\ntoys.Toy('a' if pulumi.runtime.is_dry_run() else 'b', 1)"
    with pytest.raises(AssertionError, match=r"announced: .*'a'.*\n.*'b'"):
        toys.up_as_previewed(two_faced)


def test_configuration_and_outputs(bare_stack: Stack) -> None:
    bare_stack.config("greeting", "hel\u0085lo")  # a line break to Python, none to JSON
    bare_stack.config("other:key", "-k3y", secret=True)
    bare_stack.up("""
        import pulumi
        pulumi.export("greeting", pulumi.Config().require("greeting"))
        pulumi.export("key", pulumi.Config("other").require_secret("key"))
    """)
    assert bare_stack.outputs() == {"greeting": "hel\u0085lo", "key": "[secret]"}
    assert bare_stack.outputs(show_secrets=True) == {"greeting": "hel\u0085lo", "key": "-k3y"}


def test_nothing_of_the_testers_environment_gets_in(bare_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PREVISION_URL", "PULUMI_STACK", "PYTHONPATH"):
        monkeypatch.setenv(name, "from outside")
    bare_stack.environment["PREVISION_PROJECT_ID"] = "from the test"
    bare_stack.up("""
        import os, pulumi
        names = ("PREVISION_URL", "PULUMI_STACK", "PREVISION_PROJECT_ID")
        pulumi.export("seen", {name: os.environ[name] for name in names if name in os.environ})
    """)
    assert bare_stack.outputs() == {"seen": {"PREVISION_PROJECT_ID": "from the test"}}


def test_hanging_run_is_ended_with_all_its_processes(bare_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi_cli, "TIMEOUT", 8.0)
    bare_stack.program("""
        import pathlib, subprocess
        children = [subprocess.Popen(["sleep", "600"]) for _ in range(50)]
        pathlib.Path("children").write_text(" ".join(str(child.pid) for child in children))
        children[0].wait()
    """)
    with pytest.raises(AssertionError, match=r"up --yes .*: no end after 8\.0 s"):
        bare_stack.up()
    children = (bare_stack.folder / "children").read_text().split()
    assert len(children) == 50
    assert [child for child in children if _lives(child)] == []


def _lives(pid: str) -> bool:
    try:
        return " Z " not in Path("/proc", pid, "stat").read_text()
    except OSError:
        return False
