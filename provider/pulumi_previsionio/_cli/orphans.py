"""`orphans`: objects on the platform that no given stack holds, such as what a killed `pulumi up` left behind."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._errors import PrevisionError
from .._kinds import DATASET, DATASOURCE, PROJECT_KIND, SQL, Kind
from .._platform import Platform
from .adopt import KINDS
from .console import count, shown

_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


@dataclasses.dataclass(frozen=True)
class Orphan:
    """An object that no stack holds. `users` are the objects that hang on it, held by a stack or not."""

    kind: Kind
    noun: str
    id: str
    name: str
    project_id: str
    age: float | None
    """Seconds since the platform made it; None where its id does not tell."""
    users: tuple[str, ...]

    def __str__(self) -> str:
        used = f", used by {count(len(self.users), _USERS[self.kind.collection])}: {', '.join(self.users)}"
        return f"{self.noun} {shown(self.name)} ({self.id}), {age_text(self.age)}{used if self.users else ''}"

    def as_json(self) -> dict[str, Any]:
        return {
            "type": self.noun,
            "id": self.id,
            "name": self.name,
            "project_id": self.project_id,
            "age_seconds": None if self.age is None else round(self.age),
            "users": list(self.users),
        }


_USERS = {"connectors": "data source", "data-sources": "dataset", "datasets": "user"}


@dataclasses.dataclass(frozen=True)
class Held:
    """What stacks hold on one platform: ids, and the projects that they are in."""

    ids: frozenset[str]
    projects: tuple[str, ...]
    elsewhere: int
    """How many of their objects are on other platforms, which nobody looks at."""


def held_by(states: Iterable[Sequence[Mapping[str, Any]]], url: str) -> Held:
    """What the resources of these stacks' states hold on the platform at `url`."""
    ids: set[str] = set()
    projects: dict[str, None] = {}
    elsewhere = 0
    for resource in (resource for state in states for resource in state if resource["type"] in KINDS):
        outputs = resource.get("outputs") or {}
        if outputs.get("platform_url") != url:
            elsewhere += 1
            continue
        ids.add(resource["id"])
        if project_id := resource["id"] if KINDS[resource["type"]] is PROJECT_KIND else outputs.get("project_id"):
            projects.setdefault(project_id)
    return Held(frozenset(ids), tuple(projects), elsewhere)


def find(platform: Platform, projects: Iterable[str], held: Held) -> list[Orphan]:
    """The objects of these projects that are not held, users before what they use: the order to delete them in."""
    now = time.time() + (platform.client.clock_offset or 0.0)
    orphans = []
    for project_id in projects:
        datasets, datasources, connectors = (platform.listed(kind, project_id) for kind in (DATASET, DATASOURCE, SQL))
        for kind, items, users, link in (
            (DATASET, datasets, (), ""),
            (DATASOURCE, datasources, datasets, "datasource_id"),
            (SQL, connectors, datasources, "connector_id"),
        ):
            for item in items:
                id_ = str(item["_id"])
                if id_ in held.ids:
                    continue
                using = [f"{shown(str(user.get('name')))} ({user['_id']})" for user in users if user.get(link) == id_]
                noun = f"{item.get('type')} connector" if kind is SQL else kind.noun
                name = str(item.get("name", ""))
                orphans.append(Orphan(kind, noun, id_, name, project_id, _age(id_, now), tuple(using)))
    return orphans


def delete(platform: Platform, orphan: Orphan) -> str | None:
    """Delete it, unless something hangs on it: the reason why not, or None when it is gone."""
    if orphan.kind is SQL:
        users = [
            f"{item.get('name')!r}"
            for item in platform.listed(DATASOURCE, orphan.project_id)
            if item.get("connector_id") == orphan.id
        ]
        if users:
            return f"still used by {count(len(users), 'data source')}: {', '.join(users)}"
    try:
        platform.delete(orphan.kind, orphan.project_id, orphan.id)
    except PrevisionError as error:
        return str(error)
    return None


def age_text(seconds: float | None) -> str:
    """`3 h old`: whole units, the largest that fits."""
    if seconds is None:
        return "of unknown age"
    unit, size = next(((unit, size) for unit, size in _UNITS if seconds >= size), ("s", 1))
    return f"{int(max(0.0, seconds) // size)} {unit} old"


def _age(id_: str, now: float) -> float | None:
    """By the first eight of an id's 24 hex digits: the second in which the platform made the object."""
    try:
        made = int(id_[:8], 16) if len(id_) == 24 else None
    except ValueError:
        made = None
    return None if made is None else max(0.0, now - made)
