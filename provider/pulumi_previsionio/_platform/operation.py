"""How long one operation on one resource may take, and what is said of it meanwhile.

An operation is what the engine asks for in one call, such as a creation: some calls to the platform, pauses between
them, waits for other operations. Its time is known to all that runs in its thread.
"""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Final

PATIENCE: Final = 10.0
"""Seconds after which a wait is spoken of."""


@dataclasses.dataclass(frozen=True)
class Operation:
    """One operation: what it is about, and when its time is over (`time.monotonic`)."""

    label: str
    seconds: float
    deadline: float


_current: ContextVar[Operation | None] = ContextVar("operation", default=None)


def current() -> Operation | None:
    """The operation that runs in this thread; None outside of any, as in the command line."""
    return _current.get()


def remaining() -> float:
    """Seconds that are left to the operation of this thread; infinitely many outside of any."""
    operation = current()
    return operation.deadline - time.monotonic() if operation else float("inf")


@contextlib.contextmanager
def limited(seconds: float, label: str = "") -> Iterator[None]:
    """Give what runs inside `seconds`, whatever was left: an operation, or a part of one that has time of its own.

    A part keeps the label of the whole. What cleans up after a failure is such a part: it must not fail because the
    time that the failure took is over.
    """
    outer = current()
    label = label or (outer.label if outer else "")
    token = _current.set(Operation(label, seconds, time.monotonic() + seconds))
    try:
        yield
    finally:
        _current.reset(token)


def _print(line: str) -> None:
    """The engine shows what the host of dynamic providers writes there."""
    print(line, file=sys.stderr, flush=True)


_say: Callable[[str], None] = _print


def say(line: str) -> None:
    """Tell the user how a wait goes."""
    _say(line)


def say_through(voice: Callable[[str], None]) -> None:
    """Have all that is said from now on go another way."""
    global _say
    _say = voice
