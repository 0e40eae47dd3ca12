"""What a project on the platform holds, as inputs of resources; and what cannot be written as one, and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from .._core.kind import Kind, shape_problems
from .._core.kinds import KINDS, PROJECT, kind_of
from .._core.secret import SecretReference
from .._core.values import Values, live_values
from .._platform.collections import CONNECTORS, DATASETS, DATASOURCES, PROJECTS, Collection
from .._platform.session import Session
from .errors import Failure
from .literals import one_line

Item = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Found:
    """An object on the platform. `values` are its inputs as the platform tells them, so without secrets."""

    kind: Kind
    id: str
    values: Values

    @property
    def name(self) -> str:
        """Its name on the platform."""
        return str(self.values["name"])

    @property
    def owner_id(self) -> str | None:
        """The id of the object that it hangs on, such as a data source's connector."""
        return next((self.values[field.name] for field, _ in self.kind.references), None)


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """An object that no resource can describe."""

    noun: str
    name: str
    id: str
    reason: str

    def __str__(self) -> str:
        return one_line(f"{self.noun} {self.name!r} ({self.id}): {self.reason}")


@dataclasses.dataclass(frozen=True)
class Inventory:
    """A project with all that it holds, in the platform's order: connectors, data sources, datasets."""

    project: Found
    objects: tuple[Found, ...]
    left_out: tuple[LeftOut, ...] = ()


def take(session: Session, project_id: str, *, with_project: bool = False) -> Inventory:
    """Read a project: one call for itself and one for each page of its three lists.

    With `with_project` it fails when no resource can describe the project itself.
    """
    project_item = _project(session, project_id)
    project = describe(PROJECTS, project_item, {})
    if isinstance(project, LeftOut):
        if with_project:
            raise Failure(f"no resource can describe the {project}")
        project = Found(PROJECT, project_id, {"name": project_id, **live_values(PROJECT, project_item)})
    items: dict[str, Item] = {}
    read: list[Found | LeftOut] = []
    for collection in (CONNECTORS, DATASOURCES, DATASETS):
        for item in session.list_all(collection, project_id):
            items[str(item["_id"])] = inside = {**item, "project_id": item.get("project_id") or project_id}
            read.append(describe(collection, inside, items))
    return Inventory(
        project,
        tuple(entry for entry in read if isinstance(entry, Found)),
        tuple(entry for entry in read if isinstance(entry, LeftOut)),
    )


def look_up(session: Session, collection: Collection, id_: str) -> Found:
    """One object; fails when there is none of that id, or no resource can describe it."""
    item = session.fetch(collection, id_)
    if item is None:
        raise Failure(f"there is nothing of that id on {session.url}: {collection.path}/{one_line(id_)}")
    owners: dict[str, Item] = {}
    for kind in KINDS:
        for field, target in kind.references if kind.collection is collection else ():
            if owner_id := field.from_wire(item):
                owners[str(owner_id)] = session.fetch(target, str(owner_id)) or {}
    entry = describe(collection, item, owners)
    if isinstance(entry, LeftOut):
        raise Failure(f"no resource can describe the {entry}")
    return entry


def _project(session: Session, project_id: str) -> Item:
    item = session.fetch(PROJECTS, project_id)
    if item is not None:
        return item
    there = [f"{other.get('_id')}  {one_line(str(other.get('name')))}" for other in session.list_all(PROJECTS, None)]
    raise Failure(f"there is no project {one_line(project_id)} on {session.url}; the token sees:", *there)


def describe(collection: Collection, item: Item, others: Mapping[str, Item]) -> Found | LeftOut:
    """An item of the platform as inputs, if they are all that a resource may have; `others` may hold its owner."""
    kind = kind_of(collection, item)
    if kind is None:
        return _left_out(collection.noun, item, f"this version knows no {collection.noun}s of type {item.get('type')}")
    for field, target in kind.references:
        owner_id = field.from_wire(item)
        if not isinstance(owner_id, str) or not owner_id:
            return _left_out(
                kind.noun, item, f"the platform names no {target.noun} for it, as for one made from a file"
            )
        owner = others.get(owner_id, {})
        item = {"project_id": owner.get("project_id"), **{key: value for key, value in item.items() if value}}
        item = kind.steps.completed_item(item, kind_of(target, owner))
        problems = _misfit(kind, item, kind_of(target, owner))
        if problems:
            return _left_out(kind.noun, item, "; ".join(problems))
    values = live_values(kind, item)
    problems = _problems(kind, values)
    return _left_out(kind.noun, item, "; ".join(problems)) if problems else Found(kind, str(item["_id"]), values)


def _misfit(kind: Kind, item: Item, owner: Kind | None) -> list[str]:
    """Why it cannot hang on an owner of that kind."""
    return shape_problems(live_values(kind, item), owner.shapes, owner.noun) if owner and owner.shapes else []


def _problems(kind: Kind, values: Values) -> list[str]:
    from .._core.validation import validate  # takes long to import

    secrets = {name: SecretReference("from_env", "UNKNOWN") for name in kind.secrets}
    inputs = {**values, **secrets, "platform_url": "http://unknown"}
    clean, problems = validate(kind, inputs)
    problems += kind.steps.problems(inputs)
    return problems or [
        f"{name}: a program's value would become {clean.get(name)!r}"
        for name, value in values.items()
        if clean.get(name) != value
    ]


def _left_out(noun: str, item: Item, reason: str) -> LeftOut:
    return LeftOut(noun, str(item.get("name", "")), str(item.get("_id")), reason)
