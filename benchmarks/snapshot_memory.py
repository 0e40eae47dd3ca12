"""Does the local platform's memory stay flat when it copies a large query's rows, and has it become slower?

    python -m benchmarks.snapshot_memory [--beside FOLDER] [--rounds N] [ROWS ...]     default: 100000 1000000 10000000

Starts a PostgreSQL of its own, takes one snapshot of a query for each number of rows, and prints the processor time
that the platform's process took, and the memory beyond what it had before: it must not grow with the rows.

FOLDER holds another release's `previsionio_local`. Both then take the same snapshots in turn, each in a process of its
own, and the ratio of their processor times (the best of each) is printed: it is also right on a machine that is busy.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from previsionio_local import LocalPlatform

from tests.platform.client import Client, client_of
from tests.servers import postgresql
from tests.servers.run import ServerRun

ROWS = (100_000, 1_000_000, 10_000_000)
QUERY = (
    "SELECT g AS id, 'customer number ' || g AS name, g * 1.25::numeric(12, 2) AS price FROM generate_series(1, {}) g"
)
_LONGEST = 1200.0


@dataclass(frozen=True)
class Cost:
    """What one snapshot took."""

    cpu: float
    """Seconds of processor time."""
    before: int
    """MiB of memory."""
    highest: int


def main(rows: list[int], beside: Path | None, rounds: int) -> None:
    run = ServerRun.of_this_process()
    try:
        server = run.get(postgresql.PostgreSQL, postgresql.start)
        login = {"host": server.host, "port": server.port, "username": server.username, "password": server.password}
        releases = {"this": None} | ({"other": beside} if beside else {})
        print("| rows | release | CPU seconds | memory before (MiB) | highest (MiB) |\n|---|---|---|---|---|")
        for count in rows:
            best: dict[str, Cost] = {}
            for _ in range(rounds):
                for name, folder in releases.items():
                    cost = _cost_of(folder, count, login)
                    best[name] = min(best.get(name, cost), cost, key=lambda each: each.cpu)
            for name, cost in best.items():
                print(f"| {count:,} | {name} | {cost.cpu:.2f} | {cost.before} | {cost.highest} |", flush=True)
            if beside:
                print(f"this / other: {best['this'].cpu / best['other'].cpu:.2f}", flush=True)
    finally:
        run.stop()


def _cost_of(release: Path | None, rows: int, login: dict[str, Any]) -> Cost:
    """Take one snapshot in a new process, with another release of the platform if there is one."""
    environment = os.environ | ({"PYTHONPATH": str(release)} if release else {})
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.snapshot_memory", "--one", json.dumps(login), str(rows)],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _one(login: dict[str, Any], rows: int) -> Cost:
    with LocalPlatform() as platform, client_of(platform) as client:
        connector = client.connector(type="SQL", **login)
        _copy(client, connector, 1000)  # libraries are loaded by the first one
        before, started = _resident(), time.process_time()
        highest = _watched(lambda: _copy(client, connector, rows))
        return Cost(time.process_time() - started, before, highest)


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
    # The first release did not say how many.
    assert dataset.get("rows", rows) == rows, dataset
    client.delete(f"/datasets/{made['_id']}")


def _watched(work: Callable[[], object]) -> int:
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
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("rows", nargs="*", type=int, default=list(ROWS))
    parser.add_argument("--beside", type=Path, metavar="FOLDER")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--one", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(vars(_one(options.one, options.rows[0]))))
    else:
        main(options.rows, options.beside, options.rounds)
