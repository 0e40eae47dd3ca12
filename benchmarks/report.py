"""The results as Markdown: medians, ratios, calls, and whether the goals are met."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.measure import OPERATIONS, Measured
from benchmarks.programs import NAIVE, NOOP, OPENTOFU, OURS

MEGABYTE: Final = 2**20


class Results:
    """All runs, and their medians."""

    def __init__(self, runs: Iterable[Measured]) -> None:
        self.runs = list(runs)
        self.sizes = list(dict.fromkeys(run.size for run in self.runs))
        self.latencies = sorted({run.latency for run in self.runs})
        measured = {run.provider for run in self.runs}
        self.others = [provider.name for provider in (NAIVE, OPENTOFU) if provider.name in measured]
        """Those that call the platform too."""

    def some(
        self, provider: str, size: str | None = None, operation: str | None = None, latency: float | None = None
    ) -> list[Measured]:
        """The runs of a provider; what never calls the platform is the same at every latency."""
        return [
            run
            for run in self.runs
            if run.provider == provider
            and size in (None, run.size)
            and operation in (None, run.operation)
            and (latency in (None, run.latency) or provider == NOOP.name)
        ]

    def seconds(self, provider: str, size: str, operation: str, latency: float) -> float:
        """The median."""
        return statistics.median(run.seconds for run in self.some(provider, size, operation, latency))

    def ratio(self, size: str, operation: str, latency: float, to: str) -> float:
        """How long ours takes, as a part of what another takes."""
        return self.seconds(OURS.name, size, operation, latency) / self.seconds(to, size, operation, latency)


@dataclass(frozen=True)
class Goal:
    """Something that is to be true, and whether it is."""

    text: str
    found: str
    is_met: bool


def goals(results: Results) -> list[Goal]:
    """The goals that these results can tell something about."""
    found = []
    small, *larger = results.sizes
    if 0 in results.latencies:
        found += [_at_most(results, small, operation, 0, NOOP.name, 1.15) for operation in OPERATIONS]
    if 0.2 in results.latencies:
        found += [
            _at_most(results, small, operation, 0.2, NAIVE.name, limit)
            for operation, limit in (("create", 0.5), ("refresh", 0.35), ("destroy", 0.5))
        ]
        found += [_at_most(results, size, "refresh", 0.2, NAIVE.name, 0.15) for size in larger]
    previews = results.some(OURS.name, operation="unchanged preview")
    most = max(sum(run.calls.values()) for run in previews)
    found.append(Goal("unchanged preview, any size: 0 calls", f"{most} calls", most == 0))
    return found


def _at_most(results: Results, size: str, operation: str, latency: float, to: str, limit: float) -> Goal:
    ratio = results.ratio(size, operation, latency, to)
    text = f"{size} objects, {operation} at {latency * 1000:.0f} ms: at most {limit:.0%} of {to}"
    return Goal(text, f"{ratio:.0%}", ratio <= limit)


def markdown(results: Results, conditions: Sequence[str]) -> str:
    """The whole report."""
    parts = ["# Benchmark", *(f"- {line}" for line in conditions)]
    for size in results.sizes:
        parts += [
            "",
            f"## {size} objects: seconds",
            "",
            *_table(_seconds_header(results), _seconds_rows(results, size)),
        ]
    for size in results.sizes:
        header = ["", *(f"calls, {name}" for name in results.others), "calls, ours", "ours by kind"]
        parts += ["", f"## {size} objects: calls of the platform", "", *_table(header, _call_rows(results, size))]
    parts += ["", "## Connections, calls in flight and memory", "", *_table(_USE_HEADER, _use_rows(results))]
    rows = [[goal.text, goal.found, "yes" if goal.is_met else "**no**"] for goal in goals(results)]
    parts += ["", "## Goals", "", *_table(["", "found", "met"], rows)]
    return "\n".join([*parts, ""])


def _seconds_header(results: Results) -> list[str]:
    columns = [
        f"{name}, {latency * 1000:.0f} ms"
        for latency in results.latencies
        for name in (*results.others, "ours", "ours to naive")
    ]
    return ["", "no-op", *columns]


def _seconds_rows(results: Results, size: str) -> Iterable[list[str]]:
    for operation in OPERATIONS:
        row = [operation, f"{results.seconds(NOOP.name, size, operation, results.latencies[0]):.2f}"]
        for latency in results.latencies:
            names = (*results.others, OURS.name)
            row += [f"{results.seconds(name, size, operation, latency):.2f}" for name in names]
            row.append(f"{results.ratio(size, operation, latency, NAIVE.name):.2f}")
        yield row


def _call_rows(results: Results, size: str) -> Iterable[list[str]]:
    for operation in OPERATIONS:
        counts = [
            _range(results.some(provider, size, operation), lambda run: sum(run.calls.values()))
            for provider in (*results.others, OURS.name)
        ]
        last = results.some(OURS.name, size, operation)[-1].calls
        yield [operation, *counts, ", ".join(f"{count} {kind}" for kind, count in sorted(last.items()))]


_USE_HEADER: Final = ["", "connections", "most in flight", "provider, MB", "command, MB"]


def _use_rows(results: Results) -> Iterable[list[str]]:
    for size in results.sizes:
        for provider in (NOOP.name, *results.others, OURS.name):
            runs = results.some(provider, size)
            yield [
                f"{provider}, {size}",
                str(max(run.connections for run in runs)),
                str(max(run.most_in_flight for run in runs)),
                f"{max(run.host_memory for run in runs) / MEGABYTE:.0f}",
                f"{max(run.cli_memory for run in runs) / MEGABYTE:.0f}",
            ]


def _range(runs: Sequence[Measured], value: Callable[[Measured], int]) -> str:
    low, high = min(map(value, runs)), max(map(value, runs))
    return str(low) if low == high else f"{low} to {high}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [header, ["---", *(["---:"] * (len(header) - 1))], *rows]
    return [f"| {' | '.join(line)} |" for line in lines]
