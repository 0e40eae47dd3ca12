"""Where each object stands in its list, so that any page is found without a walk through those before it."""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

Key: TypeAlias = "tuple[str, str | None]"
"""A table, and the project whose objects are listed; None: all objects of the table."""


@dataclass(frozen=True)
class Change:
    """An object that is in a list from now on, or no longer."""

    key: Key
    number: int
    is_there: bool


class Positions:
    """The numbers of the objects of each list, in order; eight bytes an object.

    A list is kept once it was asked for. One writer at a time tells what it has changed, after it was stored.
    """

    def __init__(self) -> None:
        self._lists: dict[Key, array[int]] = {}
        self._lock = threading.Lock()
        self._version = 0

    @property
    def version(self) -> int:
        """What `keep` wants to know: which changes were told before the numbers were read."""
        return self._version

    def get(self, key: Key) -> array[int] | None:
        """Return the numbers of a list if they are kept; others may change them at any time."""
        return self._lists.get(key)

    def keep(self, key: Key, numbers: Iterable[int], version: int) -> array[int]:
        """Return `numbers`, and keep them unless something was changed since `version`."""
        found = array("q", numbers)
        with self._lock:
            if version == self._version:
                self._lists[key] = found
        return found

    def change(self, changes: Iterable[Change]) -> None:
        """Take over what was stored; what a list knows already changes nothing."""
        with self._lock:
            self._version += 1
            for change in changes:
                if (numbers := self._lists.get(change.key)) is not None:
                    _put(numbers, change.number) if change.is_there else _take(numbers, change.number)

    def forget(self, project_id: str | None = None) -> None:
        """Let go of the lists of a project, or of all."""
        with self._lock:
            self._version += 1
            for key in [key for key in self._lists if project_id in (None, key[1])]:
                del self._lists[key]


def _put(numbers: array[int], number: int) -> None:
    # New objects have the highest number of their table.
    if not numbers or number > numbers[-1]:
        numbers.append(number)


def _take(numbers: array[int], number: int) -> None:
    place = bisect_left(numbers, number)
    if place < len(numbers) and numbers[place] == number:
        del numbers[place]
