"""An HTTP proxy between provider and platform that knows calls, counts them, and breaks those that it is told to.

with HttpProxy(platform.url) as proxy:
    connect(proxy.url)                                      # as to the platform itself
    proxy.break_calls(fault, first=3)                       # the third call from now on, once
    proxy.break_calls(fault, first=3, for_good=True)        # and all after it
"""

from __future__ import annotations

import dataclasses
import http.client
import http.server
import json
import socket
import struct
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tests.servers.process import free_ports

if TYPE_CHECKING:
    from typing_extensions import Self

HOST = "127.0.0.1"
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


@dataclasses.dataclass(frozen=True)
class Request:
    """A request on its way to the platform; `target` is its path with its query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def page(self) -> int:
        """Which page of a list it asks for."""
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.target).query))
        return int(query.get("page", 1))

    @property
    def path(self) -> str:
        return urllib.parse.urlsplit(self.target).path

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclasses.dataclass(frozen=True)
class Answer:
    """An answer on its way to the provider."""

    status: int
    body: bytes
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def json(self) -> Any:
        """What the body holds; None when it is no JSON."""
        with suppress(ValueError):
            return json.loads(self.body)
        return None

    def holding(self, content: Any) -> Answer:
        """The same answer with another content."""
        return dataclasses.replace(self, body=json.dumps(content).encode())

    @property
    def head(self) -> bytes:
        reason = http.HTTPStatus(self.status).phrase
        length = {} if self.status == 204 else {"Content-Length": str(len(self.body))}
        lines = [f"HTTP/1.1 {self.status} {reason}", *(f"{k}: {v}" for k, v in {**self.headers, **length}.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    @property
    def raw(self) -> bytes:
        return self.head + (b"" if self.status == 204 else self.body)


Delivery = Callable[["Connection", Answer], None]


def as_it_is(_: Request, answer: Answer) -> Answer:
    return answer


def as_asked(request: Request) -> Request:
    return request


@dataclasses.dataclass(frozen=True)
class Fault:
    """What goes wrong with a call.

    `carried_out`: the platform gets the request. `ask` is the request that it gets instead, `alter` makes the answer
    that the provider gets, `deliver` brings it there.
    """

    name: str
    carried_out: bool
    deliver: Delivery
    alter: Callable[[Request, Answer], Answer] = as_it_is
    ask: Callable[[Request], Request] = as_asked

    def __str__(self) -> str:
        return self.name


@dataclasses.dataclass(frozen=True)
class Call:
    """A call as it was meant: what was asked, and what the platform answered if it was asked."""

    request: Request
    answer: Answer | None


class HttpProxy:
    """Passes calls on between its own port and the platform at `target`."""

    def __init__(self, target: str) -> None:
        self._target = urllib.parse.urlsplit(target).netloc
        (self.port,) = free_ports(1)
        self.url = f"http://{HOST}:{self.port}"
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._released = threading.Event()
        self._has_started = self._ended = False
        self._listener: socket.socket | None = None
        self.at_boundary: Callable[[int, Request, bool], None] = lambda _number, _request, _is_done: None
        """Runs before (False) and after (True) the platform handles a call, while its caller still waits."""
        self.mend()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._serve, name="http proxy", daemon=True)
        self._listen()
        self._has_started = True
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self.mend()
        self._stop_listening()
        self._thread.join()
        self._cut_all()

    def break_calls(self, fault: Fault, first: int, *, for_good: bool = False, limit: int = 1000) -> None:
        """Break the call of that number, counted from now, and if `for_good` all that follow.

        After `limit` calls every connection is reset: whoever asks for so much would never end.
        """

        def choose(number: int, _: Request) -> Fault | None:
            return fault if number == first or (for_good and number > first) else None

        self.break_some(choose, limit=limit)
        self._for_good = for_good

    def break_some(self, choose: Callable[[int, Request], Fault | None], *, limit: int = 1_000_000) -> None:
        """Break the calls that `choose` names a fault for, counted from now."""
        with self._lock:
            self.calls: list[Call] = []
            self._count, self._choose, self._for_good, self._limit = 0, choose, False, limit

    def mend(self) -> None:
        """Break nothing any more, end all connections with the calls that are held up, and count anew."""
        self.break_some(lambda _number, _request: None)
        with self._lock:
            self._released.set()
            self._released = threading.Event()
        self._cut_all()
        if self._has_started and not self._ended:
            self._listen()

    @property
    def count(self) -> int:
        """Calls since they were last counted anew."""
        return self._count

    @property
    def went_too_far(self) -> bool:
        """There were more calls than the limit."""
        return self._count > self._limit

    # What faults do

    def refuse(self) -> None:
        """Refuse connections: for good, or long enough for the next attempt to fail."""
        self._stop_listening()
        self._cut_all()
        if not self._for_good:
            time.sleep(0.02)
            self._listen()

    # Connections

    def _listen(self) -> None:
        with self._lock:
            if self._listener is None:
                self._listener = socket.create_server((HOST, self.port), backlog=128)

    def _stop_listening(self) -> None:
        with self._lock:
            listener, self._listener = self._listener, None
            if listener is not None:
                with suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)
                listener.close()

    def _serve(self) -> None:
        while not self._ended:
            listener = self._listener
            if listener is None:
                time.sleep(0.005)
                continue
            try:
                connected, address = listener.accept()
            except OSError:
                continue
            threading.Thread(target=self._connected, args=(connected, address), daemon=True).start()

    def _connected(self, connected: socket.socket, address: object) -> None:
        try:
            Connection(self, connected, address)
        except OSError:
            pass  # the client went away
        finally:
            connected.close()

    def _cut_all(self) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.reset()

    # Calls

    def _handle(self, connection: Connection, request: Request) -> None:
        with self._lock:
            self._count += 1
            number = self._count
            fault = self._choose(number, request)
            released = self._released
        connection.released = released
        if number > self._limit:
            connection.reset()
            return
        self.at_boundary(number, request, False)
        if fault is None:
            answer = connection.forward(request)
            self.calls.append(Call(request, answer))
            self.at_boundary(number, request, True)
            connection.send(answer.raw)
            return
        asked = connection.forward(fault.ask(request)) if fault.carried_out else None
        self.calls.append(Call(request, asked))
        self.at_boundary(number, request, True)
        fault.deliver(connection, fault.alter(request, asked or Answer(200, b"{}")))


class Connection(http.server.BaseHTTPRequestHandler):
    """One connection of the provider, with one to the platform behind it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    released: threading.Event
    """Set when a call that is held up must end."""

    def __init__(self, proxy: HttpProxy, connected: socket.socket, address: Any) -> None:
        self.proxy = proxy
        self._platform: http.client.HTTPConnection | None = None
        super().__init__(connected, address, proxy)  # type: ignore[arg-type]

    def setup(self) -> None:
        super().setup()
        with self.proxy._lock:
            self.proxy._connections.add(self)

    def finish(self) -> None:
        with self.proxy._lock:
            self.proxy._connections.discard(self)
        if self._platform:
            self._platform.close()
        with suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Tests read `calls`."""

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, self.path, dict(self.headers), body)
        try:
            self.proxy._handle(self, request)
        except (OSError, http.client.HTTPException):
            self.reset()  # the client or the platform is gone

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = _handle  # noqa: N815

    def forward(self, request: Request) -> Answer:
        """What the platform answers."""
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        if self._platform is None:
            self._platform = http.client.HTTPConnection(self.proxy._target, timeout=60)
        self._platform.request(request.method, request.target, request.body or None, headers)
        answer = self._platform.getresponse()
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP}
        return Answer(answer.status, answer.read(), kept)

    def send(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()

    def close(self) -> None:
        """End the connection as if in order (FIN)."""
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """End the connection with a reset (RST)."""
        self.close_connection = True
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_RD)
            self.connection.close()
