"""A folder that nobody else can read and that goes when the command ends, also by a signal."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

_cleaning_up = False


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
    if not _cleaning_up:
        raise Interrupted(number)


@contextmanager
def folder() -> Iterator[Path]:
    """A new folder of mode 0700, removed with all that it holds at the end."""
    global _cleaning_up
    temporary = tempfile.TemporaryDirectory(prefix="pulumi-previsionio-")
    try:
        yield Path(temporary.name)
    finally:
        _cleaning_up = True
        try:
            temporary.cleanup()
        finally:
            _cleaning_up = False


def write(path: Path, text: str = "") -> None:
    """A new file of mode 0600."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
