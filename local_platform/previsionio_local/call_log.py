"""A record of the calls to the platform, for tests that count them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass
class Call:
    """One call, by its path below `/ext/v1`.

    `status` and `seconds` are None while the call is in flight; `status` stays None if its connection was cut.
    """

    method: str
    path: str
    query: str = ""
    status: int | None = None
    seconds: float | None = None
    started: float = 0.0
    """When it came in, in seconds of a clock that is good for differences only."""


@dataclass
class CallLog:
    """The calls since the last `clear`, in the order in which they came in."""

    calls: list[Call] = field(default_factory=list)
    in_flight: int = 0
    max_in_flight: int = 0

    def enter(self, call: Call) -> None:
        """Note that a call came in."""
        call.started = time.perf_counter()
        self.calls.append(call)
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def leave(self, call: Call) -> None:
        """Note that a call was answered or cut; once is enough."""
        if call.seconds is None:
            call.seconds = time.perf_counter() - call.started
            self.in_flight -= 1

    def clear(self) -> None:
        """Forget the calls so far."""
        self.calls = []
        self.max_in_flight = self.in_flight
