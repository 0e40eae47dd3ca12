"""Calls that take too long are cut, and spoken of before.

A timeout of `requests` bounds the wait for the next byte, so an answer that drips has none. Here the socket itself is
shut down when the time of the whole call is over, which ends whatever its thread is waiting for.
"""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import requests.adapters
import urllib3
import urllib3.connection

from . import operation


@dataclasses.dataclass(eq=False)
class Watched:
    """One call."""

    deadline: float
    line_at: float
    line: Callable[[], str]
    sock: socket.socket | None = None
    was_cut: bool = False


class Watchdog:
    """Watches the calls of one client from one thread, which runs while there are any."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._calls: set[Watched] = set()
        self._runs = False

    @contextlib.contextmanager
    def watching(self, seconds: float, line: Callable[[], str]) -> Iterator[Watched]:
        """Cut what this thread waits for after `seconds`, and say `line` before if that takes long."""
        now = time.monotonic()
        call = Watched(now + seconds, now + operation.PATIENCE, line)
        with self._condition:
            self._calls.add(call)
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._watch, name="previsionio-watchdog", daemon=True).start()
        _thread.call = call
        try:
            yield call
        finally:
            _thread.call = None
            with self._condition:
                self._calls.discard(call)

    def _watch(self) -> None:
        while True:
            with self._condition:
                if not self._calls:
                    self._runs = False
                    return
                now = time.monotonic()
                lines = [self._look_at(call, now) for call in self._calls]
                nearest = min(min(call.deadline, call.line_at) for call in self._calls)
            for line in filter(None, lines):
                operation.say(line)
            time.sleep(min(max(nearest - now, 0.01), _LONGEST_SLEEP))

    def _look_at(self, call: Watched, now: float) -> str:
        if now >= call.deadline:
            call.was_cut = True
            call.deadline = float("inf")
            if call.sock is not None:
                with contextlib.suppress(OSError):
                    # Not the method of an SSL socket, which would pull its state from under the thread that reads.
                    socket.socket.shutdown(call.sock, socket.SHUT_RDWR)
        if now >= call.line_at:
            call.line_at = float("inf")
            return call.line()
        return ""


_LONGEST_SLEEP = 0.5
"""Seconds between two looks: a call may begin while the watchdog sleeps, and the last of them may have ended."""

_thread = threading.local()


class _WatchedConnection:
    """Tells the watchdog which socket a call waits for."""

    sock: Any

    def getresponse(self) -> Any:
        call: Watched | None = getattr(_thread, "call", None)
        if call is not None:
            call.sock = self.sock
            if call.was_cut:
                raise TimeoutError
        return super().getresponse()  # type: ignore[misc]


class _HTTPConnection(_WatchedConnection, urllib3.connection.HTTPConnection):
    pass


class _HTTPSConnection(_WatchedConnection, urllib3.connection.HTTPSConnection):
    pass


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class WatchedAdapter(requests.adapters.HTTPAdapter):
    """An adapter whose connections the watchdog can cut, through a proxy or not."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **options: Any) -> urllib3.PoolManager:
        manager: urllib3.PoolManager = super().proxy_manager_for(*args, **options)
        if isinstance(manager, urllib3.ProxyManager):  # a SOCKS proxy has connections of its own
            manager.pool_classes_by_scheme = _POOLS
        return manager


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}
