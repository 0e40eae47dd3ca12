"""The results as Markdown: medians, ratios, calls, and whether the goals are met."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.measure import ADVICE, CHANGE, CREATE, DESTROY, OPERATIONS, PREVIEW, REFRESH, Measured
from benchmarks.programs import NAIVE, NATIVE, NOOP, OPENTOFU, OURS, YAML, Contender
from benchmarks.series import Results

MEGABYTE: Final = 2**20
CONTENDERS: Final = (NOOP, NAIVE, OPENTOFU, OURS, NATIVE, YAML)


class Runs:
    """Runs of one series, and what can be asked of them."""

    def __init__(self, runs: Iterable[Measured]) -> None:
        self._runs = list(runs)
        measured = {run.contender for run in self._runs}
        self.contenders = [contender for contender in CONTENDERS if contender.name in measured]
        self.latencies = sorted({run.latency for run in self._runs if run.contender != NOOP.name})

    def where(self, **conditions: object) -> Runs:
        """Those of which that is true, by the fields of `Measured`."""
        return Runs(run for run in self._runs if all(getattr(run, key) == value for key, value in conditions.items()))

    def some(self, contender: Contender, operation: str, latency: float | None = None) -> list[Measured]:
        """A contender's runs; what never calls the platform is the same at every latency."""
        return [
            run
            for run in self._runs
            if run.contender == contender.name
            and run.operation == operation
            and (latency in (None, run.latency) or contender is NOOP)
        ]

    def median(
        self,
        contender: Contender,
        operation: str,
        latency: float | None = None,
        value: Callable[[Measured], float] = lambda run: run.seconds,
    ) -> float:
        """Of the seconds, or of another value."""
        return statistics.median(map(value, self.some(contender, operation, latency)))

    def medians(self, contender: Contender, latency: float | None = None) -> list[float]:
        """Of the seconds of each operation."""
        return [self.median(contender, operation, latency) for operation in OPERATIONS]


def seconds(runs: Runs, latency: float) -> str:
    """A table of the seconds of each contender."""
    header = ["Seconds", *(contender.name for contender in runs.contenders)]
    rows = [
        [operation, *(f"{runs.median(contender, operation, latency):.2f}" for contender in runs.contenders)]
        for operation in OPERATIONS
    ]
    return _table(header, rows)


def calls(runs: Runs) -> str:
    """A table of the calls of each contender, and what ours are."""
    contenders = [contender for contender in runs.contenders if contender is not NOOP]
    rows = []
    for operation in OPERATIONS:
        counts = [_range(sum(run.calls.values()) for run in runs.some(each, operation)) for each in contenders]
        last = runs.some(OURS, operation)[-1].calls
        rows.append([operation, *counts, ", ".join(f"{count} {kind}" for kind, count in sorted(last.items()))])
    return _table(["Calls", *(contender.name for contender in contenders), f"{OURS.name} by kind"], rows)


def use(runs: Runs) -> str:
    """A table of what each contender takes besides time."""
    rows = []
    for contender in runs.contenders:
        mine = [run for operation in OPERATIONS for run in runs.some(contender, operation)]
        create = runs.some(contender, CREATE)[-1]
        rows.append(
            [
                contender.name,
                str(max(run.connections for run in mine)),
                str(max(run.most_in_flight for run in mine)),
                f"{max(run.host_memory for run in mine) / MEGABYTE:.0f}",
                f"{max(run.cli_memory for run in mine) / MEGABYTE:.0f}",
                f"{create.state_bytes / create.objects:,.0f}",
            ]
        )
    header = ["", "connections", "most in flight", "provider, MiB", "command, MiB", "bytes of state an object"]
    return _table(header, rows)


def parallel(default: Runs, wider: Runs) -> str:
    """A table of the seconds by the engine's `--parallel`."""
    contenders = wider.contenders
    levels = sorted({run.parallel for each in contenders for run in wider.some(each, CREATE) if run.parallel})
    columns = [("default", default), *((str(level), wider.where(parallel=level)) for level in levels)]
    slowest = wider.latencies[-1]
    rows = [
        [operation, *(f"{runs.median(each, operation, slowest):.2f}" for each in contenders for _, runs in columns)]
        for operation in OPERATIONS
    ]
    header = [
        f"Seconds at {_milliseconds(slowest)}",
        *(f"{each.name}, {name}" for each in contenders for name, _ in columns),
    ]
    return _table(header, rows)


def large(results: Iterable[Runs]) -> str:
    """A table of large stacks beside the engine alone."""
    rows = []
    for runs in results:
        for contender in runs.contenders:
            if contender is not NOOP:
                rows += [_large_row(runs, contender, operation) for operation in OPERATIONS]
    header = [
        "Objects",
        "",
        "engine alone, s",
        "seconds",
        "ratio",
        "calls",
        "provider, MiB",
        "command, MiB",
        "bytes of state an object",
    ]
    return _table(header, rows)


def _large_row(runs: Runs, contender: Contender, operation: str) -> list[str]:
    alone, own = runs.median(NOOP, operation), runs.median(contender, operation)
    last = runs.some(contender, operation)[-1]
    return [
        f"{last.size}{'' if last.has_checkpoints else ', no checkpoints'}",
        f"{contender.name}, {operation}",
        f"{alone:.1f}",
        f"{own:.1f}",
        f"{own / alone:.2f}",
        f"{sum(last.calls.values()):,}",
        f"{last.host_memory / MEGABYTE:.0f}",
        f"{last.cli_memory / MEGABYTE:.0f}",
        f"{last.state_bytes / last.objects:,.0f}",
    ]


def advice(default: Runs, hundred: Runs, advised: Runs) -> str:
    """A table of the seconds with each thing that users can do for speed."""
    columns = {
        "at defaults": default.medians(OURS),
        "PULUMI_SKIP_CHECKPOINTS": advised.where(has_checkpoints=False).medians(OURS),
        **{advice: advised.where(advice=advice).medians(OURS) for advice in ADVICE},
        "in YAML": advised.medians(YAML),
        "five stacks of 100 in turn": [5 * seconds for seconds in hundred.medians(OURS, 0.0)],
    }
    rows = [
        [operation, *(f"{seconds:.2f}" for seconds in each)]
        for operation, *each in zip(OPERATIONS, *columns.values(), strict=True)
    ]
    return _table([f"Seconds, {default.some(OURS, CREATE)[-1].size}", *columns], rows)


def crowded(runs: Runs) -> str:
    """A table of a stack in a project with many objects of others."""
    levels = sorted({run.foreign for operation in OPERATIONS for run in runs.some(OURS, operation)})
    rows = []
    for operation in OPERATIONS:
        each = [runs.where(foreign=level) for level in levels]
        rows.append(
            [operation, *(f"{some.median(OURS, operation):.2f}" for some in each)]
            + [_range(sum(run.calls.values()) for run in some.some(OURS, operation)) for some in each]
        )
    return _table(
        ["", *(f"seconds, {2 * n:,} others" for n in levels), *(f"calls, {2 * n:,} others" for n in levels)], rows
    )


@dataclass(frozen=True)
class Goal:
    """Something that is to be true, and whether it is."""

    text: str
    found: str
    is_met: bool


def goals(results: dict[str, Runs]) -> list[Goal]:
    """The goals that these results can tell something about."""
    found = []
    if "hundred" in results:
        runs = results["hundred"]
        found += [_ratio(runs, OURS, NOOP, operation, 0.0, 1.15) for operation in OPERATIONS]
        found += [_ratio(runs, door, OURS, operation, 0.0, 0.85) for door in (NATIVE, YAML) for operation in OPERATIONS]
        if OPENTOFU in runs.contenders:
            for latency in (0.05, 0.2):
                rest = (PREVIEW, REFRESH, CHANGE, DESTROY)
                found += [_ratio(runs, OURS, OPENTOFU, operation, latency, 2 / 3) for operation in rest]
                found.append(_ratio(runs, YAML, OPENTOFU, CREATE, latency, 1.0))
    if "parallel" in results:
        runs = results["parallel"].where(parallel=32)
        limits = ((CREATE, 0.5), (REFRESH, 0.35), (DESTROY, 0.5))
        found += [_ratio(runs, OURS, NAIVE, operation, 0.2, limit, ", --parallel 32") for operation, limit in limits]
    for name in ("checkpoints", "thousand", "thousands"):
        if name in results:
            found += [_ratio(results[name], OURS, NOOP, operation, 0.0, 1.1) for operation in OPERATIONS]
    return found


def _ratio(
    runs: Runs, contender: Contender, to: Contender, operation: str, latency: float, limit: float, where: str = ""
) -> Goal:
    ratio = runs.median(contender, operation, latency) / runs.median(to, operation, latency)
    size = runs.some(contender, operation)[-1].size
    text = f"{size}, {operation} at {_milliseconds(latency)}{where}: {contender.name} at most {limit:.2f} of {to.name}"
    return Goal(text, f"{ratio:.2f}", ratio <= limit)


def tables(results: Sequence[Results]) -> dict[str, str]:
    """The tables that these results can fill, by name."""
    by_series = {each.series: Runs(each.runs) for each in results}
    made: dict[str, str] = {}
    for name in ("quick", "hundred"):
        if runs := by_series.get(name):
            made |= {f"{name}, {_milliseconds(latency)}": seconds(runs, latency) for latency in runs.latencies}
            made |= {f"{name}, calls": calls(runs), f"{name}, use": use(runs)}
    if "parallel" in by_series and "hundred" in by_series:
        made["parallel"] = parallel(by_series["hundred"], by_series["parallel"])
    if some := [by_series[name] for name in ("checkpoints", "thousand", "thousands") if name in by_series]:
        made["large"] = large(some)
    if {"checkpoints", "hundred", "advice"} <= by_series.keys():
        made["advice"] = advice(*(by_series[name] for name in ("checkpoints", "hundred", "advice")))
    if "crowded" in by_series:
        made["crowded"] = crowded(by_series["crowded"])
    if reached := goals(by_series):
        rows = [[goal.text, goal.found, "yes" if goal.is_met else "**no**"] for goal in reached]
        made["goals"] = _table(["", "found", "met"], rows)
    made["machine"] = "\n".join(_facts(each) for each in results)
    return made


def _facts(results: Results) -> str:
    machine = ", ".join(f"{name} {value}" for name, value in results.machine.items())
    versions = ", ".join(f"{name} {value}" for name, value in results.versions.items())
    return f"- *{results.series}*, {results.date}: {machine}; {versions}"


def markdown(made: Mapping[str, str]) -> str:
    """The whole report."""
    parts = [f"## {name[:1].upper()}{name[1:]}\n\n{table}\n" for name, table in made.items()]
    return "\n".join(["# Benchmark\n", *parts])


def _milliseconds(latency: float) -> str:
    return f"{latency * 1000:.0f} ms"


def _range(values: Iterable[int]) -> str:
    low, *_, high = sorted([*values] * 2)
    return str(low) if low == high else f"{low} to {high}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---", *(["---:"] * (len(header) - 1))], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
