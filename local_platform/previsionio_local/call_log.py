"""A record of the calls to the platform, for tests that count them."""

from __future__ import annotations

import itertools
import json
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from .database import now
from .events import Broadcast

KEPT = 10_000
"""Calls that are remembered: the newest."""


@dataclass
class Call:
    """One call, by its path below `/ext/v1`.

    `number` counts all calls, and is given when the call is entered.

    `status` and `seconds` are None while the call is in flight; `status` stays None if its connection was cut.
    """

    method: str
    path: str
    query: str = ""
    status: int | None = None
    seconds: float | None = None
    started: float = 0.0
    """When it came in, in seconds of a clock that is good for differences only."""
    at: str = ""
    """The same, as the platform shows times."""
    number: int = 0


@dataclass
class CallLog:
    """The calls since the last `clear`, the newest `KEPT` of them, in the order in which they came in."""

    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=KEPT))
    in_flight: int = 0
    max_in_flight: int = 0
    live: Broadcast = field(default_factory=Broadcast)
    """Every call when it comes in, and again when it was answered."""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def enter(self, call: Call) -> None:
        """Note that a call came in."""
        call.started = time.perf_counter()
        call.at, call.number = now(), next(self._numbers)
        self.calls.append(call)
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        self._tell(call)

    def leave(self, call: Call) -> None:
        """Note that a call was answered or cut; once is enough."""
        if call.seconds is None:
            call.seconds = time.perf_counter() - call.started
            self.in_flight -= 1
            self._tell(call)

    def _tell(self, call: Call) -> None:
        if self.live.is_heard:
            self.live.send(f"data: {json.dumps(asdict(call))}\n\n")

    def clear(self) -> None:
        """Forget the calls so far."""
        self.calls.clear()
        self.max_in_flight = self.in_flight
