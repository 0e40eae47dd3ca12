"""The HTTP server around the platform."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import Scope

from .app import create_app
from .slow_requests import PunctualProtocol
from .state import State

_GRACE = 2
"""Seconds that calls in flight have to end when the server stops."""

_KEEP_ALIVE = 600
"""Seconds that an idle connection stays open: long, since a client that reuses it in the moment of its end fails."""


class Server(uvicorn.Server):
    """Serves one platform on one socket. `ready` is called once calls are answered."""

    def __init__(self, state: State, ready: Callable[[], None]) -> None:
        connections: dict[tuple[str, int], asyncio.Transport] = {}

        class Protocol(PunctualProtocol):
            """Remembers the connections, so that a planted fault can cut one."""

            request_timeout = state.settings.request_timeout

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                if self.client:
                    connections[self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                if self.client:
                    connections.pop(self.client, None)
                super().connection_lost(exc)

        def cut(scope: Scope) -> None:
            if connection := connections.get(scope["client"]):  # else the caller has given up
                connection.abort()

        config = uvicorn.Config(
            create_app(state, cut),
            http=Protocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
            timeout_keep_alive=_KEEP_ALIVE,
        )
        super().__init__(config)
        self._state = state
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._state.stopping = True
        # Streams of events never end by themselves.
        self._state.events.close()
        self._state.calls.live.send(None)
        # A call that a fault holds up for longer is cut, before its task would be ended where it stands.
        asyncio.get_running_loop().call_later(0.75 * _GRACE, self._state.faults.end_pauses)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: whoever runs the server decides what ends it."""
        yield


def listen(host: str, port: int) -> tuple[socket.socket, str]:
    """Return a socket that listens, on a free port if `port` is 0, and its address as a URL.

    Raises:
        OSError: there is no such host, or the port is in use; the message is one line.
    """
    try:
        listener = _bound(host, port)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OSError(f"cannot listen on {host}, port {port}: {reason}; choose with --host and --port") from None
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - what a browser can open instead
    shown = f"[{shown}]" if ":" in shown else shown
    return listener, f"http://{shown}:{listener.getsockname()[1]}"


def _bound(host: str, port: int) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    # Named outright: asyncio turns off the delay of small packets only on sockets that say TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener
