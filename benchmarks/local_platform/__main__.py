"""Measure the local platform with many objects, and its snapshots of many rows, each beside what does nothing more.

    python -m benchmarks.local_platform                everything; leave the machine alone meanwhile
    python -m benchmarks.local_platform --quick        small and once: whether the benchmark itself works

Three servers, each in a process of its own: a bare Starlette route, a local platform with 10,000 connectors and 50,000
data sources, and one with next to nothing. One more process sends requests, 16 in flight. All kinds of request take
turns, so that a machine that gets slower is no one's loss. Then snapshots of a file and of a table take turns with
`pyarrow.csv` and PostgreSQL's `COPY` alone. Prints tables and writes all figures to `results/local-platform.json`.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from benchmarks import machine
from benchmarks.local_platform import requests, snapshots, table
from tests import signals

_PACKAGES: Final = ("h11", "previsionio-local", "pyarrow", "pydantic", "starlette", "uvicorn")
RESULT: Final = Path(__file__).parents[1] / "results" / "local-platform.json"


def main() -> None:
    arguments = _arguments()
    signals.let_children_hear()
    size = requests.Size(arguments.connectors, arguments.datasources, arguments.requests)
    versions = {"SQLite": sqlite3.sqlite_version, **{name: version(name) for name in _PACKAGES}}
    found: dict[str, Any] = {
        "machine": machine.facts(),
        "versions": versions,
        "objects": [size.connectors, size.datasources],
    }
    found |= requests.measure(size, arguments.repeats)
    found["snapshots"] = snapshots.measure(arguments.rows, arguments.repeats)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(found, indent=1) + "\n")
    print(table.shown(found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.local_platform",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="few objects, requests and rows, once")
    parser.add_argument("--connectors", type=int, default=10_000)
    parser.add_argument("--datasources", type=int, default=50_000)
    parser.add_argument("--requests", type=int, default=2_000, help="of each kind, each time")
    parser.add_argument("--rows", type=int, default=1_000_000, help="that a snapshot copies")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.connectors, arguments.datasources, arguments.requests = 200, 1_000, 200
        arguments.rows, arguments.repeats = 20_000, 1
    return arguments


if __name__ == "__main__":
    main()
