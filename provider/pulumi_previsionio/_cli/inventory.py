"""What a project on the platform holds, as inputs of resources; and what cannot be written as one, and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from .._errors import NotFound
from .._kinds import CONNECTORS, DATASET, DATASOURCE, GCP, PROJECT_KIND, SQL, ConnectorKind, Kind, shape_problems
from .._platform import Platform
from .._validation import validate
from .._values import SecretReference, Values, from_wire
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
        return str(self.values["name"])

    @property
    def connector_id(self) -> str | None:
        return self.values.get("connector_id")

    @property
    def datasource_id(self) -> str | None:
        return self.values.get("datasource_id")


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


def take(platform: Platform, project_id: str) -> Inventory:
    """Read a project: one call for itself and one for each page of its three lists."""
    project = describe(PROJECT_KIND, _project(platform, project_id))
    if isinstance(project, LeftOut):
        raise Failure(f"no resource can describe the {project}")
    inside = {"project_id": project_id}
    connectors = {str(item["_id"]): inside | item for item in platform.listed(SQL, project_id)}
    read = [_connector(item) for item in connectors.values()]
    read += [
        _datasource(inside | item, connectors.get(str(item.get("connector_id")), {}))
        for item in platform.listed(DATASOURCE, project_id)
    ]
    read += [_dataset(inside | item) for item in platform.listed(DATASET, project_id)]
    return Inventory(
        project,
        tuple(entry for entry in read if isinstance(entry, Found)),
        tuple(entry for entry in read if isinstance(entry, LeftOut)),
    )


COLLECTIONS: dict[str, Kind] = {kind.collection: kind for kind in (SQL, DATASOURCE, DATASET, PROJECT_KIND)}
"""A kind for each of the API's folders; for connectors any will do."""


def look_up(platform: Platform, collection: str, id_: str) -> Found:
    """One object; fails when there is none of that id, or no resource can describe it."""
    item = platform.read_one(COLLECTIONS[collection], id_)
    if item is None:
        raise Failure(f"there is nothing of that id on {platform.url}: {collection}/{one_line(id_)}")
    if collection == "connectors":
        entry = _connector(item)
    elif collection == "data-sources":
        entry = _datasource(item, platform.read_one(SQL, str(item.get("connector_id"))) or {})
    elif collection == "datasets":
        entry = _dataset(item)
    else:
        entry = describe(PROJECT_KIND, item)
    if isinstance(entry, LeftOut):
        raise Failure(f"no resource can describe the {entry}")
    return entry


def _project(platform: Platform, project_id: str) -> Item:
    try:
        return platform.client.get(platform.item_path(PROJECT_KIND, project_id))
    except NotFound:
        platform.confirm()
        projects = platform.listed(PROJECT_KIND, None)
        there = [f"{item.get('_id')}  {one_line(str(item.get('name')))}" for item in projects]
        title = f"there is no project {one_line(project_id)} on {platform.url}; the token sees:"
        raise Failure(title, *there) from None


def _connector(item: Item) -> Found | LeftOut:
    type_ = str(item.get("type"))
    if type_ not in CONNECTORS:
        return _left_out("connector", item, f"this version knows no connectors of type {type_}")
    return describe(CONNECTORS[type_], item)


def _datasource(item: Item, connector: Item) -> Found | LeftOut:
    kind = CONNECTORS.get(str(connector.get("type")))
    if kind is GCP and not (item.get("g_cloud") or item.get("gCloud")):
        # Some clients never send which of Google's services they mean; the place says it.
        item = {**item, "g_cloud": "Storage" if item.get("bucket") else "BigQuery"}
    if not item.get("project_id"):
        item = {**item, "project_id": connector.get("project_id")}
    return describe(DATASOURCE, item, kind)


_NO_SOURCE = "the platform names no data source for it, as for one made from a file"


def _dataset(item: Item) -> Found | LeftOut:
    source = item.get("datasource_id") or item.get("datasource")
    if isinstance(source, Mapping):
        source = source.get("_id")
    if not isinstance(source, str) or not source:
        return _left_out(DATASET.noun, item, _NO_SOURCE)
    return describe(DATASET, {**item, "datasource_id": source})


def describe(kind: Kind, item: Item, connector: ConnectorKind | None = None) -> Found | LeftOut:
    """An item of the platform as inputs, if they are all that a resource of this kind needs and may have."""
    values: Values = {}
    for field in kind.wire_fields:
        if not field.secret and (value := from_wire(field, item)) is not None:
            values[field.name] = value
    problems = _problems(kind, values, connector)
    return _left_out(kind.noun, item, "; ".join(problems)) if problems else Found(kind, str(item["_id"]), values)


def _problems(kind: Kind, values: Values, connector: ConnectorKind | None) -> list[str]:
    if kind is DATASOURCE and (problems := shape_problems(values, connector)):
        return problems
    secrets = {name: SecretReference("from_env", "UNKNOWN") for name in kind.secrets}
    clean, problems = validate(kind, {**values, **secrets, "platform_url": "http://unknown"})
    return problems or [
        f"{name}: a program's value would become {clean.get(name)!r}"
        for name, value in values.items()
        if clean.get(name) != value
    ]


def _left_out(noun: str, item: Item, reason: str) -> LeftOut:
    return LeftOut(noun, str(item.get("name", "")), str(item.get("_id")), reason)
