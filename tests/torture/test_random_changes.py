"""Many rounds of random change, in the program and on the platform: after each, state and platform agree."""

from __future__ import annotations

import copy
import dataclasses
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.pulumi_cli import Stack
from tests.torture.size import chance, sized
from tests.unit.fake_platform import PROJECT, FakePlatform

OTHER_PROJECT = "5ea1f00d0000000000000002"
PROGRAM = """
import json, pathlib
import pulumi, pulumi_previsionio as previsionio

made = {}
for each in json.loads(pathlib.Path("resources.json").read_text()):
    inputs = {key: made[value["of"]] if isinstance(value, dict) else value for key, value in each["inputs"].items()}
    aliases = [pulumi.Alias(name=name) for name in each["aliases"]]
    cls = getattr(previsionio, each["cls"])
    made[each["name"]] = cls(each["name"], **inputs, opts=pulumi.ResourceOptions(aliases=aliases))
"""
CONNECTORS = ("SQLConnector", "FTPConnector", "SFTPConnector", "S3Connector", "GCPConnector")
WIRE = {
    "connector": "connector_id",
    "datasource": "datasource_id",
    "access_key_id": "username",
    "secret_access_key": "password",
    "google_credentials": "googleCredentials",
}
PROVIDER_ONLY = {"test_connection", "verify_source", "force_destroy", "keep_on_replace", "timeout", "triggers"}


@dataclasses.dataclass
class Resource:
    """A resource of the program. A value may be `{"of": name}`, another resource."""

    cls: str
    name: str
    inputs: dict[str, Any]
    aliases: list[str] = dataclasses.field(default_factory=list)


class World:
    """What the program says, and random changes to it."""

    def __init__(self, dice: random.Random, size: int) -> None:
        self._dice = dice
        self._count = 0
        self.resources: list[Resource] = []
        for _ in range(size):
            self.add()

    def change(self) -> None:
        """Change about a fifth of all."""
        for _ in range(max(2, len(self.resources) // 5)):
            self._dice.choice(
                [self.add, self.drop, self.edit, self.edit, self.rename, self.move, self.switch, self.toggle]
            )()

    def add(self) -> None:
        self._count += 1
        name = f"r{self._count}"
        cls = self._dice.choice(["connector", "connector", "Datasource", "Datasource", "Project", "Dataset"])
        sql, sources = self._of("SQLConnector"), self._of("Datasource")
        if cls == "Datasource" and sql:
            inputs: dict[str, Any] = {"connector": {"of": self._dice.choice(sql).name}, "database": "crm"}
            inputs |= {"table": self._dice.choice(["customers", "orders"])}
        elif cls == "Dataset" and sources:
            inputs = {"datasource": {"of": self._dice.choice(sources).name}}
        elif cls == "Project":
            inputs = {"description": self._text()}
        else:
            cls = self._dice.choice(CONNECTORS)
            inputs = self._connection(cls)
        if self._dice.random() < 0.3:
            inputs["name"] = self._text()
        self.resources.append(Resource(cls, name, inputs))

    def drop(self) -> None:
        """One that nothing refers to."""
        used = {value["of"] for r in self.resources for value in r.inputs.values() if isinstance(value, dict)}
        free = [r for r in self.resources if r.name not in used]
        if len(free) > 1 and len(self.resources) > 4:
            self.resources.remove(self._dice.choice(free))

    def edit(self) -> None:
        """Other values, rotated secrets among them."""
        one = self._dice.choice(self.resources)
        if one.cls in CONNECTORS:
            one.inputs |= self._connection(one.cls)
        elif one.cls == "Datasource":
            one.inputs["table"] = self._dice.choice(["customers", "orders"])
        elif one.cls == "Project":
            one.inputs["description"] = self._text()
        else:
            one.inputs["triggers"] = [self._text()]

    def rename(self) -> None:
        """With an alias: nothing happens."""
        one = self._dice.choice(self.resources)
        self._count += 1
        old, one.name = one.name, f"r{self._count}"
        one.aliases.append(old)
        for each in self.resources:
            each.inputs = {k: {"of": one.name} if v == {"of": old} else v for k, v in each.inputs.items()}

    def move(self) -> None:
        """To another project, or back."""
        one = self._dice.choice(self.resources)
        if one.cls in CONNECTORS and one.inputs.pop("project_id", None) is None:
            one.inputs["project_id"] = OTHER_PROJECT

    def switch(self) -> None:
        """A data source to another connector."""
        sources, sql = self._of("Datasource"), self._of("SQLConnector")
        if sources and sql:
            one = self._dice.choice(sources)
            before = [r.name for r in self.resources[: self.resources.index(one)]]
            if fitting := [c.name for c in sql if c.name in before]:
                one.inputs["connector"] = {"of": self._dice.choice(fitting)}

    def toggle(self) -> None:
        one = self._dice.choice(self.resources)
        flag = {"Datasource": "verify_source", "Project": "force_destroy", "Dataset": "keep_on_replace"}.get(
            one.cls, self._dice.choice(["force_destroy", "test_connection"])
        )
        default = flag in ("verify_source", "test_connection")
        if flag != "keep_on_replace":
            one.inputs[flag] = not one.inputs.get(flag, default)

    def _of(self, cls: str) -> list[Resource]:
        return [r for r in self.resources if r.cls == cls]

    def _connection(self, cls: str) -> dict[str, Any]:
        if cls == "S3Connector":
            return {"access_key_id": self._text(), "secret_access_key": self._text()}
        if cls == "GCPConnector":
            known = {"type": "service_account", "project_id": "acme"}
            key = {**known, "client_email": self._text(), "private_key": self._text()}
            return {"google_credentials": json.dumps(key, sort_keys=True)}  # as the provider sends it
        host = f"{self._text()}.example"
        return {"host": host, "port": self._dice.randint(1, 65535), "username": self._text(), "password": self._text()}

    def _text(self) -> str:
        return f"t{self._dice.randrange(10**6)}"


@pytest.fixture
def fake() -> Iterator[FakePlatform]:
    with FakePlatform() as fake:
        fake.objects["projects"][OTHER_PROJECT] = {"_id": OTHER_PROJECT, "name": "other"}
        yield fake


def test_random_changes(engine: Path, tmp_path: Path, fake: FakePlatform, count: Callable[[str, int], None]) -> None:
    dice = chance("rounds")
    world = World(dice, sized(10, 100))
    stack = Stack(tmp_path / "stack", engine)
    stack.environment |= {
        "PREVISION_URL": fake.url,
        "PREVISION_MASTER_TOKEN": fake.token,
        "PREVISION_PROJECT_ID": PROJECT,
    }
    stack.program(PROGRAM)
    rounds = sized(2, 50)
    others = copy.deepcopy(fake.objects["projects"])
    for number in range(rounds):
        fake.update = dice.random() < 0.5
        if number:
            world.change()
            _drift(dice, fake, set(others))
        (stack.folder / "resources.json").write_text(json.dumps([dataclasses.asdict(r) for r in world.resources]))
        stack.up(None, *(["--refresh"] if number else []))
        _agree(world, stack, fake, set(others))
        assert stack.preview().changes == {}, f"round {number}"
    count("rounds", rounds)


def _drift(dice: random.Random, fake: FakePlatform, others: set[str]) -> None:
    """Somebody changes what the stack holds, any field, names that the program leaves open too, or deletes it."""
    for collection, items in fake.objects.items():
        for id_ in [id_ for id_ in items if id_ not in others]:
            if dice.random() < 0.9:
                continue
            if dice.random() < 0.3:
                del items[id_]
                continue
            fields = [
                key
                for key in items[id_]
                if key in ("name", "host", "port", "username", "table", "description") and items[id_][key] is not None
            ]
            if fields and collection != "datasets":
                field = dice.choice(fields)
                items[id_][field] = 4242 if field == "port" else f"drifted-{dice.randrange(10**6)}"


def _agree(world: World, stack: Stack, fake: FakePlatform, others: set[str]) -> None:
    """Program, state and platform, field by field; and there is nothing else."""
    state = stack.resources(show_secrets=True)
    assert set(state) == {r.name for r in world.resources}
    ids = {name: resource["id"] for name, resource in state.items()}
    live = {id_: item for items in fake.objects.values() for id_, item in items.items()}
    assert set(live) - others == set(ids.values())
    for resource in world.resources:
        item, outputs = live[ids[resource.name]], state[resource.name]["outputs"]
        wanted = {"project_id": item.get("project_id"), **resource.inputs}
        for key, value in wanted.items():
            if key in PROVIDER_ONLY:
                continue
            expected = ids[value["of"]] if isinstance(value, dict) else value
            found = item.get(WIRE.get(key, key))
            if key == "google_credentials":
                found = json.dumps(found)
            assert found == expected, f"{resource}: {key} is {found}"
        for key, value in outputs.items():
            if WIRE.get(key, key) in item and not isinstance(value, dict):
                assert value == item[WIRE.get(key, key)], f"{resource}: state {key} {value}, live {item}"
