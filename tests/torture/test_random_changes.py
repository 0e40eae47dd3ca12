"""Many rounds of random change, in the program and on the platform: after each, state and platform agree."""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pulumi_previsionio._core.kind import Field, Kind
from pulumi_previsionio._core.kinds import DATASET, KINDS, kind_of
from pulumi_previsionio._platform.collections import Collection

from tests.engine.pulumi_cli import Stack
from tests.torture.random_program import OTHER_PROJECT, PROGRAM, RandomProgram, Resource
from tests.torture.size import FULL, chance, sized
from tests.unit.fake_platform import PROJECT, FakePlatform

WIRE = {field.argument: field.wire for kind in KINDS for field in kind.fields if field.wire}
COLLECTIONS: Mapping[str, Collection] = {kind.collection.path: kind.collection for kind in KINDS}


@pytest.fixture
def fake() -> Iterator[FakePlatform]:
    with FakePlatform() as fake:
        fake.objects["projects"][OTHER_PROJECT] = {"_id": OTHER_PROJECT, "name": "other"}
        yield fake


def test_random_changes(engine: Path, tmp_path: Path, fake: FakePlatform, count: Callable[[str, int], None]) -> None:
    dice = chance("rounds")
    program = RandomProgram(dice, sized(10, 100))
    stack = Stack(tmp_path / "stack", engine)
    stack.environment |= {
        "PREVISION_URL": fake.url,
        "PREVISION_MASTER_TOKEN": fake.token,
        "PREVISION_PROJECT_ID": PROJECT,
    }
    stack.program(PROGRAM)
    rounds = sized(2, 50)
    world = World(program, stack, fake)
    changes, drifts = Counter[str](), Counter[str]()
    for number in range(rounds):
        fake.update = dice.random() < 0.5
        if number:
            changes.update(program.change())
            drifts.update(world.drift(dice))
        done = world.up("--refresh") if number else world.up()
        world.agree()
        assert stack.preview().changes == {}, f"round {number}: {done}"
    count("rounds", rounds)
    count("changes of the program", changes.total())
    count("drifts", drifts.total())
    if FULL:
        assert set(drifts) == {"deleted", *_all_fields()}


class World:
    """A program, its stack, and the platform with what others have there."""

    def __init__(self, program: RandomProgram, stack: Stack, fake: FakePlatform) -> None:
        self._program, self._stack, self._fake = program, stack, fake
        host: dict[str, Any] = {"host": "other.example", "port": 1, "username": "u", "password": "p"}
        self._theirs = fake.store("connectors", name="theirs", type="SQL", project_id=PROJECT, **host)
        self._others = copy.deepcopy(self._live())
        self._ids: dict[Resource, str] = {}
        self._drifts = Counter[str]()
        self._kept: set[str] = set()
        """Snapshots that were replaced, and stay as the program says."""

    def up(self, *flags: str) -> dict[str, str]:
        """Run the program; what was done."""
        for resource, id_ in self._ids.items():
            if id_ not in self._live():
                resource.made_as = resource.name
        (self._stack.folder / "resources.json").write_text(self._program.text())
        done = self._stack.up(None, *flags)
        assert self._stack.pending_operations() == []
        return done.changes

    def drift(self, dice: random.Random) -> list[str]:
        """Somebody changes or deletes what the stack holds; any field, and names that the program leaves open too."""
        drifted = []
        for id_, item in self._live().items():
            if id_ in self._others or id_ not in self._ids.values() or dice.random() < 0.9:
                continue
            if dice.random() < 0.3:
                self._delete(id_)
                drifted.append("deleted")
            elif fields := self._fields(item):
                # The one that has drifted least, so that each does in the end.
                name, field = min(
                    ((f"{item['collection']}.{field.name}", field) for field in fields),
                    key=lambda each: (self._drifts[each[0]], dice.random()),
                )
                item[str(field.wire)] = self._drifted(field, item, dice)
                self._drifts[name] += 1
                drifted.append(name)
        return drifted

    def _fields(self, item: Mapping[str, Any]) -> list[Field]:
        kind = kind_of(COLLECTIONS[item["collection"]], item)
        assert kind
        return [field for field in _changeable(kind) if field.from_wire(item)]

    def _drifted(self, field: Field, item: Mapping[str, Any], dice: random.Random) -> Any:
        if field.name == "connector_id":
            return self._theirs
        if field.name == "g_cloud":
            return {"BigQuery": "Storage", "Storage": "BigQuery"}[item[str(field.wire)]]
        if field.name in ("description", "color") and dice.random() < 0.3:
            return None
        return {"port": 4242, "color": "#424242"}.get(field.name, f"drifted-{dice.randrange(10**6)}")

    def _delete(self, id_: str) -> None:
        """With all that is in it, if it is a project."""
        for items in self._fake.objects.values():
            for each in [key for key, item in items.items() if id_ in (key, item.get("project_id"))]:
                del items[each]

    def _live(self) -> dict[str, dict[str, Any]]:
        """Id → object, which holds its collection as well."""
        live = {}
        for collection, items in self._fake.objects.items():
            for id_, item in items.items():
                item["collection"] = collection
                live[id_] = item
        return live

    def agree(self) -> None:
        """Program, state and platform, field by field; and there is nothing else."""
        state = self._stack.resources(show_secrets=True)
        live = self._live()
        assert set(state) == {each.name for each in self._program.resources}
        ids = {each: state[each.name]["id"] for each in self._program.resources}
        replaced = {self._ids[each] for each in ids if each.inputs.get("keep_on_replace") and each in self._ids}
        self._kept = ((self._kept | replaced) - set(ids.values())) & set(live)
        self._ids = ids
        assert {id_: live.get(id_) for id_ in self._others} == self._others
        assert set(live) == {*self._others, *ids.values(), *self._kept}
        for resource in self._program.resources:
            self._compare(resource, live[ids[resource]], state[resource.name]["outputs"])

    def _compare(self, resource: Resource, item: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        wanted = {"name": resource.made_as, "project_id": self._project(resource), **resource.inputs}
        for argument, value in wanted.items():
            if wire := WIRE.get(argument):
                expected = self._ids[self._program[value["of"]]] if isinstance(value, dict) else value
                found = item.get(wire)
                if argument == "google_credentials":
                    found = json.dumps(found)
                assert found == expected, f"{resource}: {argument} is {found} instead of {expected}"
        shown = [field for kind in KINDS if kind.name == resource.cls for field in kind.shown_fields]
        for field in shown:
            assert outputs.get(field.name) == field.from_wire(item), f"{resource}: {field.name} of {outputs}, {item}"

    def _project(self, resource: Resource) -> str | None:
        """The id of the project that holds it: unless it says otherwise, that of what it is taken from."""
        if resource.cls == "Project":
            return None
        if origin := resource.inputs.get("connector", resource.inputs.get("datasource")):
            return self._project(self._program[origin["of"]])
        given = resource.inputs.get("project_id", PROJECT)
        return self._ids[self._program[given["of"]]] if isinstance(given, dict) else given


def _changeable(kind: Kind) -> list[Field]:
    """The fields that somebody else can change: no object's project, and of a dataset no more than its name."""
    return [
        field
        for field in kind.shown_fields
        if field.name != "project_id" and (field.name == "name" or kind is not DATASET)
    ]


def _all_fields() -> set[str]:
    return {f"{kind.collection.path}.{field.name}" for kind in KINDS for field in _changeable(kind)}


def test_every_kind_of_change_is_made_to_every_kind_of_resource() -> None:
    program = RandomProgram(chance("kinds of change"), 30)
    made, kinds = Counter[str](), {each.cls for each in program.resources}
    for _ in range(50):
        made.update(program.change())
        kinds |= {each.cls for each in program.resources}
    assert set(made) == {"add", "drop", "edit", "rotate", "rename", "move", "switch", "toggle"}
    assert kinds == {kind.name for kind in KINDS}
