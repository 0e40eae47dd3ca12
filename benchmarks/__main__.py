"""Measure our provider side by side with one that does nothing and one that is written the plain way.

    python -m benchmarks                  everything; leave the machine alone meanwhile
    python -m benchmarks --quick          small and once: whether the benchmark itself works

All three run the same program on the real engine, against a platform in memory that takes a given time for each
answer. OpenTofu with a generic REST provider makes the same objects where it is on the PATH (see `opentofu`). Their
runs take turns, so that a machine that gets slower is no one's loss. Writes `results.json`, `results.md` and
`results.png`.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pulumi_previsionio._platform.settings import DEFAULT_PARALLELISM

from benchmarks import contract_server, opentofu, plot, report, start
from benchmarks.measure import ROOT, Conditions, Measured, life
from benchmarks.programs import NAIVE, NOOP, OPENTOFU, OURS, Size
from tests import signals


def main() -> None:
    arguments = _arguments()
    signals.let_children_hear()
    arguments.out.mkdir(parents=True, exist_ok=True)
    engine = _engine()
    with contract_server.running(arguments.page_size) as server:
        conditions = Conditions(engine, server, arguments.parallel, arguments.parallelism, arguments.idle_wait)
        runs = []
        for run in _all(arguments, conditions):
            runs.append(run)
            _tell(run)
        server.reset(latency=0.0)
        noop, ours = (seconds * 1000 for seconds in start.first_check(arguments.repeats, server.url))
    imported = start.program_import(arguments.repeats)
    facts = [
        f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} processors, "
        f"{_output(str(engine / 'pulumi'), 'version')}, --parallel {arguments.parallel}, "
        f"previsionio:parallelism {arguments.parallelism}, {arguments.page_size} objects on a page; "
        f"medians of {arguments.repeats}",
        f"OpenTofu {opentofu.version()}" if opentofu.is_here() else "OpenTofu was not there",
        f"`import pulumi_previsionio` adds {imported * 1000:.0f} ms to `import pulumi`",
        f"the first call of a provider host takes {ours:.0f} ms, with a provider that does nothing {noop:.0f} ms",
    ]
    results = report.Results(runs)
    text = report.markdown(results, facts)
    (arguments.out / "results.json").write_text(json.dumps([dataclasses.asdict(run) for run in runs], indent=1))
    (arguments.out / "results.md").write_text(text)
    plot.draw(results, arguments.out / "results.png")
    print(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="2 + 4 objects at 20 ms, once")
    parser.add_argument("--connectors", type=_numbers, default=[20, 100], help="sizes; each has 4 data sources")
    parser.add_argument("--latencies", type=_numbers, default=[0, 50, 200], help="milliseconds that the platform takes")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--parallel", type=int, default=32, help="what the engine takes on a machine of 8 processors")
    parser.add_argument("--parallelism", type=int, default=DEFAULT_PARALLELISM, help="calls that ours has in flight")
    parser.add_argument("--page-size", type=int, default=50, help="objects on a page of the platform's lists")
    parser.add_argument("--idle-wait", type=float, default=60.0, help="seconds to wait for an idle machine, each time")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results")
    arguments = parser.parse_args()
    arguments.sizes = [Size(number) for number in arguments.connectors]
    if arguments.quick:
        arguments.sizes, arguments.latencies = [Size(2, datasources_each=2)], [20]
        arguments.repeats, arguments.idle_wait = 1, 0.0
    return arguments


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _all(arguments: argparse.Namespace, conditions: Conditions) -> Iterator[Measured]:
    providers = (NOOP, NAIVE, OPENTOFU, OURS) if opentofu.is_here() else (NOOP, NAIVE, OURS)
    for size in arguments.sizes:
        for _ in range(arguments.repeats):
            for milliseconds in arguments.latencies:
                for provider in providers:
                    if provider is not NOOP or milliseconds == arguments.latencies[0]:
                        yield from life(provider, size, milliseconds / 1000, conditions)


def _tell(run: Measured) -> None:
    others = ", ".join(f"{name} {part:.0%}" for name, part in sorted(run.others.items(), key=lambda item: -item[1])[:4])
    print(
        f"{run.size:>9} {run.latency * 1000:4.0f} ms {run.provider:12} {run.operation:18} {run.seconds:6.2f} s "
        f"{sum(run.calls.values()):4} calls, {run.most_in_flight:2} in flight"
        f"{f'; beside it: {others}' if others else ''}",
        file=sys.stderr,
        flush=True,
    )


def _engine() -> Path:
    return Path(_output(str(ROOT / "tools" / "engine" / "build.sh")))


def _output(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
