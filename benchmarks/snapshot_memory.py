"""Does the local platform's memory stay flat when it copies a large query's rows?

    python -m benchmarks.snapshot_memory [ROWS ...]        default: 100000 1000000 10000000

Starts a PostgreSQL of its own, takes one snapshot of a query for each number of rows, and prints the memory that the
platform's process took beyond what it had before: it must not grow with the rows.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from previsionio_local import LocalPlatform

from tests.platform.client import Client, client_of
from tests.servers import postgresql
from tests.servers.run import ServerRun

T = TypeVar("T")

ROWS = (100_000, 1_000_000, 10_000_000)
QUERY = (
    "SELECT g AS id, 'customer number ' || g AS name, g * 1.25::numeric(12, 2) AS price FROM generate_series(1, {}) g"
)
_LONGEST = 1200.0


def main(rows: tuple[int, ...]) -> None:
    run = ServerRun.of_this_process()
    try:
        server = run.get(postgresql.PostgreSQL, postgresql.start)
        with LocalPlatform() as platform, client_of(platform) as client:
            connector = client.connector(
                type="SQL", host=server.host, port=server.port, username=server.username, password=server.password
            )
            _copy(client, connector, 1000)  # libraries are loaded by the first one
            print("| rows | seconds | memory before (MiB) | highest (MiB) |\n|---|---|---|---|")
            for count in rows:
                before, started = _resident(), time.monotonic()
                highest = _watched(lambda count=count: _copy(client, connector, count))  # type: ignore[misc]
                print(f"| {count:,} | {time.monotonic() - started:.1f} | {before} | {highest} |", flush=True)
    finally:
        run.stop()


def _copy(client: Client, connector: dict[str, object], rows: int) -> None:
    source = client.datasource(connector, database="crm", request=QUERY.format(rows))
    made = client.post("/projects/{project}/datasets/data-source", name="copy", datasource_id=source["_id"])
    deadline = time.monotonic() + _LONGEST
    while True:
        dataset = client.get(f"/datasets/{made['_id']}")
        if dataset["copy_state"] in ("done", "failed") or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    assert dataset["copy_state"] == "done", dataset
    assert dataset["rows"] == rows, dataset
    client.delete(f"/datasets/{made['_id']}")


def _watched(work: Callable[[], T]) -> int:
    """The most memory that this process held while it worked, in MiB."""
    highest, done = 0, threading.Event()

    def watch() -> None:
        nonlocal highest
        while not done.wait(0.1):
            highest = max(highest, _resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return highest


def _resident() -> int:
    """Memory of this process, in MiB (Linux)."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) // 1024


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or ROWS)
