"""A resource tells where the program makes it, and not how Python came to run the program.

With each resource the SDK sends its whole stack (`_get_stack_trace` in `pulumi/runtime/resource.py`), and the state
keeps it: a dozen frames of asyncio and of the SDK itself, which are half of the state of a small resource. It takes the
frame above three constructors for the program's, so that for a class that inherits from another it is one of ours.
Here it is the program's frames, for resources of this package; those of others are left as they were. It would end with
an SDK that leaves its own frames out. One that looks different sends what it sends: to know the place is not worth a
resource that cannot be made.
"""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final

from pulumi.runtime import resource

_PACKAGE: Final = __name__.split(".")[0]
_RUNS_PROGRAMS: Final = ("pulumi", "asyncio")


def tell_of_the_program_only() -> None:
    """Do it in this process."""
    find, position = (getattr(resource, name, None) for name in ("_get_stack_trace", "_get_source_position_for_frame"))
    if find is None or position is None or hasattr(find, "__wrapped__"):
        return
    from pulumi.runtime.proto import source_pb2

    @functools.wraps(find)
    def programs_frames() -> Any:
        try:
            frames = [
                source_pb2.StackFrame(pc=position(_summary(frame)))
                for frame in _frames_of_the_program(sys._getframe(1))
            ]
        except Exception:  # noqa: BLE001 - whatever an SDK has changed
            frames = []
        return source_pb2.StackTrace(frames=frames) if frames else find()

    resource._get_stack_trace = programs_frames


def _frames_of_the_program(frame: FrameType | None) -> Iterator[FrameType]:
    """From the call of one of our constructors to the program's own file; none when the constructor is not ours."""
    frame = _outside("pulumi", frame)
    if frame is None or _package(frame) != _PACKAGE:
        return
    frame = _outside(_PACKAGE, frame)
    while frame is not None and _package(frame) not in _RUNS_PROGRAMS:
        yield frame
        frame = None if _package(frame) == "__main__" else frame.f_back


def _summary(frame: FrameType) -> traceback.FrameSummary:
    return traceback.FrameSummary(frame.f_code.co_filename, frame.f_lineno, "", lookup_line=False)


def _outside(package: str, frame: FrameType | None) -> FrameType | None:
    while frame is not None and _package(frame) == package:
        frame = frame.f_back
    return frame


def _package(frame: FrameType) -> str:
    name: str = frame.f_globals.get("__name__", "")
    return name.split(".")[0]
