"""A program's resources are not looked for garbage over and over.

Python's collector looks again at what is alive each time that a few hundred objects were made. The SDK makes thousands
for each resource, and nearly all of them live until the program ends: in a program of a thousand resources a third of
the time went there. It would end with an SDK that makes fewer, or does the same by itself.
"""

from __future__ import annotations

import gc
from typing import Final

from .process import runs_for_the_engine

_OBJECTS: Final = 100_000
"""Made and not freed since the collector last looked: some twenty megabytes."""
_DEFAULTS: Final = (700, 2000)
"""Python's own number, until 3.12 and since 3.13. Any other one is somebody's choice."""


def collect_garbage_less_often() -> None:
    """Do it in a program that the engine started; elsewhere do nothing."""
    objects, *older = gc.get_threshold()
    if objects in _DEFAULTS and runs_for_the_engine():
        gc.set_threshold(_OBJECTS, *older)
