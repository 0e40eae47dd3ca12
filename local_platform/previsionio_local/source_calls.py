"""Calls that ask a source wait in places of their own, so that slow sources hold up nothing else."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar
from typing_extensions import ParamSpec

SOURCE_THREADS = 64
"""Calls that may wait for a source at once."""

P = ParamSpec("P")
R = TypeVar("R")

_places: RunVar[anyio.CapacityLimiter] = RunVar("previsionio-local source places")


def asks_source(endpoint: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """Have an endpoint run in a thread that only such endpoints use."""

    @functools.wraps(endpoint)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        places = _places.get(None)
        if places is None:
            places = anyio.CapacityLimiter(SOURCE_THREADS)
            _places.set(places)
        return await anyio.to_thread.run_sync(functools.partial(endpoint, *args, **kwargs), limiter=places)

    return call
