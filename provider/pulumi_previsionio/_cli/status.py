"""`status` and `test`: what is in a project, does it work, and which stack holds it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from .._core.kinds import kind_of
from .._core.names import kind_of_type, with_core_names
from .._core.wording import did_you_mean, made_at, nearest
from .._errors import NotFound
from .._platform.collections import CONNECTORS, DATASETS, DATASOURCES, Collection
from .._platform.session import Session
from .console import count, shown
from .errors import Failure
from .literals import one_line
from .orphans import age_text
from .verdicts import TESTABLE, Item, Tested, Verdict

ALL: Final = (CONNECTORS, DATASOURCES, DATASETS)
_HEAD: Final = ("TYPE", "NAME", "WORKS", "MADE", "ROWS", "SIZE", "STACK")
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")


@dataclasses.dataclass(frozen=True)
class Row:
    """One object of a project: what `status` says of it."""

    type: str
    name: str
    id: str
    works: bool | None
    reason: str
    age_seconds: int | None
    rows: int | None
    size: int | None
    stack: str | None

    def cells(self) -> tuple[str, ...]:
        """What the table shows."""
        made = age_text(self.age_seconds).removesuffix(" old") + " ago" if self.age_seconds is not None else "?"
        rows = "" if self.rows is None else str(self.rows)
        works = str(Verdict(self.works))
        return (self.type, one_line(self.name, 60), works, made, rows, _size(self.size), self.stack or "")


def objects(session: Session, project_id: str, collections: Iterable[Collection]) -> list[tuple[Collection, Item]]:
    """All objects of these collections in a project."""
    try:
        return [(each, item) for each in collections for item in session.list_all(each, project_id)]
    except NotFound:
        session.ensure_is_prevision()
        raise Failure(f"there is no project {one_line(project_id)} on {session.url}") from None


def chosen(session: Session, project_id: str, wanted: Sequence[str]) -> list[tuple[Collection, Item]]:
    """The connectors and data sources of these names or ids; without any, all of them.

    Raises:
        Failure: one of them is not there.
    """
    there = objects(session, project_id, TESTABLE)
    if not wanted:
        return there
    names = [str(item.get("name")) for _, item in there]
    missing = [
        f"{shown(each)}: {did_you_mean(close) if (close := nearest(each, names)) else 'nothing is called so'}"
        for each in wanted
        if not any(each in (item["_id"], item.get("name")) for _, item in there)
    ]
    if missing:
        raise Failure("there is no connector and no data source of that name or id in the project", *missing)
    return [(each, item) for each, item in there if item["_id"] in wanted or item.get("name") in wanted]


def holders(deployments: Mapping[str, Mapping[str, Any]], url: str) -> dict[str, str]:
    """Id → the stacks that hold it, of those whose deployments these are."""
    found: dict[str, list[str]] = {}
    for stack, deployment in deployments.items():
        for resource in deployment.get("resources") or ():
            outputs = with_core_names(resource.get("outputs"))
            is_held = kind_of_type(str(resource.get("type"))) and not resource.get("external")
            if is_held and outputs.get("platform_url") == url:
                found.setdefault(resource["id"], []).append(stack)
    return {id_: ", ".join(stacks) for id_, stacks in found.items()}


def rows(session: Session, tested: Iterable[Tested], held: Mapping[str, str]) -> list[Row]:
    """What there is to say of each."""
    now = time.time() + (session.client.clock_offset or 0.0)
    return [_row(each, held.get(each.id), now) for each in tested]


def _row(tested: Tested, stack: str | None, now: float) -> Row:
    made = made_at(tested.id)
    return Row(
        type=noun(tested),
        name=tested.name,
        id=tested.id,
        works=tested.verdict.works,
        reason=tested.verdict.reason,
        age_seconds=None if made is None else max(0, round(now - made)),
        rows=_number(tested.item.get("rows")),
        size=_number(tested.item.get("size")),
        stack=stack,
    )


def noun(tested: Tested) -> str:
    """What a person calls it, such as `SQL connector`."""
    kind = kind_of(tested.collection, tested.item)
    return kind.noun if kind else one_line(f"{tested.item.get('type')} {tested.collection.noun}")


def table(found: Sequence[Row]) -> list[str]:
    """The rows below their heads, in columns; below it why something does not work."""
    lines = [_HEAD, *(row.cells() for row in found)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    shown_lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    reasons = [f"{row.type} {shown(row.name)} ({row.id}): {row.reason}" for row in found if row.reason]
    return [*(line.rstrip() for line in shown_lines), *reasons]


def report(tested: Sequence[Tested]) -> tuple[list[dict[str, Any]], list[str], bool]:
    """What `test` found: for machines, for people, and whether all is well."""
    data: list[dict[str, Any]] = [
        dict(type=noun(each), id=each.id, name=each.name, works=each.verdict.works, reason=each.verdict.reason)
        for each in tested
    ]
    good = [each for each in tested if is_good(each)]
    lines = [
        f"{'ok  ' if is_good(each) else 'FAIL'}  {noun(each)} {shown(each.name)} ({each.id})"
        f"{f': {each.verdict.reason}' if each.verdict.reason else ''}"
        for each in tested
    ]
    lines.append(f"{len(good)} of {count(len(tested), 'object')} work")
    return data, lines, len(good) == len(tested)


def is_good(tested: Tested) -> bool:
    """Whether nothing is wrong with it, as far as the platform can tell at all."""
    return tested.verdict.works is True or tested.verdict.reason.startswith("this platform has no test")


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _size(size: int | None) -> str:
    if size is None:
        return ""
    number, unit = float(size), 0
    while number >= 1000 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:.0f} {_UNITS[unit]}" if unit == 0 or number >= 100 else f"{number:.1f} {_UNITS[unit]}"
