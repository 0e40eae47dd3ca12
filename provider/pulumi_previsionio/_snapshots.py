"""Snapshots: wait until a dataset's copy is done, and tell whether an old one is to be kept."""

from __future__ import annotations

import sys
import time
from typing import Any, Final

from ._errors import PlatformError
from ._kinds import DATASET
from ._platform import Platform
from ._thread_pool import place_lent
from ._values import Values

_STATES: Final = ("copy_state", "describe_state", "drift_state")
_FIRST_POLL: Final = 0.2
_LONGEST_POLL: Final = 5.0
"""Seconds between two looks at the dataset; each look waits a half longer than the one before."""
_PROGRESS: Final = 30.0
"""Seconds between two progress lines."""


@place_lent()
def wait(platform: Platform, id_: str, values: Values) -> None:
    """Return when the copy is done; raise with the platform's reason when it failed or took longer than `timeout`.

    However many wait, the provider host has as many threads for other work as before.
    """
    whose = f"Dataset {values['name']!r}"
    started = time.monotonic()
    told, pause = started, _FIRST_POLL
    while True:
        item = platform.client.get(platform.item_path(DATASET, id_))
        states = {name: item.get(name) for name in _STATES}
        if "failed" in states.values():
            raise PlatformError(f"{whose}: the copy failed: {_reason(item)}")
        if all(state == "done" for state in states.values()):
            return
        now = time.monotonic()
        if now - started >= values["timeout"]:
            raise PlatformError(
                f"{whose}: the copy was not done after {values['timeout']:g} s (timeout); it was removed. "
                "A longer `timeout` gives it more"
            )
        if now - told >= _PROGRESS:
            told = now
            print(f"{whose}: copying for {now - started:.0f} s", file=sys.stderr, flush=True)
        time.sleep(min(pause, max(0.0, values["timeout"] - (now - started))))
        pause = min(pause * 1.5, _LONGEST_POLL)


def note_program(platform: Platform, olds: Values, news: Values) -> None:
    """The engine has had the resource that holds the snapshot `olds` checked: the program still declares it."""
    platform.kept_on_replace[_identity(olds)] = bool(news.get("keep_on_replace"))


def is_kept(platform: Platform, values: Values) -> bool:
    """Whether a deletion leaves the snapshot on the platform: it is replaced, and the program says `keep_on_replace`.

    The engine does not tell a provider why it deletes. But it has every resource that the program declares checked
    in the same process first, with its old inputs; what was not checked is deleted for good (a destroy, or a resource
    that is no longer in the program).
    """
    return platform.kept_on_replace.get(_identity(values), False)


def _identity(values: Values) -> tuple[str, ...]:
    return tuple(str(values.get(name)) for name in ("project_id", "name", "datasource_id"))


def _reason(item: dict[str, Any]) -> str:
    return " ".join(str(item.get("errorMessage") or "the platform gives no reason").split())
