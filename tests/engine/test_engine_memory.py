"""What leans on the order of the engine's calls: kept snapshots, default names, sources that are followed."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.engine.pulumi_cli import Stack
from tests.unit.fake_platform import PROJECT, TOKEN, FakePlatform

HEAD = """
import pulumi, pulumi_previsionio as previsionio
opts = pulumi.ResourceOptions
"""
FILES = """
files = previsionio.FTPConnector("files", host=HOST, username="u", password=PASSWORD)
orders = previsionio.Datasource("orders", connector=files, path=PATH)
"""


@pytest.fixture(scope="module")
def shared_fake() -> Iterator[FakePlatform]:
    with FakePlatform() as fake:
        yield fake


@pytest.fixture
def fake(shared_fake: FakePlatform) -> FakePlatform:
    shared_fake.reset()
    return shared_fake


@pytest.fixture
def stack(fake: FakePlatform, new_stack: Callable[..., Stack]) -> Stack:
    stack = new_stack("stack")
    stack.environment |= {
        "PREVISION_URL": fake.url,
        "PREVISION_MASTER_TOKEN": TOKEN,
        "PREVISION_PROJECT_ID": PROJECT,
    }
    return stack


def program(*lines: str, host: str = "a.example", password: str = "pass-word", path: str = "/in/orders.csv") -> str:
    source = FILES.replace("HOST", repr(host)).replace("PASSWORD", repr(password)).replace("PATH", repr(path))
    return HEAD + source + "\n".join(lines)


def snapshot(resource: str, *, keep: bool, trigger: str) -> str:
    """A dataset of the one name over the one data source."""
    return (
        f"previsionio.Dataset({resource!r}, datasource=orders, name='sales', triggers=[{trigger!r}], "
        f"keep_on_replace={keep})"
    )


@pytest.mark.parametrize("kept_first", [True, False])
def test_of_two_snapshots_alike_each_is_kept_or_deleted_as_its_own_resource_says(
    kept_first: bool, stack: Stack, fake: FakePlatform
) -> None:
    def both(trigger: str) -> list[str]:
        lines = [snapshot("kept", keep=True, trigger=trigger), snapshot("gone", keep=False, trigger=trigger)]
        return lines if kept_first else lines[::-1]

    stack.up(program(*both("monday")))
    old = {name: stack.resources()[name]["id"] for name in ("kept", "gone")}
    assert stack.up(program(*both("tuesday"))).changes == dict.fromkeys(old, "replace")
    assert old["kept"] in fake.objects["datasets"]
    assert old["gone"] not in fake.objects["datasets"]

    # One is replaced, and its twin is dropped from the program: what is shown as deleted is deleted.
    ids = {name: stack.resources()[name]["id"] for name in ("kept", "gone")}
    changes = stack.up(program(snapshot("kept", keep=True, trigger="wednesday"))).changes
    assert changes == {"kept": "replace", "gone": "delete"}
    assert ids["kept"] in fake.objects["datasets"]
    assert ids["gone"] not in fake.objects["datasets"]

    # The engine decides this replacement by itself, without a comparison.
    held = stack.resources()["kept"]
    stack.up(None, "--target-replace", held["urn"])
    assert {held["id"], stack.resources()["kept"]["id"]} <= set(fake.objects["datasets"])
    stack.destroy()
    assert stack.resources() == {}


@pytest.mark.parametrize("update", [True, False])
def test_a_snapshot_follows_its_source_and_no_password(update: bool, stack: Stack, fake: FakePlatform) -> None:
    fake.update = update
    line = "snapshot = previsionio.Dataset('snapshot', datasource=orders)"

    def changed(**inputs: str) -> Any:
        changes = stack.up_as_previewed(program(line, **inputs)).changes
        assert [item["name"] for item in fake.objects["datasets"].values()] == ["snapshot"]
        return changes.get("snapshot")

    stack.up(program(line))
    assert changed(path="/customers.csv") == "replace"
    assert changed(path="/customers.csv", host="b.example") == "replace"
    # A connector that can only be replaced takes its data source along, and that one its snapshot.
    rotated = changed(path="/customers.csv", host="b.example", password="another-word")
    assert rotated == (None if update else "replace")
    assert stack.refresh().changes == stack.preview().changes == {}


def test_drift_of_a_defaulted_name_is_repaired(stack: Stack, fake: FakePlatform) -> None:
    stack.up(program())
    connector, source = fake.only("connectors"), fake.only("data-sources")
    connector["name"], source["name"] = "renamed by hand", "by hand too"

    assert stack.refresh().changes == {"files": "update", "orders": "update"}
    assert stack.refresh().changes == {}
    assert stack.up_as_previewed().changes == {"files": "update", "orders": "update"}
    assert (fake.only("connectors")["name"], fake.only("data-sources")["name"]) == ("files", "orders")
    assert stack.refresh().changes == {}

    # A resource that is renamed keeps the name of its object, before and after somebody else had another one.
    text = program().replace(
        'FTPConnector("files",', 'FTPConnector("moved", opts=opts(aliases=[pulumi.Alias(name="files")]),'
    )
    assert stack.up(text).changes == {}
    fake.only("connectors")["name"] = "renamed by hand"
    fake.update = False
    stack.refresh()
    assert stack.up_as_previewed().changes == {"moved": "replace", "orders": "replace"}
    assert fake.only("connectors")["name"] == "files"
