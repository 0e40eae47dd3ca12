"""`orphans`: objects on the platform that no given stack holds, such as what a killed `pulumi up` left behind."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from .._core.kind import Kind
from .._core.kinds import KINDS, kind_of
from .._core.names import kind_of_type, with_core_names
from .._core.wording import made_at
from .._errors import PrevisionError
from .._platform.collections import CONNECTORS, DATASETS, DATASOURCES, PROJECTS, Collection
from .._platform.session import Session
from .console import count, shown

_UNITS: Final = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
_USERS_FIRST: Final = (DATASETS, DATASOURCES, CONNECTORS)
"""The collections of a project, users before what they use: the order to delete in."""


@dataclasses.dataclass(frozen=True)
class Orphan:
    """An object that no stack holds. `users` are the objects that hang on it, held by a stack or not."""

    collection: Collection
    noun: str
    id: str
    name: str
    project_id: str | None
    age: float | None
    """Seconds since the platform made it; None where its id does not tell."""
    users: tuple[str, ...] = ()
    user_noun: str = ""

    def __str__(self) -> str:
        used = f", used by {count(len(self.users), self.user_noun)}: {', '.join(self.users)}" if self.users else ""
        return f"{self.noun} {shown(self.name)} ({self.id}), {age_text(self.age)}{used}"

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints of it."""
        return {
            "type": self.noun,
            "id": self.id,
            "name": self.name,
            "project_id": self.project_id,
            "age_seconds": None if self.age is None else round(self.age),
            "users": list(self.users),
        }


@dataclasses.dataclass(frozen=True)
class Held:
    """What stacks hold on one platform."""

    ids: frozenset[str]
    projects: tuple[str, ...]
    """Those that their objects are in."""
    project_names: frozenset[str]
    """Of the projects that they hold, and of those whose creation was cut off."""
    elsewhere: int
    """How many of their objects are on other platforms, which nobody looks at."""


def held_by(deployments: Iterable[Mapping[str, Any]], url: str) -> Held:
    """What these stacks' deployments hold on the platform at `url`."""
    deployments = list(deployments)
    ids: set[str] = set()
    projects: dict[str, None] = {}
    names: set[str] = set()
    elsewhere = 0
    for kind, resource in _own(resource for each in deployments for resource in each.get("resources") or ()):
        outputs = with_core_names(resource.get("outputs"))
        if outputs.get("platform_url") != url:
            elsewhere += 1
            continue
        ids.add(resource["id"])
        project_id = outputs.get("project_id") if kind.collection.in_project else resource["id"]
        if project_id:
            projects.setdefault(project_id)
        if not kind.collection.in_project:
            names.add(str(outputs.get("name")))
    pending = (entry.get("resource") or {} for each in deployments for entry in each.get("pending_operations") or ())
    for kind, resource in _own(pending):
        inputs = with_core_names(resource.get("inputs"))
        if inputs.get("platform_url") != url:
            continue
        if not kind.collection.in_project:
            names.add(str(inputs.get("name")))
        elif isinstance(project_id := inputs.get("project_id"), str):
            projects.setdefault(project_id)
    return Held(frozenset(ids), tuple(projects), frozenset(names), elsewhere)


def _own(resources: Iterable[Mapping[str, Any]]) -> Iterable[tuple[Kind, Mapping[str, Any]]]:
    """The resources of this package, with their kinds."""
    for resource in resources:
        if kind := kind_of_type(str(resource.get("type"))):
            yield kind, resource


@dataclasses.dataclass(frozen=True)
class Search:
    """What was found, and the projects of the stacks that are no longer there."""

    orphans: tuple[Orphan, ...]
    gone_projects: tuple[str, ...]


def find(session: Session, projects: Iterable[str], held: Held) -> Search:
    """The objects of these projects that are not held, users before what they use.

    Projects themselves belong to many people: one is an orphan when it has the name of one that a stack holds or was
    about to make.
    """
    now = time.time() + (session.client.clock_offset or 0.0)
    there = session.list_all(PROJECTS, None)
    there_ids = {str(item["_id"]) for item in there}
    wanted = list(projects)
    twins = [item for item in there if str(item["_id"]) not in held.ids and str(item.get("name")) in held.project_names]
    orphans: list[Orphan] = []
    for project_id in dict.fromkeys([*wanted, *(str(item["_id"]) for item in twins)]):
        if project_id in there_ids:
            orphans += _in_project(session, project_id, held, now)
    orphans += [Orphan(PROJECTS, "project", *_told(item, now)) for item in twins]
    return Search(tuple(orphans), tuple(project_id for project_id in wanted if project_id not in there_ids))


def _told(item: Mapping[str, Any], now: float) -> tuple[str, str, None, float | None]:
    id_ = str(item["_id"])
    return id_, str(item.get("name", "")), None, _age(id_, now)


def _in_project(session: Session, project_id: str, held: Held, now: float) -> Iterable[Orphan]:
    lists = {collection: session.list_if_any(collection, project_id) for collection in _USERS_FIRST}
    for collection, items in lists.items():
        user_noun, using = _users(collection, lists)
        for item in items:
            id_ = str(item["_id"])
            if id_ not in held.ids:
                kind = kind_of(collection, item)
                noun = kind.noun if kind else f"{item.get('type')} {collection.noun}"
                users = tuple(using.get(id_, ()))
                name = str(item.get("name", ""))
                yield Orphan(collection, noun, id_, name, project_id, _age(id_, now), users, user_noun)


def _users(
    collection: Collection, lists: Mapping[Collection, Sequence[Mapping[str, Any]]]
) -> tuple[str, dict[str, list[str]]]:
    """What the users of a collection's objects are called, and their names by the id of what they use."""
    using: dict[str, list[str]] = {}
    noun = ""
    for kind in KINDS:
        for field, target in kind.references:
            if target is collection:
                noun = kind.noun
                for user in lists[kind.collection]:
                    using.setdefault(str(field.from_wire(user)), []).append(
                        f"{shown(str(user.get('name')))} ({user['_id']})"
                    )
    return noun, using


def delete(session: Session, orphan: Orphan) -> str | None:
    """Delete it, unless something hangs on it: the reason why not, or None when it is gone."""
    try:
        if users := _users_now(session, orphan):
            return f"still used by {users}"
        session.delete(orphan.collection, orphan.project_id, orphan.id)
    except PrevisionError as error:
        return str(error)
    return None


def _users_now(session: Session, orphan: Orphan) -> str:
    """What hangs on it, after those orphans that were deleted before it."""
    if orphan.project_id is None:
        held = [item for collection in _USERS_FIRST for item in session.list_if_any(collection, orphan.id)]
        return f"{count(len(held), 'object')} in it" if held else ""
    if orphan.collection is not CONNECTORS:  # the platform keeps a dataset whose data source is gone
        return ""
    lists = {collection: session.list_all(collection, orphan.project_id) for collection in _USERS_FIRST}
    noun, using = _users(orphan.collection, lists)
    users = using.get(orphan.id, [])
    return f"{count(len(users), noun)}: {', '.join(users)}" if users else ""


def age_text(seconds: float | None) -> str:
    """`3 h old`: whole units, the largest that fits."""
    if seconds is None:
        return "of unknown age"
    unit, size = next(((unit, size) for unit, size in _UNITS if seconds >= size), ("s", 1))
    return f"{int(max(0.0, seconds) // size)} {unit} old"


def _age(id_: str, now: float) -> float | None:
    made = made_at(id_)
    return None if made is None else max(0.0, now - made)
