"""More than four calls at a time.

The provider host serves the engine with `ThreadPoolExecutor(max_workers=4)`, a literal in
`pulumi/dynamic/__main__.py` (`main`); no option changes it, so a provider of slow calls never has more than four in
flight however many the engine asks for (`--parallel`). The executor reads `_max_workers` at each submission
(`concurrent/futures/thread.py`, `_adjust_thread_count`), so raising it on the running pool lets it grow on demand.

The pool is found through the frames of the worker thread that runs a provider's method: CPython's `_worker` function
holds a reference to its executor. Wherever one of these looks different, four threads remain and nothing breaks: this
is an optimization only.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from types import FrameType

_lock = threading.Lock()


def widen(threads: int) -> bool:
    """Let the thread pool that runs the caller use up to `threads` threads; True if it does now."""
    pool = _pool()
    if pool is None:
        return False
    with _lock:
        pool._max_workers = max(pool._max_workers, threads)
    _start_all(pool)
    return True


@contextmanager
def managed_blocking() -> Iterator[None]:
    """Around a long wait in a provider's method: its thread does not count, so that another takes its place.

    A thread once started stays; the connections to the platform are as few as before.
    """
    pool = _pool()
    if pool is None:
        yield
        return
    with _lock:
        pool._max_workers += 1
    _start_all(pool)
    try:
        yield
    finally:
        with _lock:
            pool._max_workers -= 1


def _start_all(pool: ThreadPoolExecutor) -> None:
    """Start all threads that the pool may have. It does so at submissions only, and what waits was submitted before.

    Python 3.10 and 3.11 count a thread as idle after each task, although it goes on with the next, and start none
    for as many submissions (`_idle_semaphore`): that number is brought down first.
    """
    with suppress(AttributeError, RuntimeError):  # it looks different; the host is ending
        for _ in range(2 * pool._max_workers):
            if len(pool._threads) >= pool._max_workers:
                return
            while pool._idle_semaphore.acquire(blocking=False):
                pass
            pool.submit(_nothing)


def _pool() -> ThreadPoolExecutor | None:
    """The thread pool that runs the caller, if it is one that can be widened."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "_worker":
            reference = frame.f_locals.get("executor_reference")
            pool = reference() if callable(reference) else None
            if isinstance(pool, ThreadPoolExecutor) and isinstance(getattr(pool, "_max_workers", None), int):
                return pool
        frame = frame.f_back
    return None


def _nothing() -> None:
    pass
