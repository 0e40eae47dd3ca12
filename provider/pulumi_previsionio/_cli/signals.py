"""Signals that ask the command to end raise an exception, so that everything is cleaned up first."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_is_postponed = False


class Interrupted(BaseException):
    """The command was asked to end. Like `KeyboardInterrupt`, so that nothing takes it for an error to handle."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def end_by_exception() -> None:
    """Let signals that ask for an end raise `Interrupted` in the main thread, so that everything is cleaned up."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number: int, _: FrameType | None) -> None:
    if not _is_postponed:
        raise Interrupted(number)


@contextmanager
def postponed() -> Iterator[None]:
    """Around what must not be interrupted, such as cleaning up."""
    global _is_postponed
    _is_postponed = True
    try:
        yield
    finally:
        _is_postponed = False
