"""Sends requests over a number of connections and measures how long each answer takes.

In a process of its own (`python -m benchmarks.local_platform.load`), which reads what to send from its standard input
and writes what it saw on its standard output, both as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

_ROOT: Final = Path(__file__).parents[2]
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_HEAD_END: Final = b"\r\n\r\n"


@dataclass(frozen=True)
class Request:
    """One request."""

    method: str
    path: str
    body: Any = None


@dataclass(frozen=True)
class Seen:
    """What came of some requests."""

    latencies: list[float]
    """Seconds from a request to the end of its answer, in the order of the answers."""
    seconds: float
    """From the first request to the last answer."""
    bodies: list[Any]
    """The answers, in the order of the requests; only where they were asked for."""


def send(url: str, token: str, requests: Iterable[Request], *, in_flight: int = 16, keep: bool = False) -> Seen:
    """Have a process send requests; fails if one is not answered with success.

    Args:
        url: whom to ask.
        token: for the header `Authorization`.
        requests: what to send, in this order.
        in_flight: connections, each with one request at a time.
        keep: whether the bodies of the answers are wanted.
    """
    work = {"url": url, "token": token, "in_flight": in_flight, "keep": keep}
    work["requests"] = [asdict(request) for request in requests]
    command = [sys.executable, "-m", "benchmarks.local_platform.load"]
    done = subprocess.run(command, input=json.dumps(work), stdout=subprocess.PIPE, text=True, cwd=_ROOT, check=True)
    return Seen(**json.loads(done.stdout))


def cpu_seconds(pid: int) -> float:
    """How much of a processor a process has used so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


class _Connection(asyncio.Protocol):
    """One connection: sends the next request as soon as an answer is whole."""

    def __init__(self, waiting: Iterator[tuple[int, bytes]], latencies: list[float], bodies: list[Any] | None) -> None:
        self._waiting = waiting
        self._latencies = latencies
        self._bodies = bodies
        self._received = bytearray()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(_HEAD_END)
        if not end:
            return
        lines = bytes(head).lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if len(body) < length:
            return
        self._latencies.append(time.perf_counter() - self._began)
        if not lines[0].startswith(b"http/1.1 2"):
            self._end(RuntimeError(f"{head.decode('latin-1')}\n\n{body.decode(errors='replace')}"))
            return
        if self._bodies is not None:
            self._bodies[self._number] = json.loads(body) if body else None
        self._received.clear()
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionError("the server ended the connection"))

    def _next(self) -> None:
        found = next(self._waiting, None)
        if found is None:
            self._end(None)
            return
        self._number, request = found
        self._began = time.perf_counter()
        self._transport.write(request)

    def _end(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error) if error else self.done.set_result(None)
        self._transport.close()


async def _send_all(work: dict[str, Any]) -> Seen:
    address = urlsplit(work["url"])
    requests = [_bytes(address.netloc, work["token"], Request(**each)) for each in work["requests"]]
    waiting = iter(enumerate(requests))
    latencies: list[float] = []
    bodies: list[Any] | None = [None] * len(requests) if work["keep"] else None
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    connections = [
        await loop.create_connection(lambda: _Connection(waiting, latencies, bodies), address.hostname, address.port)
        for _ in range(work["in_flight"])
    ]
    await asyncio.gather(*(protocol.done for _, protocol in connections))
    return Seen(latencies, time.perf_counter() - started, bodies or [])


def _bytes(host: str, token: str, request: Request) -> bytes:
    body = b"" if request.body is None else json.dumps(request.body).encode()
    head = f"{request.method} {request.path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {token}\r\n"
    if request.body is not None:
        head += "Content-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_send_all(json.load(sys.stdin))))))
