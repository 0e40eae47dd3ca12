"""Reads, pages and writes with many objects, beside a route that does nothing."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.local_platform.load import Request, Seen, cpu_seconds, send

ROOT: Final = Path(__file__).parents[2]
IN_FLIGHT: Final = 16
LIMITS: Final = {"read": 0.02, "write": 0.03}
"""Seconds that 99 of 100 reads, and writes, may take at most."""
MEMORY_READS: Final = 10_000
_BATCH: Final = 5_000
_TOKEN: Final = "benchmark"
_API: Final = "/ext/v1"
_CONNECTOR: Final = {"type": "SQL", "host": "db.example.org", "port": 3306, "username": "reader", "password": "secret"}


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    connectors: int
    datasources: int
    requests: int
    """Of each kind, each time."""


@dataclass(frozen=True)
class Measured:
    """One kind of request, once."""

    server: str
    kind: str
    requests: int
    seconds: float
    cpu_seconds: float
    """Of the server's process."""
    p50: float
    p99: float
    longest: float


@dataclass(frozen=True)
class Server:
    """A server in a process of its own."""

    name: str
    url: str
    pid: int
    project: str = ""
    page_size: int = 50

    def ask(self, requests: list[Request], *, keep: bool = False) -> Seen:
        return send(self.url, _TOKEN, requests, in_flight=IN_FLIGHT, keep=keep)

    def made(self, requests: list[Request]) -> list[str]:
        """The ids of what requests have made."""
        return [body["_id"] for body in self.ask(requests, keep=True).bodies]

    def path(self, kind: str) -> str:
        return f"{_API}/projects/{self.project}/{kind}"

    def resident(self) -> int:
        """Memory that the process holds, in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def measure(size: Size, repeats: int) -> dict[str, Any]:
    """All kinds of request, in turns, and what many reads do to the memory."""
    with ExitStack() as stack:
        bare = stack.enter_context(_bare())
        empty = stack.enter_context(_platform("empty"))
        full = stack.enter_context(_platform("full"))
        ids = _filled(full, size)
        one = _filled(empty, Size(1, 1, 0))
        runs: list[Measured] = []
        for number in range(repeats):
            shuffled = random.Random(number)
            for server, each in ((bare, None), (empty, one), (full, ids)):
                runs += _round(server, each, size, shuffled)
        return {"requests": [asdict(run) for run in runs], "memory": _memory(full, ids)}


def _round(server: Server, ids: dict[str, list[str]] | None, size: Size, shuffled: random.Random) -> Iterator[Measured]:
    count = size.requests
    if ids is None:
        yield _measured(server, "bare route", [Request("GET", "/anything")] * count)
        return
    singles = [f"/connectors/{each}" for each in ids["connectors"]] + [
        f"/data-sources/{each}" for each in ids["data_sources"]
    ]
    yield _measured(server, "read one", [Request("GET", _API + shuffled.choice(singles)) for _ in range(count)])
    pages = -(-len(ids["data_sources"]) // server.page_size)
    for kind, page in (("read first page", 1), ("read last page", pages)):
        listed = Request("GET", f"{server.path('data-sources')}?page={page}")
        yield _measured(server, kind, [listed] * (count // 4))
    yield from _writes(server, ids, count // 2, shuffled)


def _writes(server: Server, ids: dict[str, list[str]], count: int, shuffled: random.Random) -> Iterator[Measured]:
    changed = [
        Request("PUT", f"{_API}/connectors/{shuffled.choice(ids['connectors'])}", _CONNECTOR | {"name": f"n{number}"})
        for number in range(count)
    ]
    yield _measured(server, "write: change connector", changed)
    made: dict[str, list[str]] = {}
    for kind, body in (
        ("connectors", lambda: _CONNECTOR | {"name": "new"}),
        ("data-sources", lambda: _datasource(shuffled.choice(ids["connectors"]), "new")),
    ):
        requests = [Request("POST", server.path(kind), body()) for _ in range(count)]
        yield _measured(
            server, f"write: create {kind[:-1].replace('-', ' ')}", requests, made.setdefault(kind, []).extend
        )
    for kind, those in made.items():
        requests = [Request("DELETE", f"{_API}/{kind}/{each}") for each in those]
        yield _measured(server, f"write: delete {kind[:-1].replace('-', ' ')}", requests)


def _measured(
    server: Server, kind: str, requests: list[Request], made: Callable[[list[str]], None] | None = None
) -> Measured:
    before = cpu_seconds(server.pid)
    seen = server.ask(requests, keep=made is not None)
    used = cpu_seconds(server.pid) - before
    if made:
        made([body["_id"] for body in seen.bodies])
    ordered = sorted(seen.latencies)
    p50, p99 = (ordered[int(len(ordered) * part)] for part in (0.5, 0.99))
    return Measured(server.name, kind, len(ordered), seen.seconds, used, p50, p99, ordered[-1])


def _memory(server: Server, ids: dict[str, list[str]]) -> dict[str, int]:
    """The memory that the process holds before and after many reads."""
    some = random.Random(0).choices(ids["data_sources"], k=MEMORY_READS)
    reads = [Request("GET", f"{_API}/data-sources/{each}") for each in some]
    pages = range(1, len(ids["data_sources"]) // server.page_size)
    listed = [Request("GET", f"{server.path('data-sources')}?page={page}") for page in pages]
    server.ask(listed)
    before = server.resident()
    server.ask(reads)
    return {"reads": MEMORY_READS, "bytes before": before, "bytes after": server.resident()}


def _filled(server: Server, size: Size) -> dict[str, list[str]]:
    """Fill a platform; returns the ids by kind."""
    bodies = [_CONNECTOR | {"name": f"connector {number}"} for number in range(size.connectors)]
    connectors = _seeded(server, "connectors", bodies)
    bodies = [
        _datasource(connectors[number % len(connectors)], f"data source {number}") for number in range(size.datasources)
    ]
    return {"connectors": connectors, "data_sources": _seeded(server, "data_sources", bodies)}


def _seeded(server: Server, kind: str, bodies: list[dict[str, Any]]) -> list[str]:
    parts = [bodies[start : start + _BATCH] for start in range(0, len(bodies), _BATCH)]
    requests = [Request("POST", "/_local/seed", {kind: part}) for part in parts]
    answers = send(server.url, _TOKEN, requests, in_flight=1, keep=True).bodies
    return [each for answer in answers for each in answer[kind]]


def _datasource(connector: str, name: str) -> dict[str, Any]:
    return {"connector_id": connector, "name": name, "database": "crm", "table": "customers"}


@contextmanager
def _platform(name: str) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as data:
        command = ["-m", "previsionio_local", "--data", data, "--port", "0"]
        with _process(command, {"PREVISION_MASTER_TOKEN": _TOKEN}) as (process, first):
            url = first.rsplit(" ", 1)[1]
            request = urllib.request.Request(f"{url}/_local/project", headers={"Authorization": _TOKEN})
            with urllib.request.urlopen(request, timeout=60) as answer:
                project = answer.read().decode().split('"')[3]
            yield Server(name, url, process.pid, project)


@contextmanager
def _bare() -> Iterator[Server]:
    with _process(["-m", "benchmarks.local_platform.bare"], {}) as (process, first):
        yield Server("bare", first, process.pid)


@contextmanager
def _process(arguments: list[str], environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A Python process, and the first line that it prints."""
    process = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | environment
    )
    try:
        assert process.stdout
        yield process, process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate()
