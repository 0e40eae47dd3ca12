"""More than four calls at a time.

The provider host serves the engine with `ThreadPoolExecutor(max_workers=4)`, a literal in
`pulumi/dynamic/__main__.py` (`main`); no option changes it, so a provider of slow calls never has more than four in
flight however many the engine asks for (`--parallel`). The executor reads `_max_workers` at each submission
(`concurrent/futures/thread.py`, `_adjust_thread_count`), so raising it on the running pool lets it grow on demand.

The pool is found through the frames of the worker thread that runs a provider's `configure`: CPython's `_worker`
function holds a reference to its executor. Wherever one of these looks different, four threads remain and nothing
breaks: this is an optimization only.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from types import FrameType


def widen(threads: int) -> bool:
    """Let the thread pool that runs the caller use up to `threads` threads; True if it does now."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "_worker":
            reference = frame.f_locals.get("executor_reference")
            executor = reference() if callable(reference) else None
            if isinstance(executor, ThreadPoolExecutor) and isinstance(getattr(executor, "_max_workers", None), int):
                executor._max_workers = max(executor._max_workers, threads)
                return True
        frame = frame.f_back
    return False
