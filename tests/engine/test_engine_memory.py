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
def replacing_fake() -> Iterator[FakePlatform]:
    with FakePlatform() as fake:
        fake.update = False
        yield fake


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


def snapshot(resource: str, trigger: str) -> str:
    """A dataset over the one data source, by the name that stands behind the dash: `kept` ones are kept."""
    keep, name = resource.split("-")
    return (
        f"previsionio.Dataset({resource!r}, datasource=orders, name={name!r}, triggers=[{trigger!r}], "
        f"keep_on_replace={keep == 'kept'})"
    )


def test_of_two_snapshots_alike_each_is_kept_or_deleted_as_its_own_resource_says(
    stack: Stack, fake: FakePlatform
) -> None:
    """Of two pairs: in one the kept one comes first, in the other it comes last."""
    kept, gone = {"kept-monday", "kept-friday"}, {"gone-monday", "gone-friday"}

    def all_four(trigger: str) -> list[str]:
        names = ("kept-monday", "gone-monday", "gone-friday", "kept-friday")
        return [snapshot(name, trigger) for name in names]

    def ids(names: set[str]) -> set[str]:
        return {state["id"] for name, state in stack.resources().items() if name in names}

    stack.up(program(*all_four("first")))
    old_kept, old_gone = ids(kept), ids(gone)
    assert stack.up(program(*all_four("second"))).changes == dict.fromkeys(kept | gone, "replace")
    assert old_kept <= fake.objects["datasets"].keys()
    assert old_gone.isdisjoint(fake.objects["datasets"])

    # One is replaced, and its twin is dropped from the program: what is shown as deleted is deleted.
    old_kept, old_gone = ids(kept), ids(gone)
    changes = stack.up(program(*(snapshot(name, "third") for name in kept))).changes
    assert changes == {**dict.fromkeys(kept, "replace"), **dict.fromkeys(gone, "delete")}
    assert old_kept <= fake.objects["datasets"].keys()
    assert old_gone.isdisjoint(fake.objects["datasets"])

    # The engine decides this replacement by itself, without a comparison.
    held = ids(kept)
    stack.up(None, *(f"--target-replace={stack.resources()[name]['urn']}" for name in sorted(kept)))
    assert ids(kept).isdisjoint(held)
    assert ids(kept) | held <= fake.objects["datasets"].keys()
    stack.destroy()
    assert stack.resources() == {}


ELSEWHERE = """
there = opts(provider=previsionio.Provider("there", url=URL, token=TOKEN, project_id=PROJECT))
files_there = previsionio.FTPConnector("files-there", host=HOST, username="u", password=PASSWORD, opts=there)
orders_there = previsionio.Datasource("orders-there", connector=files_there, path=PATH, opts=there)
previsionio.Dataset('snapshot', datasource=orders)
previsionio.Dataset('snapshot-there', datasource=orders_there, opts=there)
"""


def test_a_snapshot_follows_its_source_and_no_password(
    stack: Stack, fake: FakePlatform, replacing_fake: FakePlatform
) -> None:
    """On a platform that updates, and on one that replaces."""
    where = f"URL, TOKEN, PROJECT = {replacing_fake.url!r}, {TOKEN!r}, {PROJECT!r}"

    def both(host: str = "a.example", password: str = "pass-word", path: str = "/in/orders.csv") -> str:
        what = f"HOST, PASSWORD, PATH = {host!r}, {password!r}, {path!r}"
        return "\n".join([HEAD, what, where, FILES, ELSEWHERE])

    def changed(text: str) -> Any:
        changes = stack.up_as_previewed(text).changes
        for each, name in ((fake, "snapshot"), (replacing_fake, "snapshot-there")):
            assert [item["name"] for item in each.objects["datasets"].values()] == [name]
        return changes.get("snapshot"), changes.get("snapshot-there")

    stack.up(both())
    assert changed(both(path="/customers.csv")) == ("replace", "replace")
    assert changed(both(path="/customers.csv", host="b.example")) == ("replace", "replace")
    # A connector that can only be replaced takes its data source along, and that one its snapshot.
    assert changed(both(path="/customers.csv", host="b.example", password="another-word")) == (None, "replace")
    assert stack.changes_to_come() == {}


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
