"""One stack's life under one provider, each operation measured."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import opentofu
from benchmarks.contract_server import Platform
from benchmarks.machine import wait_until_idle, watched
from benchmarks.programs import CHANGED_HOST, Provider, PulumiProvider, Size, program
from tests.contract import PROJECT, TOKEN
from tests.engine.pulumi_cli import Run, Stack

ROOT: Final = Path(__file__).parents[1]
OPERATIONS: Final = ("create", "unchanged preview", "refresh", "change of one host", "destroy")


@dataclass(frozen=True)
class Measured:
    """One run of the engine."""

    provider: str
    size: str
    latency: float
    """Seconds before each of the platform's answers."""
    operation: str
    seconds: float
    cpu_seconds: float
    """Of all processes of the engine together; the platform's are not among them."""
    calls: dict[str, int]
    connections: int
    most_in_flight: int
    cli_memory: int
    host_memory: int
    busy_before: float
    """Part of the machine that others used just before, 0 to 1."""
    others: dict[str, float]
    """What else ran, with the part of one processor that it used."""


@dataclass(frozen=True)
class Conditions:
    """What is the same for all runs."""

    engine: Path
    platform: Platform
    parallel: int
    """Operations that the engine has going on at once."""
    parallelism: int
    """Calls that our provider has in flight at once."""
    idle_wait: float
    """Seconds to wait for an idle machine before each run, at most."""


def life(provider: Provider, size: Size, latency: float, conditions: Conditions) -> Iterator[Measured]:
    """Create, preview, refresh, change and destroy a stack of that size; fails when one of them does something else."""
    conditions.platform.reset(latency)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as home:
        runs: Mapping[str, Callable[[], float]]
        if isinstance(provider, PulumiProvider):
            runs = _operations(provider, size, Path(home), conditions)
        else:
            runs = opentofu.operations(size, Path(home), conditions.platform.url)
        for operation in OPERATIONS:
            yield _measured(provider.name, size, latency, operation, runs[operation], conditions)


def _operations(
    provider: PulumiProvider, size: Size, home: Path, conditions: Conditions
) -> Mapping[str, Callable[[], float]]:
    """What does each operation on a new stack; returns its seconds, fails when something else was done."""
    stack = Stack(home / "stack", conditions.engine, {"QUICK_PIP_PREFIX": ""})  # with all that users wait for
    stack.environment |= {
        "PREVISION_URL": conditions.platform.url,
        "PREVISION_MASTER_TOKEN": TOKEN,
        "PREVISION_PROJECT_ID": PROJECT,
        "PYTHONPATH": str(ROOT),  # for the providers of this folder
        "PULUMI_PARALLEL": str(conditions.parallel),
    }
    stack.config("previsionio:parallelism", str(conditions.parallelism))

    def seconds(run: Run, **expected: int) -> float:
        changes = list(run.changes.values())
        assert {op: changes.count(op) for op in set(changes)} == expected, f"{provider.name}: {run.stdout}"
        return run.seconds

    everything = size.objects
    return {
        "create": lambda: seconds(stack.up(program(provider, size)), create=everything),
        "unchanged preview": lambda: seconds(stack.preview()),
        "refresh": lambda: seconds(stack.refresh()),
        "change of one host": lambda: seconds(stack.up(program(provider, size, host=CHANGED_HOST)), update=1),
        "destroy": lambda: seconds(stack.destroy(), delete=everything),
    }


def _measured(
    name: str, size: Size, latency: float, operation: str, run: Callable[[], float], conditions: Conditions
) -> Measured:
    busy = wait_until_idle(conditions.idle_wait)
    before = _cpu_seconds()
    with watched() as seen:
        seconds = run()
    cpu_seconds = _cpu_seconds() - before
    counted = conditions.platform.take()
    return Measured(
        provider=name,
        size=str(size),
        latency=latency,
        operation=operation,
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        calls=counted.calls,
        connections=counted.connections,
        most_in_flight=counted.most_in_flight,
        cli_memory=seen.cli_memory,
        host_memory=seen.host_memory,
        busy_before=busy,
        others=seen.others,
    )


def _cpu_seconds() -> float:
    """Of all children so far that have ended. The platform has not."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
