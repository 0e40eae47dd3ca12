"""A folder that nobody else can read and that goes when the command ends, also by a signal."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import signals


@contextmanager
def folder() -> Iterator[Path]:
    """A new folder of mode 0700, removed with all that it holds at the end."""
    temporary = tempfile.TemporaryDirectory(prefix="pulumi-previsionio-")
    try:
        yield Path(temporary.name)
    finally:
        with signals.postponed():
            temporary.cleanup()


def write(path: Path, text: str = "") -> None:
    """A new file of mode 0600."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
