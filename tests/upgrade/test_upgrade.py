"""Stacks that version 0.1.0 made keep working: previewed without a change, refreshed, updated, destroyed.

The states were made by `make_states.py` with the code of 0.1.0 on Python 3.11. What it wrote on the others is kept as a
digest: the Python that ran it left no trace in them.
"""

import copy
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from tests.engine.pulumi_cli import Stack
from tests.host.provider_host import ProviderHost, plain
from tests.python_environments import SUPPORTED
from tests.secret_search import leaked
from tests.unit.fake_platform import PROJECT, TOKEN, FakePlatform
from tests.upgrade.essence import digest
from tests.upgrade.stories import PLACEHOLDER, ROTATED, SECRET, VARIABLE, program

STATES = Path(__file__).parent / "states"
WRITTEN = json.loads((Path(__file__).parent / "written.json").read_text())
"""Python → state → digest of what 0.1.0 wrote there."""
DIFF_NONE = provider_pb2.DiffResponse.DIFF_NONE
PROVIDER = Path(__file__).parents[2] / "provider"
TOLD = ("rows", "columns", "size", "state")
"""What a snapshot says since 0.2.0."""
TEXTS = """
from pulumi.dynamic.dynamic import serialize_provider
from pulumi_previsionio import _dynamic

for cls in _dynamic.Provider.__subclasses__():
    print(serialize_provider(cls()))
"""
"""Prints what a program puts into the state for each class of provider."""


@pytest.fixture
def fake() -> Iterator[FakePlatform]:
    with FakePlatform() as fake:
        yield fake


def restored(kept: dict[str, Any], fake: FakePlatform, stack: Stack) -> None:
    """Have the platform and the stack as 0.1.0 left them."""
    fake.update, fake.objects = kept["update"], copy.deepcopy(kept["objects"])
    stack.environment |= {
        "PREVISION_URL": fake.url,
        "PREVISION_MASTER_TOKEN": TOKEN,
        "PREVISION_PROJECT_ID": PROJECT,
        "UPGRADE_TOKEN": TOKEN,
        VARIABLE: SECRET,
    }
    (stack.folder / "secret.txt").write_text(SECRET)
    stack.config("password", SECRET, secret=True)
    stack.config("step", "changed")
    state = stack.home / "state.json"
    state.write_text(json.dumps(kept["deployment"]).replace(PLACEHOLDER, fake.url))
    stack.cli("stack", "import", "--file", str(state))
    stack.program(program(kept["found"]))


@pytest.mark.parametrize("name", ["in_place", "replaced"])
def test_a_stack_of_an_earlier_version_keeps_working(
    name: str, fake: FakePlatform, new_stack: Callable[..., Stack]
) -> None:
    kept = json.loads((STATES / f"{name}.json").read_text())
    assert leaked([SECRET, ROTATED], json.dumps(kept["deployment"])) == []
    stack = new_stack("stack")
    restored(kept, fake, stack)
    for item in fake.objects["datasets"].values():
        item |= {"rows": 3, "columns": 8, "size": 99}
    before = json.dumps(fake.objects, sort_keys=True)

    assert stack.preview().changes == {}
    assert "rows" not in stack.resources()["snapshot"]["outputs"]
    stack.refresh()
    snapshot = stack.resources()["snapshot"]["outputs"]
    assert {name: snapshot[name] for name in TOLD} == {"rows": 3, "columns": 8, "size": 99, "state": "done"}
    assert stack.up().changes == {}
    assert json.dumps(fake.objects, sort_keys=True) == before

    # Drift of a name that the program does not give, and a rotated secret behind every door.
    (sql,) = (item for item in fake.objects["connectors"].values() if item["name"] == "sql")
    sql["name"] = "renamed by hand"
    assert stack.refresh().changes == {"sql": "update"}
    stack.config("password", ROTATED, secret=True)
    stack.environment[VARIABLE] = ROTATED
    (stack.folder / "secret.txt").write_text(ROTATED)
    op = "update" if kept["update"] else "replace"
    up = stack.up(preview=True)
    changes = up.changes
    assert changes == up.announced.changes
    rotated = {"sql", "reference", "ftp", "sftp", "s3", "renamed", "elsewhere"}
    assert {each: changes.get(each) for each in rotated} == dict.fromkeys(rotated, op)
    connectors = {item["name"]: item for item in fake.objects["connectors"].values()}
    assert {"sql", "first-name", "Files (old)"} <= set(connectors)
    passwords = {item.get("password") for each, item in connectors.items() if each not in ("gcp", "found")}
    assert passwords == {ROTATED}
    # Nothing is left to do but what the program newly says, and the snapshot follows its source.
    moved = stack.up(program(kept["found"]).replace('table="customers"', 'table="orders"'))
    assert moved.changes == {"table": op, "snapshot": "replace"}
    datasets = [item for item in fake.objects["datasets"].values() if item["name"] == "snapshot"]
    assert len(datasets) == 1
    assert datasets[0]["_id"] not in kept["objects"]["datasets"]

    stack.destroy()
    left = {collection: list(objects) for collection, objects in fake.objects.items() if objects}
    kept_snapshots = [item["_id"] for item in fake.objects["datasets"].values() if item["name"] == "kept"]
    assert {"projects": [PROJECT], "connectors": [kept["found"]], "datasets": kept_snapshots} == {
        "datasets": [],
        **left,
    }


@pytest.mark.parametrize("name", ["in_place", "replaced"])
def test_the_kept_states_are_those_of_every_python(name: str) -> None:
    kept = json.loads((STATES / f"{name}.json").read_text())
    assert {python: written[name] for python, written in WRITTEN.items()} == dict.fromkeys(SUPPORTED, digest(kept))


def test_every_python_finds_nothing_to_change_in_those_states(
    python: str, fake: FakePlatform, new_stack: Callable[..., Stack], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = new_stack("stack")
    restored(json.loads((STATES / "in_place.json").read_text()), fake, stack)
    resources = [
        each
        for each in map(in_plain_text, stack.export(show_secrets=True)["deployment"]["resources"])
        if "__provider" in each.get("inputs", {}) and not each.get("external")
    ]
    assert len(resources) == 20
    monkeypatch.chdir(stack.folder)  # where the program's files are
    with ProviderHost({}, python=python, environment=stack.environment) as host:
        for each in resources:
            provider, olds = each["inputs"]["__provider"], each["outputs"]
            news = plain(host.check(provider, each["inputs"], **olds).inputs)
            assert host.diff(provider, each["id"], olds, news).changes == DIFF_NONE, each["urn"]
            live = plain(host.read(provider, each["id"], olds).properties)
            known = {name: value for name, value in olds.items() if name != "__provider"}
            assert live == live | known, each["urn"]  # later versions tell more


def in_plain_text(value: Any) -> Any:
    """The value with its secrets as the engine hands them to a provider."""
    if isinstance(value, dict):
        return (
            json.loads(value["plaintext"]) if "plaintext" in value else {k: in_plain_text(v) for k, v in value.items()}
        )
    return [in_plain_text(each) for each in value] if isinstance(value, list) else value


def test_every_python_knows_providers_by_the_texts_of_those_states(python: str) -> None:
    kept = [json.loads(path.read_text())["deployment"]["deployment"]["resources"] for path in STATES.iterdir()]
    texts = {text for resources in kept for each in resources if (text := each.get("outputs", {}).get("__provider"))}
    done = subprocess.run([python, "-c", TEXTS], env={"PYTHONPATH": str(PROVIDER)}, stdout=subprocess.PIPE, check=True)
    assert set(done.stdout.decode().split()) == texts
