"""Does an object of the platform work right now? The platform is asked: it knows the credentials, and nobody else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from .._core.wording import format_refusal
from .._errors import NotFound, PlatformError, Refused
from .._platform.collections import CONNECTORS, DATASETS, DATASOURCES, Collection
from .._platform.session import Session
from .literals import one_line

Item = Mapping[str, Any]

_NO_TEST: Final = (405, 501)
_NO_VERDICT: Final = (401, 403, 407, 408, 425, 429)
_STATES: Final = ("copy_state", "describe_state", "drift_state")


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Whether an object works: None where nobody can tell. `reason` says why not."""

    works: bool | None
    reason: str = ""

    def __str__(self) -> str:
        return {True: "yes", False: "no", None: "?"}[self.works]


@dataclasses.dataclass(frozen=True)
class Tested:
    """An object with its verdict."""

    collection: Collection
    item: Item
    verdict: Verdict

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.item["_id"])

    @property
    def name(self) -> str:
        """Its name on the platform."""
        return str(self.item.get("name", ""))


def judge(
    session: Session,
    objects: Sequence[tuple[Collection, Item]],
    parallelism: int,
    done: Callable[[int], object] = lambda _: None,
) -> list[Tested]:
    """Have all these tested side by side; `done` hears how many are."""
    tested = []
    with ThreadPoolExecutor(parallelism) as pool:
        verdicts = pool.map(lambda one: _verdict(session, *one), objects)
        for (collection, item), verdict in zip(objects, verdicts, strict=True):
            tested.append(Tested(collection, item, verdict))
            done(len(tested))
    return tested


def _verdict(session: Session, collection: Collection, item: Item) -> Verdict:
    if collection is DATASETS:
        return _state(item)
    try:
        session.client.try_source(f"{collection.item_path(str(item['_id']))}/test")
    except Refused as error:
        if collection is DATASOURCES and _has_no_test(error):
            return Verdict(None, "this platform has no test for data sources")
        if isinstance(error, NotFound) or not 400 <= error.status < 500 or error.status in _NO_VERDICT:
            return Verdict(None, f"it could not be tested: {one_line(str(error), 500)}")
        return Verdict(False, one_line(format_refusal(error), 500))
    except PlatformError as error:
        return Verdict(None, f"it could not be tested: {one_line(str(error), 500)}")
    return Verdict(True)


def _has_no_test(error: Refused) -> bool:
    return error.status in _NO_TEST or (error.status == 404 and not isinstance(error, NotFound))


def _state(item: Item) -> Verdict:
    """How far a dataset is: it works once all that the platform does with it is done."""
    states = [str(item[name]) for name in _STATES if item.get(name)]
    if "failed" in states:
        return Verdict(False, one_line(str(item.get("errorMessage") or "the platform gives no reason"), 500))
    if states and all(state == "done" for state in states):
        return Verdict(True)
    return Verdict(None, f"its copy is {states[0]}" if states else "the platform does not say how far its copy is")


TESTABLE: Final = (CONNECTORS, DATASOURCES)
"""The collections whose objects the platform tests."""
