"""Which object each resource of a program is to become, and whether the platform has what the program says.

The engine cannot read a dynamic resource by type and id (pulumi/pulumi#16175), but it takes one over from a file that
holds its inputs and outputs. Both come from the program itself: a preview with a plan says which inputs it gives to
each resource, after `check`, with secrets encrypted by the stack's own key. What is left to do is to see that the
platform has the same, to fill in what the plan cannot know yet (the ids), and to import.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .._core import lifecycle
from .._core.context import Context
from .._core.kind import Kind
from .._core.kinds import KINDS
from .._core.names import kind_of_type, token
from .._core.values import Values, from_engine
from .._errors import PlatformError, Refused, Unreachable
from .._platform.collections import Collection
from . import update_plan
from .console import shown
from .errors import Declined
from .literals import one_line
from .manifest import TYPE, Wanted
from .update_plan import Declared, UpdatePlan

KINDS_BY_TYPE: dict[str, Kind] = {TYPE + kind.name: kind for kind in KINDS}
Contexts = Callable[[Declared], Context]
"""What leads to the platform that a declared resource is on, by its provider."""


@dataclasses.dataclass(frozen=True)
class Match:
    """A resource of the program that would be created, and the object that it is to be."""

    declared: Declared
    id: str
    kind: Kind

    def __str__(self) -> str:
        return f"{self.kind.name} {self.declared.name!r} ({self.id})"


@dataclasses.dataclass(frozen=True)
class Matches:
    """What becomes of the objects to adopt: new ones, those in the stack already, those that no line declares."""

    new: tuple[Match, ...]
    there: tuple[Wanted, ...]
    undeclared: tuple[Wanted, ...]


def match(wanted: Iterable[Wanted], planned: UpdatePlan, stack: Sequence[Mapping[str, Any]]) -> Matches:
    """Find the resource for each object; `Declined` where the stack says something else than the file."""
    held = {resource["urn"]: resource for resource in stack if kind_of_type(resource["type"])}
    holders = {resource["id"]: urn for urn, resource in held.items() if is_managed(resource)}
    by_name: dict[tuple[str | Collection, str], list[Declared]] = {}
    for declared in planned.declared.values():
        if declared.type in KINDS_BY_TYPE:
            by_name.setdefault((declared.type, declared.name), []).append(declared)
            by_name.setdefault((KINDS_BY_TYPE[declared.type].collection, declared.name), []).append(declared)

    new, there, undeclared, problems = [], [], [], []
    for each in wanted:
        candidates = by_name.get((each.type, each.name), [])
        if native := None if candidates else _native(each, planned):
            if holders.get(each.id) == native.urn:
                there.append(each)
            else:
                problems.append(
                    f"{each}: the program declares it as a resource of the native plugin. "
                    f"Run: pulumi import {native.type} {each.name} {each.id}"
                )
        elif not candidates:
            undeclared.append(each)
        elif len(candidates) > 1:
            problems.append(f"{each}: several resources of the program have this name")
        elif (holder := holders.get(each.id)) == candidates[0].urn:
            there.append(each)
        elif holder:
            problems.append(_held_as(each, holder))
        elif (other := held.get(candidates[0].urn)) and other.get("external"):
            problems.append(f"{each}: the stack only reads it (`get`). First: pulumi state delete '{other['urn']}'")
        elif other:
            problems.append(f"{each}: the stack's resource of that name is another object, {other['id']}")
        else:
            new.append(Match(candidates[0], each.id, KINDS_BY_TYPE[candidates[0].type]))
    problems += _taken_twice(new)
    if problems:
        raise Declined("the program, the stack and the ids do not fit together; nothing was imported", *problems)
    return Matches(tuple(new), tuple(there), tuple(undeclared))


def _native(wanted: Wanted, planned: UpdatePlan) -> Declared | None:
    """The resource of the native plugin that has the name; the engine imports it by itself."""
    kinds = [kind for kind in KINDS if wanted.type in (TYPE + kind.name, kind.collection)]
    types = {token(kind.name) for kind in kinds}
    found = (each for each in planned.declared.values() if each.type in types and each.name == wanted.name)
    return next(found, None)


def is_managed(resource: Mapping[str, Any]) -> bool:
    """Whether a resource of a state is one of ours that the stack does not only read."""
    return kind_of_type(resource["type"]) is not None and not resource.get("external")


def refuse_held(wanted: Wanted, stack: Sequence[Mapping[str, Any]]) -> None:
    """`Declined` when the stack holds the object already, under another name."""
    for resource in filter(is_managed, stack):
        if resource["id"] == wanted.id and update_plan.name_of(resource["urn"]) != wanted.name:
            raise Declined(_held_as(wanted, resource["urn"]))


def _held_as(wanted: Wanted, urn: str) -> str:
    return (
        f"{wanted}: the stack holds it as {update_plan.name_of(urn)!r}. "
        "To give that resource another name, use the option `aliases`"
    )


def _taken_twice(new: list[Match]) -> list[str]:
    by_id: dict[str, list[Match]] = {}
    for each in new:
        by_id.setdefault(each.id, []).append(each)
    return [f"{' and '.join(map(str, same))}: one object cannot be both" for same in by_id.values() if len(same) > 1]


def refuse_other_changes(matches: Matches, planned: UpdatePlan) -> None:
    """`Declined` when the preview could not end empty, because the program would change something else as well."""
    others = other_changes(matches, planned)
    if others:
        raise Declined(
            "the program would also make other changes, so the preview cannot end empty; nothing was imported. "
            "Run `pulumi up` for those first, or adopt all the same with --allow-other-changes",
            *map(str, others),
        )


def other_changes(matches: Matches, planned: UpdatePlan) -> list[update_plan.Change]:
    """What `pulumi up` would do beside making what is to be adopted, and what comes along with it."""
    comes_along = {each.declared.urn for each in matches.new}
    for each in matches.new:
        comes_along |= {parent.urn for parent in new_parents(each.declared, planned) if not parent.custom}
        provider = planned.declared.get(each.declared.explicit_provider or "")
        if provider and provider.is_new:
            comes_along.add(provider.urn)
    return [change for change in planned.changes() if change.urn not in comes_along]


# The objects on the platform


def completed(matches: Matches, planned: UpdatePlan, contexts: Contexts) -> dict[str, dict[str, Any]]:
    """Urn → the inputs of each new resource, the ids of others filled in.

    `Declined` when the platform's objects are not what the program says, naming every difference.
    """
    completion = _Completion(matches, planned)
    inputs: dict[str, dict[str, Any]] = {}
    gone, different = [], []
    for each in matches.new:
        inputs[each.declared.urn], problems = completion.inputs(each)
        if not problems:
            values = from_engine(each.kind, inputs[each.declared.urn])
            try:
                live = lifecycle.read(each.kind, each.id, values, contexts(each.declared))
            except (Unreachable, Refused):
                raise
            except PlatformError as error:  # it is of another kind
                problems = [str(error)]
            else:
                if live is None:
                    gone.append(str(each))
                else:
                    problems = _differences(each.kind, values, live)
        different += [f"{each}: {problem}" for problem in problems]
    if gone:
        raise Declined(
            "these are no longer on the platform; nothing was imported. Delete their lines from the program, "
            "or their entries from the file to have `pulumi up` make them again",
            *gone,
        )
    if different:
        raise Declined("the program does not say what the platform has; nothing was imported", *different)
    return inputs


class _Completion:
    """Fills in what the plan cannot know because the resource that it comes from is only now being adopted."""

    def __init__(self, matches: Matches, planned: UpdatePlan) -> None:
        self._planned = planned
        self._new = {each.declared.urn: each for each in matches.new}

    def inputs(self, each: Match) -> tuple[dict[str, Any], list[str]]:
        """All inputs, and a problem for each that only the creation of another resource would tell."""
        inputs, problems = {}, []
        for name, value in each.declared.inputs.items():
            sources = [urn for urn in each.declared.dependencies.get(name, ()) if not self._planned.is_same(urn)]
            if not update_plan.contains_unknown(value) and not (sources and update_plan.is_secret(value)):
                inputs[name] = value
            elif len(sources) == 1 and (found := self._of(each, name, sources[0])):
                inputs[name] = found
            else:
                source = f" comes from {sources[0].rpartition('::')[2]!r} and" if sources else ""
                problems.append(f"{name}: its value{source} is not known before `pulumi up`")
        return inputs, problems

    def _of(self, each: Match, name: str, urn: str) -> str | None:
        """What an input that refers to an adopted resource is; None when it is not known."""
        source = self._new.get(urn)
        if source is None:
            return None
        if name == "project_id" and source.kind.collection.in_project:  # it takes over the project of its source
            project_id = self.inputs(source)[0].get(name)
            return str(project_id) if project_id else None
        is_reference = name == "project_id" or any(name == field.name for field, _ in each.kind.references)
        return source.id if is_reference else None


def _differences(kind: Kind, values: Values, live: Values) -> list[str]:
    return [
        f"{name}: the program says {_brief(values.get(name))}, the platform has {_brief(live.get(name))}"
        for name in (field.name for field in kind.shown_fields)
        if values.get(name) != live.get(name)
    ]


def _brief(value: object) -> str:
    return "nothing" if value is None else one_line(repr(value), 100)


def new_parents(declared: Declared, planned: UpdatePlan) -> list[Declared]:
    found = []
    parent = planned.declared.get(declared.parent)
    while parent and parent.is_new and not parent.is_builtin:
        found.append(parent)
        parent = planned.declared.get(parent.parent)
    return found


def summary(matches: Matches) -> str:
    """`2 SQLConnector, 5 Datasource`."""
    counts: dict[str, int] = {}
    for each in matches.new:
        counts[each.kind.name] = counts.get(each.kind.name, 0) + 1
    return ", ".join(f"{number} {name}" for name, number in counts.items())


def names(wanted: Iterable[Wanted]) -> list[str]:
    """Type, name and id of each."""
    return [f"{each.noun} {shown(each.name)} ({each.id})" for each in wanted]
