"""Measure our provider side by side with the engine alone, with one that is written the plain way, and with OpenTofu.

    python -m benchmarks                  everything; leave the machine alone meanwhile
    python -m benchmarks hundred          one series
    python -m benchmarks --quick          small and once: whether the benchmark itself works

All run the same program on the real engine at its defaults, against a platform in memory that takes a given time for
each answer. OpenTofu with a generic REST provider makes the same objects where it is on the PATH (see `opentofu`).
Each series writes its runs, the machine and the versions to a file of its own; `report.md`, the picture and the tables
of README.md and docs/guides/speed.md are made from these files (`python -m benchmarks.pages` alone makes them anew).
"""

from __future__ import annotations

import argparse
import dataclasses
import subprocess
import sys
from pathlib import Path

from benchmarks import contract_server, pages
from benchmarks.measure import ROOT, Measured, life
from benchmarks.series import QUICK, SERIES, Results
from tests import signals


def main() -> None:
    arguments = _arguments()
    signals.let_children_hear()
    arguments.out.mkdir(parents=True, exist_ok=True)
    engine = _engine()
    chosen = [QUICK] if arguments.quick else [each for each in SERIES if each.name in arguments.series]
    for series in chosen:
        repeated = dataclasses.replace(series, repeats=arguments.repeats or series.repeats)
        runs = []
        with contract_server.running() as server:
            for conditions in repeated.turns():
                for run in life(conditions, engine, server, 0.0 if arguments.quick else arguments.idle_wait):
                    runs.append(run)
                    _tell(run)
        Results.of_this_machine(series.name, runs, engine).write(arguments.out)
    pages.write(arguments.out)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [series.name for series in SERIES]
    parser.add_argument("series", nargs="*", metavar="SERIES", help=f"{', '.join(names)}; default: all")
    parser.add_argument("--quick", action="store_true", help="2 + 4 objects at 20 ms, once")
    parser.add_argument("--repeats", type=int, help="how often each series is measured, instead of its own number")
    parser.add_argument("--idle-wait", type=float, default=60.0, help="seconds to wait for an idle machine, each time")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results")
    arguments = parser.parse_args()
    if unknown := {*arguments.series} - {*names}:
        parser.error(f"there is no series {', '.join(sorted(unknown))}: {', '.join(names)}")
    arguments.series = arguments.series or names
    return arguments


def _tell(run: Measured) -> None:
    others = ", ".join(f"{name} {part:.0%}" for name, part in sorted(run.others.items(), key=lambda item: -item[1])[:4])
    print(
        f"{run.size:>13} {run.latency * 1000:4.0f} ms {run.contender:20} {run.operation:18} {run.seconds:6.2f} s "
        f"{sum(run.calls.values()):4} calls, {run.most_in_flight:2} in flight"
        f"{f'; beside it: {others}' if others else ''}",
        file=sys.stderr,
        flush=True,
    )


def _engine() -> Path:
    built = subprocess.run([ROOT / "tools" / "engine" / "build.sh"], stdout=subprocess.PIPE, text=True, check=True)
    return Path(built.stdout.strip())


if __name__ == "__main__":
    main()
