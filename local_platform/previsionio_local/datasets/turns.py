"""Who is next? Copies wait for a free place, and no source keeps the others from theirs."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Collection, Hashable
from typing import Generic, Protocol, TypeVar


class Copy(Protocol):
    """What waits for a place."""

    @property
    def dataset_id(self) -> str: ...

    @property
    def source(self) -> Hashable: ...


T = TypeVar("T", bound=Copy)


class Turns(Generic[T]):
    """A queue for a number of places, of which one source never has more than half.

    The source with the fewest copies under way is next; among equals, who came first.
    """

    def __init__(self, places: int) -> None:
        self._share = max(1, places // 2)
        self._waiting: deque[T] = deque()
        self._under_way: Counter[Hashable] = Counter()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, copy: T) -> None:
        """Let a copy wait."""
        with self._changed:
            self._waiting.append(copy)
            self._changed.notify_all()

    def take(self) -> T | None:
        """Return the next copy as soon as it may begin; None at the end."""
        with self._changed:
            while not self._closed:
                if copy := self._next():
                    self._waiting.remove(copy)
                    self._under_way[copy.source] += 1
                    return copy
                self._changed.wait()
            return None

    def done(self, copy: T) -> None:
        """Give the place of a copy back."""
        with self._changed:
            self._under_way[copy.source] -= 1
            self._under_way += Counter()  # forget sources without copies
            self._changed.notify_all()

    def drop(self, dataset_ids: Collection[str]) -> list[T]:
        """Take copies out of the queue that nobody wants any longer, and return them."""
        with self._changed:
            dropped = [copy for copy in self._waiting if copy.dataset_id in dataset_ids]
            for copy in dropped:
                self._waiting.remove(copy)
            return dropped

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _next(self) -> T | None:
        free = [copy for copy in self._waiting if self._under_way[copy.source] < self._share]
        return min(free, key=lambda copy: self._under_way[copy.source], default=None)
