"""An HTTP server on loopback whose answers a test writes down; it records what arrives."""

import contextlib
import dataclasses
import http.server
import json
import socket
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


@dataclasses.dataclass(frozen=True)
class Request:
    """A request as it came in; `connection` counts the TCP connections from 1."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclasses.dataclass(frozen=True)
class Answer:
    """An answer: `body` is JSON unless it is bytes. With `cut` the connection is closed instead, or half way.

    With `drip` it goes out byte by byte, that many seconds apart, its head or its body.
    """

    status: int = 200
    body: Any = dataclasses.field(default_factory=dict)
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False
    cut_half_way: bool = False
    drip: float = 0.0
    drips_from_start: bool = False

    def __str__(self) -> str:
        """A short name for the ids of tests."""
        if self.cut:
            return "cut"
        headers = "".join(f" {name}={value}" for name, value in self.headers.items())
        return f"{self.status}{headers} {self.body!r:.60}{' cut' if self.cut_half_way else ''}"


CUT = Answer(cut=True)


class ScriptedServer:
    """Answers by a function, or from a list whose last answer repeats. Refuses connections until it is entered."""

    def __init__(self, respond: Callable[[Request], Answer] | None = None) -> None:
        self._lock = threading.Lock()
        self._respond = respond or self._next_answer
        self.in_flight = 0
        self.reset()
        outer = self

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that went away is part of the game."""

        class Handler(_Handler):
            owner = outer

        self._server = Server(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self._server.server_bind()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> "ScriptedServer":
        self._server.server_activate()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def use_tls(self, certificate: Path, key: Path) -> None:
        """Encrypt the connections from now on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def reset(self) -> None:
        """Forget what came in, and answer `{}` from now on."""
        self.requests: list[Request] = []
        self.connections = self.most_in_flight = 0
        self._answers: list[Answer] = [Answer()]

    def answer(self, *answers: Answer) -> None:
        """The next answers, in order; the last one repeats."""
        self._answers = list(answers)

    def _next_answer(self, _: Request) -> Answer:
        with self._lock:
            return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    @property
    def lines(self) -> list[str]:
        return [request.line for request in self.requests]

    def connected(self) -> int:
        with self._lock:
            self.connections += 1
            return self.connections

    def received(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            answer = self._respond(request)
            time.sleep(answer.delay)
            return answer
        finally:
            with self._lock:
                self.in_flight -= 1


class _Handler(http.server.BaseHTTPRequestHandler):
    owner: ScriptedServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.number = self.owner.connected()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Tests read `requests`."""

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(target.query))
        answer = self.owner.received(
            Request(self.command, target.path, query, dict(self.headers), body, self.number),
        )
        if answer.cut:
            self._cut()
            return
        content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        if answer.status == 204:
            content = b""
        if answer.drips_from_start:
            self._drip(b"HTTP/1.1 200 OK\r\n" + b"X-Nothing: 0\r\n" * 90, answer.drip)
            return
        self.send_response_only(answer.status)
        headers = {"Content-Type": "application/json", "Date": self.date_time_string(), **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if answer.cut_half_way:
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
            self._cut()
            return
        if answer.drip:
            self._drip(content, answer.drip)
            return
        self.wfile.write(content)

    def _drip(self, content: bytes, pause: float) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):  # the client may have had enough
            for byte in content:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(pause)

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = _handle  # noqa: N815
