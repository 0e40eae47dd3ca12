"""Datasets: a creation waits until the copy is done, and an old snapshot may be kept when a new one replaces it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ..._errors import PlatformError
from ..._platform import operation
from ..kind import ADDRESS, SOURCE_INPUTS
from ..values import live_values
from .base import Steps

if TYPE_CHECKING:
    from ..context import Context
    from ..kind import Kind
    from ..values import Values

STATES: Final = ("copy_state", "describe_state", "drift_state")
"""What the platform says of a copy, in its JSON."""
_KNOWN_STATES: Final = ("pending", "running", "done", "failed")
_FIRST_POLL: Final = 0.2
_LONGEST_POLL: Final = 5.0
"""Seconds between two looks at the dataset; each look waits a half longer than the one before."""
_LAST_LOOK: Final = 60.0
"""Seconds beyond its `timeout`, for the look that tells whether the copy is done."""
_PROGRESS: Final = 30.0
"""Seconds between two lines that tell of a wait."""
_STATELESS_LOOKS: Final = 10
"""Looks at a dataset that lacks states; a platform may take a moment to write them."""


def state_of(*states: object) -> str | None:
    """One word for how far a copy is; None where the platform tells too little for one.

    Raises:
        PlatformError: a state is none that a copy has.
    """
    told = [str(state) for state in states if state not in (None, "")]
    if unknown := [state for state in told if state not in _KNOWN_STATES]:
        raise PlatformError(f"the platform says that the copy is {unknown[0]!r}, which is no state of one")
    if "failed" in told or not told:
        return "failed" if told else None
    if set(told) == {"done"}:
        return "done" if len(told) == len(STATES) else None
    return "pending" if set(told) == {"pending"} else "running"


class DatasetSteps(Steps):
    """Steps of snapshots."""

    def creation_path(self, kind: Kind, values: Values) -> str:
        """Snapshots are made beside other kinds of datasets, such as uploaded files (platform-api.md §10)."""
        return f"{super().creation_path(kind, values)}/data-source"

    def verify(self, kind: Kind, id_: str, values: Values, context: Context) -> Mapping[str, Any]:
        """Wait until the copy is done. However many wait, there are places for others."""
        with context.blocking(), operation.limited(values["timeout"] + _LAST_LOOK):
            return _wait(kind, id_, values, context)

    def late_inputs(self, kind: Kind, values: Values, context: Context) -> Values:
        """Where its data source leads now, where the state does not say what it is a snapshot of."""
        if "source" in values:
            return {}
        try:
            return {"source": location} if (location := _location(kind, values, context)) else {}
        except PlatformError:  # a refresh is about the dataset
            return {}

    def is_kept_on_delete(self, kind: Kind, id_: str, values: Values, context: Context) -> bool:
        """A snapshot that is replaced stays if the program says so; one that it no longer declares does not."""
        declared = context.memory.declared(kind, id_, values)
        return bool(declared and declared.get("keep_on_replace"))


def _location(kind: Kind, values: Values, context: Context) -> Values:
    """Where the data source of a dataset leads: the address of its connector, and the source behind it."""
    from ..kinds import kind_of

    found: Values = {}
    project_id = values.get("project_id")
    while kind.references:
        ((field, collection),) = kind.references
        item = context.session.read(collection, project_id, str(values.get(field.name)), ())
        owner = kind_of(collection, item) if item else None
        if item is None or owner is None:
            return {}
        kind, values = owner, live_values(owner, item)
        found |= {name: values[name] for name in (*ADDRESS, *SOURCE_INPUTS) if name in values}
    return found


def _wait(kind: Kind, id_: str, values: Values, context: Context) -> Mapping[str, Any]:
    label = kind.label(values)
    started = time.monotonic()
    next_line, pause, stateless = started + operation.PATIENCE, _FIRST_POLL, 0
    while True:
        item = context.session.fetch(kind.collection, id_)
        if item is None:
            raise PlatformError(f"{label}: somebody deleted it while the copy was made")
        states = [item.get(name) for name in STATES]
        state = state_of(*states)
        if state == "failed":
            raise PlatformError(f"{label}: the copy failed: {_reason(item)}")
        if state == "done":
            return item
        is_silent = not all(states) and not {"pending", "running"}.intersection(states)
        stateless = stateless + 1 if is_silent else 0
        if stateless >= _STATELESS_LOOKS:
            raise PlatformError(f"{label}: the platform does not say how far the copy is ({', '.join(STATES)})")
        now = time.monotonic()
        if now - started >= values["timeout"]:
            raise PlatformError(
                f"{label}: the copy was not done after {values['timeout']:g} s (timeout); it was removed. "
                "A longer `timeout` gives it more"
            )
        if now >= next_line:
            next_line = now + _PROGRESS
            operation.say(f"{label}: copying for {now - started:.0f} s")
        time.sleep(min(pause, max(0.0, values["timeout"] - (now - started))))
        pause = min(pause * 1.5, _LONGEST_POLL)


def _reason(item: Mapping[str, Any]) -> str:
    return " ".join(str(item.get("errorMessage") or "the platform gives no reason").split())
