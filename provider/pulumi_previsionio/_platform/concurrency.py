"""What the threads of one process share: answers asked for once, one lock for each key, readers and a writer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


class KeyedLock:
    """One lock for each key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[Any, threading.Lock] = {}

    @contextmanager
    def held(self, key: Any) -> Iterator[None]:
        """Hold the lock of `key`."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            yield


class SingleFlightCache:
    """Answers asked for once: the first caller asks, the others wait for it. A failure is not kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, ...], Any] = {}
        self._asking = KeyedLock()

    def get(self, key: tuple[str, ...], ask: Callable[[], T]) -> T:
        """The answer that is kept under `key`, else that of `ask`."""
        with self._asking.held(key):
            with self._lock:
                if key in self._kept:
                    kept: T = self._kept[key]
                    return kept
            answer = ask()
            with self._lock:
                self._kept[key] = answer
            return answer

    def forget(self, which: Callable[[tuple[str, ...]], bool]) -> None:
        """Forget the answers whose keys `which` chooses."""
        with self._lock:
            self._kept = {key: answer for key, answer in self._kept.items() if not which(key)}


class ReadersWriterLock:
    """Held by any number of threads as `shared`, or by one alone as `exclusive`."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._holders = 0
        self._is_exclusive = False
        self.uses = 0
        """Goes up whenever a thread takes the lock as shared, or lets go of it."""

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Hold the lock beside others."""
        self._step(+1)
        try:
            yield
        finally:
            self._step(-1)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the lock alone."""
        with self._condition:
            self._is_exclusive = True
            self._condition.wait_for(lambda: not self._holders)
        try:
            yield
        finally:
            with self._condition:
                self._is_exclusive = False
                self._condition.notify_all()

    def _step(self, by: int) -> None:
        with self._condition:
            self._condition.wait_for(lambda: by < 0 or not self._is_exclusive)
            self._holders += by
            self.uses += 1
            self._condition.notify_all()
