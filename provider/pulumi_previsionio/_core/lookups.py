"""What the lookups ask the platform; free of Pulumi, so that programs and plugins have the same answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from .._errors import InputError, LookupFailed, NotFound
from .._platform.collections import CONNECTORS, DATASOURCES, PROJECTS, Collection
from .._platform.session import Session
from .._platform.settings import PROJECT_SETTING
from .context import Context
from .results import connector_result, datasource_result, project_result

Item = Mapping[str, Any]
_SHOWN: Final = 10
"""Objects that an error lists; there may be thousands."""


@dataclasses.dataclass(frozen=True)
class Question:
    """One lookup being asked: its arguments that are given, on one platform."""

    function: str
    given: Mapping[str, Any]
    context: Context

    @property
    def session(self) -> Session:
        """The session with the platform."""
        return self.context.session

    @property
    def project_id(self) -> str:
        """The project to look in: the one given, else the settings'.

        Raises:
            InputError: there is none.
        """
        project_id = self.given.get("project_id") or self.context.settings.project_id
        if not project_id:
            raise InputError(self.function, [f"project_id: {PROJECT_SETTING.missing()}"])
        return str(project_id)

    def required(self, name: str) -> str:
        """An argument that must be given.

        Raises:
            InputError: it is not.
        """
        if not self.given.get(name):
            raise InputError(self.function, [f"{name}: is required"])
        return str(self.given[name])


def get(question: Question, collection: Collection) -> Item:
    """The one object with the id or the name that is given.

    Raises:
        InputError: neither or both are given.
        LookupFailed: there is none, or several.
    """
    name, id_ = question.given.get("name"), question.given.get("id")
    if (name is None) == (id_ is None):
        raise InputError(question.function, ["give either name or id"])
    if id_ is None:
        return _named(question, collection, str(name))
    item = question.session.fetch(collection, str(id_))
    if item is None:
        raise LookupFailed(f"there is no {collection.noun} {id_} on {question.session.url}")
    return item


def list_all(question: Question, collection: Collection) -> Sequence[Item]:
    """All objects of a collection, of one project where it belongs to projects.

    Raises:
        LookupFailed: there is no such project.
    """
    if not collection.in_project:
        return question.session.list_all(collection, None)
    try:
        return question.session.list_all(collection, question.project_id)
    except NotFound:
        raise LookupFailed(f"there is no project {question.project_id} on {question.session.url}") from None


def list_source_names(question: Question, *segments: str) -> list[str]:
    """Names behind a connector, such as its databases.

    Raises:
        LookupFailed: there is no such connector, or the platform gives no names.
    """
    connector_id = question.required("connector_id")
    try:
        names = question.session.source_names(connector_id, *segments)
    except NotFound:
        raise LookupFailed(f"there is no connector {connector_id} on {question.session.url}") from None
    if names is None:
        raise LookupFailed("the platform does not give names")
    return list(names)


def _get(collection: Collection, result: Callable[[Item], Any]) -> Callable[[Question], Any]:
    return lambda question: result(get(question, collection))


def _list(collection: Collection, result: Callable[[Item], Any]) -> Callable[[Question], Any]:
    return lambda question: [result(item) for item in list_all(question, collection)]


ANSWERS: Final[Mapping[str, Callable[[Question], Any]]] = {
    "get_project": _get(PROJECTS, project_result),
    "get_connector": _get(CONNECTORS, connector_result),
    "list_connectors": _list(CONNECTORS, connector_result),
    "get_datasource": _get(DATASOURCES, datasource_result),
    "list_datasources": _list(DATASOURCES, datasource_result),
    "list_databases": lambda question: list_source_names(question, "databases"),
    "list_tables": lambda question: list_source_names(question, "databases", question.required("database"), "tables"),
}
"""What each lookup returns: a result, a list of results, or a list of names."""


def _named(question: Question, collection: Collection, name: str) -> Item:
    items = list_all(question, collection)
    where = f"in project {question.project_id}" if collection.in_project else f"on {question.session.url}"
    matches = [item for item in items if item.get("name") == name]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise LookupFailed(
            f"{len(matches)} {collection.noun}s {where} are named {name!r}: {_shown(matches)}. "
            "Give the id of one instead"
        )
    import difflib  # programs that find what they look for need none of it

    alike_first = sorted(items, key=lambda item: difflib.SequenceMatcher(None, name, str(item.get("name"))).ratio())
    there = f"There are {len(items)}: {_shown(alike_first[::-1])}" if items else "There is none at all"
    raise LookupFailed(f"there is no {collection.noun} named {name!r} {where}. {there}")


def _shown(items: Sequence[Item]) -> str:
    names = ", ".join(f"{item.get('name')!r} ({', '.join(_marks(item))})" for item in items[:_SHOWN])
    return names + (f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else "")


def _marks(item: Item) -> list[str]:
    """What tells objects of one name apart."""
    return [str(item.get("_id")), *(str(item[key]) for key in ("type", "host") if item.get(key))]
