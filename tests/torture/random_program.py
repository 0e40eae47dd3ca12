"""A program that changes at random, as people change theirs."""

from __future__ import annotations

import dataclasses
import json
import random
from typing import Any

OTHER_PROJECT = "5ea1f00d0000000000000002"
PROGRAM = """
import json, pathlib
import pulumi, pulumi_previsionio as previsionio

made = {}

def value(name, given):
    if not isinstance(given, dict):
        return given
    resource = made[given["of"]]
    return resource.id if name == "project_id" else resource

for each in json.loads(pathlib.Path("resources.json").read_text()):
    inputs = {name: value(name, given) for name, given in each["inputs"].items()}
    aliases = [pulumi.Alias(name=name) for name in each["aliases"]]
    cls = getattr(previsionio, each["cls"])
    made[each["name"]] = cls(each["name"], **inputs, opts=pulumi.ResourceOptions(aliases=aliases))
"""
CONNECTORS = ("SQLConnector", "FTPConnector", "SFTPConnector", "S3Connector", "GCPConnector")
SECRETS = ("password", "secret_access_key")
TABLES = ("customers", "orders")
PATHS = ("/customers.csv", "/in/orders.csv")
FLAGS = {
    **dict.fromkeys(CONNECTORS, (("force_destroy", False), ("test_connection", True))),
    "Datasource": (("verify_source", True),),
    "Project": (("force_destroy", False),),
    "Dataset": (("keep_on_replace", False),),
}
"""Class → its flags, each with its default."""


@dataclasses.dataclass(eq=False)
class Resource:
    """A resource of the program. A value may be `{"of": name}`, another resource.

    `made_as` is the name of the resource when its object was made.
    """

    cls: str
    name: str
    inputs: dict[str, Any]
    aliases: list[str] = dataclasses.field(default_factory=list)
    made_as: str = ""


class RandomProgram:
    """What the program says, and random changes to it."""

    def __init__(self, dice: random.Random, size: int) -> None:
        self._dice = dice
        self._count = 0
        self._size = size
        self.resources: list[Resource] = []
        for _ in range(size):
            self._add()

    def change(self) -> list[str]:
        """Change about a fifth of all; returns the kinds of change."""
        changes = (
            *(self._add, self._drop, self._edit, self._rotate, self._rename, self._move, self._switch, self._toggle),
        )
        chosen = [self._dice.choice(changes) for _ in range(max(3, len(self.resources) // 5))]
        for change in chosen:
            change()
        return [change.__name__.strip("_") for change in chosen]

    def text(self) -> str:
        """What a resource of this program is written as."""
        return json.dumps([dataclasses.asdict(each) for each in self.resources])

    def __getitem__(self, name: str) -> Resource:
        return next(each for each in self.resources if each.name == name)

    def _add(self) -> None:
        if len(self.resources) > 1.1 * self._size:
            self._drop()
        self._count += 1
        cls = self._dice.choice(["connector", "connector", "Datasource", "Datasource", "Project", "Dataset"])
        connectors, sources = self._of(*CONNECTORS), self._of("Datasource")
        if cls == "Datasource" and connectors:
            connector = self._dice.choice(connectors)
            inputs: dict[str, Any] = {"connector": {"of": connector.name}, **self._source(connector.cls)}
        elif cls == "Dataset" and sources:
            inputs = {"datasource": {"of": self._dice.choice(sources).name}}
        elif cls == "Project":
            inputs = {"description": self._word()}
        else:
            cls = self._dice.choice(CONNECTORS)
            inputs = {**self._connection(cls), **self._secret(cls)}
        if self._dice.random() < 0.3:
            inputs["name"] = self._word()
        self.resources.append(Resource(cls, f"r{self._count}", inputs, made_as=f"r{self._count}"))

    def _drop(self) -> None:
        """One that nothing refers to."""
        used = {value["of"] for each in self.resources for value in each.inputs.values() if isinstance(value, dict)}
        free = [each for each in self.resources if each.name not in used]
        if len(free) > 1 and len(self.resources) > 4:
            self.resources.remove(self._dice.choice(free))

    def _edit(self) -> None:
        one = self._dice.choice(self.resources)
        if one.cls in CONNECTORS:
            one.inputs |= self._connection(one.cls)
        elif one.cls == "Datasource":
            one.inputs = {**_without_source(one.inputs), **self._source(self[one.inputs["connector"]["of"]].cls)}
        elif one.cls == "Project":
            one.inputs |= {"description": self._word(), "color": f"#{self._dice.randrange(16**6):06x}"}
        else:
            one.inputs["triggers"] = [self._word()]
        if "name" in one.inputs:
            one.inputs["name"] = self._word()

    def _rotate(self) -> None:
        """Another secret, and nothing else."""
        if connectors := self._of(*CONNECTORS):
            one = self._dice.choice(connectors)
            one.inputs |= self._secret(one.cls)

    def _rename(self) -> None:
        """With an alias: nothing happens."""
        one = self._dice.choice(self.resources)
        self._count += 1
        old, one.name = one.name, f"r{self._count}"
        one.aliases.append(old)
        for each in self.resources:
            each.inputs = {k: {"of": one.name} if v == {"of": old} else v for k, v in each.inputs.items()}

    def _move(self) -> None:
        """To another project, one of the program's own perhaps, or back."""
        if connectors := self._of(*CONNECTORS):
            one = self._dice.choice(connectors)
            if one.inputs.pop("project_id", None) is None:
                own = [p for p in self._before(one) if p.cls == "Project"]
                # What is kept on purpose keeps its project from being deleted.
                keeps = any(each.inputs.get("keep_on_replace") for each in self.resources)
                into = [OTHER_PROJECT, *({"of": each.name} for each in own if not keeps)]
                one.inputs["project_id"] = self._dice.choice(into)

    def _switch(self) -> None:
        """A data source to another connector."""
        if sources := self._of("Datasource"):
            one = self._dice.choice(sources)
            cls = self[one.inputs["connector"]["of"]].cls
            if fitting := [each for each in self._before(one) if each.cls == cls]:
                one.inputs["connector"] = {"of": self._dice.choice(fitting).name}

    def _toggle(self) -> None:
        one = self._dice.choice(self.resources)
        flag, default = self._dice.choice(FLAGS[one.cls])
        in_own_project = any(isinstance(each.inputs.get("project_id"), dict) for each in self.resources)
        if flag != "keep_on_replace" or not in_own_project:
            one.inputs[flag] = not one.inputs.get(flag, default)

    def _of(self, *classes: str) -> list[Resource]:
        return [each for each in self.resources if each.cls in classes]

    def _before(self, one: Resource) -> list[Resource]:
        return self.resources[: self.resources.index(one)]

    def _connection(self, cls: str) -> dict[str, Any]:
        if cls == "S3Connector":
            return {"access_key_id": self._word()}
        if cls == "GCPConnector":
            return self._secret(cls)
        return {"host": f"{self._word()}.example", "port": self._dice.randint(1, 65535), "username": self._word()}

    def _secret(self, cls: str) -> dict[str, Any]:
        if cls == "GCPConnector":
            known = {"type": "service_account", "project_id": "acme"}
            key = {**known, "client_email": self._word(), "private_key": self._word()}
            return {"google_credentials": json.dumps(key, sort_keys=True)}  # as the provider sends it
        return {"secret_access_key" if cls == "S3Connector" else "password": self._word()}

    def _source(self, cls: str) -> dict[str, Any]:
        if cls == "SQLConnector":
            table = {"table": self._dice.choice(TABLES)}
            return {"database": "crm", **self._dice.choice([table, {"request": f"select {self._word()}"}])}
        if cls == "S3Connector":
            return {"bucket": self._word(), "path": self._dice.choice(PATHS)}
        if cls == "GCPConnector":
            storage = {"g_cloud": "Storage", "bucket": self._word(), "path": self._word()}
            return self._dice.choice([storage, {"g_cloud": "BigQuery", "database": self._word(), "table": "orders"}])
        return {"path": self._dice.choice(PATHS)}

    def _word(self) -> str:
        return f"t{self._dice.randrange(10**6)}"


def _without_source(inputs: dict[str, Any]) -> dict[str, Any]:
    names = ("database", "table", "request", "bucket", "path", "g_cloud")
    return {name: value for name, value in inputs.items() if name not in names}
