"""A platform that costs next to nothing, so that what is measured is the provider and the engine.

It answers the calls of the platform's contract that a program of SQL connectors and tables leads to, from memory,
each after a delay, and counts them. It checks nothing, for it has a process of its own beside programs known to be
right. `python -m benchmarks.contract_server` runs one; `Platform` starts and asks one.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import json
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.contract import API, PROJECT, TOKEN, Contract

DATABASE: Final = "crm"
CONTROL: Final = "/_benchmark"
_IDS: Final = re.compile(r"(?<=/)[0-9a-f]{24}(?=/|$)")


@dataclass
class Counters:
    """What was asked of the platform since it was last told to forget."""

    calls: collections.Counter[str] = field(default_factory=collections.Counter)
    connections: int = 0
    in_flight: int = 0
    most_in_flight: int = 0

    def shown(self) -> dict[str, Any]:
        return {"calls": self.calls, "connections": self.connections, "most_in_flight": self.most_in_flight}


def _kind_of(method: str, path: str) -> str:
    """A call without the ids in its path, such as `GET /projects/ID/connectors`."""
    return f"{method} {_IDS.sub('ID', path)}"


class _Connection(asyncio.Protocol):
    """HTTP/1.1 on one connection, one request after the other."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._is_counted = False

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, rest = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        match = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        length = int(match[1]) if match else 0
        if len(rest) < length:
            return
        self._received = rest[length:]
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        path, _, query = target.partition("?")
        if path.startswith(CONTROL):
            self._send(200, self._server.control(path.removeprefix(CONTROL), rest[:length]), "")
            return
        if not self._is_counted:
            self._is_counted = True
            self._server.counters.connections += 1
        self._server.delay(lambda: self._answer(method, path.removeprefix(API), query, rest[:length]))

    def _answer(self, method: str, path: str, query: str, body: bytes) -> None:
        contract = self._server.contract
        answer = contract.answer(
            method, path, dict(urllib.parse.parse_qsl(query)), json.loads(body) if body else None, TOKEN
        )
        self._server.counters.calls[_kind_of(method, path)] += 1
        headers = {"Content-Type": "application/json", **contract.headers(), **answer.headers}
        self._send(answer.status, answer.body, "".join(f"{name}: {value}\r\n" for name, value in headers.items()))

    def _send(self, status: int, content: Any, headers: str) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        if status == 204:
            body = b""
        head = f"HTTP/1.1 {status} .\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        self._transport.write(head.encode() + body)


class Server:
    """The contract behind a port on loopback, with a delay before each answer."""

    def __init__(self, page_size: int, tables: int) -> None:
        self._page_size, self._tables = page_size, tables
        self.contract = self._new_contract()
        self.counters = Counters()
        self.latency = 0.0

    def _new_contract(self) -> Contract:
        contract = Contract()
        contract.page = self._page_size
        contract.databases = {DATABASE: [f"t{number}" for number in range(self._tables)]}
        return contract

    def delay(self, answer: Callable[[], None]) -> None:
        counters = self.counters
        counters.in_flight += 1
        counters.most_in_flight = max(counters.most_in_flight, counters.in_flight)

        def now() -> None:
            counters.in_flight -= 1
            answer()

        if self.latency:
            asyncio.get_running_loop().call_later(self.latency, now)
        else:
            now()

    def control(self, what: str, body: bytes) -> Any:
        """Answer a call of the benchmark itself, which is not counted."""
        if what == "/reset":
            self.contract = self._new_contract()
            for number in range(json.loads(body)):
                connector = self.contract.store("connectors", project_id=PROJECT, name=f"foreign-{number}", type="SQL")
                self.contract.store(
                    "data-sources", project_id=PROJECT, name=f"foreign-{number}", connector_id=connector
                )
        elif what == "/latency":
            self.latency = json.loads(body)
        elif what == "/take":
            taken, self.counters = self.counters, Counters()
            return taken.shown()
        return {}

    async def serve(self) -> None:
        server = await asyncio.get_running_loop().create_server(lambda: _Connection(self), "127.0.0.1", 0)
        print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        async with server:
            await server.serve_forever()


# The benchmark's side


@dataclass(frozen=True)
class Counted:
    """What one run asked of the platform."""

    calls: dict[str, int]
    connections: int
    most_in_flight: int

    @property
    def total(self) -> int:
        return sum(self.calls.values())


class Platform:
    """A platform in a process of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    def reset(self, latency: float, foreign: int = 0) -> None:
        """Nothing but so many foreign connectors and data sources, no counts; each answer takes `latency` seconds."""
        self._control("/latency", latency)
        self._control("/reset", foreign)
        self.take()

    def take(self) -> Counted:
        """What was asked since it was last taken."""
        return Counted(**self._control("/take"))

    def _control(self, what: str, body: Any = None) -> Any:
        request = urllib.request.Request(self.url + CONTROL + what, json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


@contextmanager
def running(page_size: int = 50, tables: int = 4) -> Iterator[Platform]:
    """A platform for the time of a `with` block. Each of its connectors reaches `tables` tables."""
    command = [sys.executable, "-m", __name__, f"--page-size={page_size}", f"--tables={tables}"]
    root = Path(__file__).parents[1]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        try:
            yield Platform(process.stdout.readline().strip())
        finally:
            process.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--page-size", type=int, default=50)
    parser.add_argument("--tables", type=int, default=4)
    arguments = parser.parse_args()
    asyncio.run(Server(arguments.page_size, arguments.tables).serve())


if __name__ == "__main__":
    main()
