"""The figures as Markdown: medians, each beside what it is compared to."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from benchmarks.local_platform.requests import IN_FLIGHT, LIMITS

Run = Mapping[str, Any]


def shown(found: Mapping[str, Any]) -> str:
    """All figures of `python -m benchmarks.local_platform`."""
    return "\n".join([*_requests(found), "", *_memory(found), "", *_snapshots(found)])


def _requests(found: Mapping[str, Any]) -> Iterator[str]:
    machine, (connectors, datasources) = found["machine"], found["objects"]
    processor = f"{machine['processors']} processors {machine['processor']}"
    yield f"{processor}, {machine['Python']}, SQLite {found['versions']['SQLite']}."
    yield f"{connectors:,} connectors and {datasources:,} data sources, {IN_FLIGHT} requests in flight; medians."
    yield "Ratios are to a bare Starlette route."
    yield ""
    yield "| platform | request | p50 (ms) | p99 (ms) | p99 at most | ratio | per second | CPU (ms) | ratio |"
    yield "|---|---|---|---|---|---|---|---|---|"
    runs = found["requests"]
    bare = [run for run in runs if run["server"] == "bare"]
    for server, kind in dict.fromkeys((run["server"], run["kind"]) for run in runs):
        some = [run for run in runs if (run["server"], run["kind"]) == (server, kind)]
        limit = next((seconds for word, seconds in LIMITS.items() if kind.startswith(word)), None)
        yield (
            f"| {server} | {kind} | {_median(some, lambda run: run['p50'] * 1000):.1f} | {_p99(some) * 1000:.1f} "
            f"| {f'{limit * 1000:.0f}' if limit else ''} | {_p99(some) / _p99(bare):.1f} "
            f"| {_median(some, lambda run: run['requests'] / run['seconds']):,.0f} | {_cpu(some) * 1000:.2f} "
            f"| {_cpu(some) / _cpu(bare):.1f} |"
        )


def _memory(found: Mapping[str, Any]) -> Iterator[str]:
    memory = found["memory"]
    before, after = (memory[f"bytes {when}"] / 2**20 for when in ("before", "after"))
    yield f"Resident memory before and after {memory['reads']:,} reads: {before:.1f} and {after:.1f} MiB."


def _snapshots(found: Mapping[str, Any]) -> Iterator[str]:
    yield "| rows read by | rows | rows per second | rows per second of CPU |"
    yield "|---|---|---|---|"
    runs = found["snapshots"]
    for way in dict.fromkeys(run["way"] for run in runs):
        some = [run for run in runs if run["way"] == way]
        per_second, per_cpu = (
            _median(some, lambda run, what=what: run["rows"] / max(run[what], 0.01))  # type: ignore[misc]
            for what in ("seconds", "cpu_seconds")
        )
        yield f"| {way} | {some[0]['rows']:,} | {per_second:,.0f} | {per_cpu:,.0f} |"


def _cpu(runs: Iterable[Run]) -> float:
    return _median(runs, lambda run: run["cpu_seconds"] / run["requests"])


def _p99(runs: Iterable[Run]) -> float:
    return _median(runs, lambda run: run["p99"])


def _median(runs: Iterable[Run], figure: Callable[[Run], float]) -> float:
    return statistics.median(map(figure, runs))
