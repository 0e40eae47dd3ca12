"""A Python whose waits are shorter: who sleeps for an hour, or waits as long for a socket, does so for 90 seconds.

Python imports a module of this name at its start when it finds one on PYTHONPATH.
"""

import socket
import time
from typing import SupportsIndex

PACE = 40.0
"""How many times faster waits pass."""
SHORTEST_TIMEOUT = 1.0
"""Seconds that a socket waits at least: the machine is no faster than before."""

_sleep = time.sleep
_monotonic = time.monotonic
_settimeout = socket.socket.settimeout
_start = _monotonic()


def _slept(seconds: "SupportsIndex | float", /) -> None:
    _sleep(float(seconds) / PACE)


def _timed_out(connection: "socket.SocketType", seconds: "float | None", /) -> None:
    _settimeout(connection, max(seconds / PACE, SHORTEST_TIMEOUT) if seconds else seconds)


time.sleep = _slept
time.monotonic = lambda: _start + (_monotonic() - _start) * PACE
socket.socket.settimeout = _timed_out  # type: ignore[method-assign]
