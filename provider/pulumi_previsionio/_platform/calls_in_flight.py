"""How many calls may be in flight at once: as many as the platform answers as fast as fewer.

The scheme is TCP's (RFC 5681 §3.1): the number doubles from round to round, halves when the platform is overloaded, and
from then on grows by one. Overloaded is a platform that says so, that does not answer in time, or whose answers take
longer than before; delay as a sign of load is TCP Vegas's, the tolerance that of Netflix's `Gradient2Limit`
(github.com/Netflix/concurrency-limits).

A round is as many answers as calls were in flight, to calls that were begun in it: those begun earlier tell of the
number before. Its median counts, so that single slow or fast answers say nothing. Where half as many calls are answered
no faster, they were not slow for their number, and the halving is taken back (as RFC 4015 does where a timeout was
none).
"""

from __future__ import annotations

import dataclasses
import statistics
import threading
import time
from collections.abc import Callable
from typing import Final, Literal

START: Final = 32
"""Calls in flight at first: as many as the engine has operations going on with eight processors."""
_ANSWERS: Final = 8
"""The fewest answers of a round (N_RTT_SAMPLE of RFC 9406 §4.3)."""
_SLOWER: Final = 1.5
"""How many times as long as the fastest round a round may take."""
_NOISE: Final = 0.05
"""Seconds that it may take beyond that: what this machine itself adds when it is busy."""
_FASTER: Final = 0.75
"""What half as many calls must bring it down to, for their number to be the cause."""
_HARMLESS: Final = 4
"""So few calls are no load: only a platform that says so gets fewer."""

Verdict = Literal["answered", "overloaded", "failed"]


@dataclasses.dataclass(frozen=True)
class Call:
    """A call that holds a place."""

    began: float
    round: int


@dataclasses.dataclass(frozen=True)
class _Halving:
    """How it was before the number was halved because answers took long."""

    limit: int
    threshold: int
    seconds: float


class CallsInFlight:
    """The places for calls in flight: never more than `most`, and fewer when the platform has enough."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = min(START, most)
        """How many calls may be in flight now."""
        self._most = most
        self._clock = clock
        self._condition = threading.Condition()
        self._in_flight = 0
        self._threshold = most
        """Below it the number doubles, above it grows by one."""
        self._usual = float("inf")
        """Seconds of the fastest round; at first, of the first answer."""
        self._halving: _Halving | None = None
        self._round = 0
        self._answers: list[float] = []
        """Seconds that each took, in this round."""
        self._peak = 0
        """The most calls in flight when one was begun, in this round."""

    def begin(self, timeout: float | None) -> Call | None:
        """Wait for a place and take it; None when there was none in `timeout` seconds."""
        with self._condition:
            if not self._condition.wait_for(lambda: self._in_flight < self.limit, timeout):
                return None
            self._in_flight += 1
            self._peak = max(self._peak, self._in_flight)
            return Call(self._clock(), self._round)

    def end(self, call: Call, verdict: Verdict) -> None:
        """Give the place back, and tell what became of the call: a failed one says nothing of the load."""
        with self._condition:
            self._in_flight -= 1
            if call.round == self._round:
                self._note(self._clock() - call.began, verdict)
            self._condition.notify(max(self.limit - self._in_flight, 0))

    # Called with the lock held.

    def _begin_round(self) -> None:
        self._round += 1
        self._answers = []
        self._peak = 0

    def _note(self, seconds: float, verdict: Verdict) -> None:
        if verdict == "overloaded":
            self._halving = None
            self._halve()
        elif verdict == "answered":
            if self._usual == float("inf"):
                self._usual = seconds
            self._answers.append(seconds)
            if len(self._answers) >= max(self._peak, _ANSWERS):
                self._judge(statistics.median(self._answers))

    def _judge(self, seconds: float) -> None:
        """The round is over."""
        halving, self._halving = self._halving, None
        if seconds <= self._usual * _SLOWER + _NOISE:
            self._usual = min(seconds, self._usual)
            self._grow()
        elif halving and seconds > halving.seconds * _FASTER:
            self._usual = seconds
            self.limit, self._threshold = halving.limit, halving.threshold
        elif self._peak > _HARMLESS:
            self._halving = _Halving(self.limit, self._threshold, seconds)
            self._halve()
            return
        self._begin_round()

    def _grow(self) -> None:
        if self._peak >= self.limit:  # nobody needs places that are not taken
            wanted = self.limit * 2 if self.limit < self._threshold else self.limit + 1
            self.limit = min(wanted, self._most)

    def _halve(self) -> None:
        """Half as many as were in flight, which may have been fewer than might (FlightSize in RFC 5681 §3.1)."""
        self.limit = self._threshold = max(self._peak // 2, 1)
        self._begin_round()
