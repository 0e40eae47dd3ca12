"""Lets one thread break off what another does with a source."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Cancellation:
    """A wish to stop, which may come before, during or after the work."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._cancel: Callable[[], None] | None = None

    @property
    def cancelled(self) -> bool:
        """Whether the work is to stop."""
        return self._cancelled

    def cancel(self) -> None:
        """Stop the work. What that takes may take a while, so a thread of its own does it."""
        with self._lock:
            self._cancelled = True
            if cancel := self._cancel:
                threading.Thread(target=cancel, name="previsionio-local cancel", daemon=True).start()

    @contextmanager
    def stops_with(self, cancel: Callable[[], None]) -> Iterator[None]:
        """Have `cancel` called, from another thread, if the work is to stop during the block or was before."""
        with self._lock:
            self._cancel = cancel
            if self._cancelled:
                cancel()
        try:
            yield
        finally:
            with self._lock:
                self._cancel = None
