"""One stack's life under one contender, each operation measured."""

from __future__ import annotations

import resource
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import opentofu
from benchmarks.contract_server import Platform
from benchmarks.machine import wait_until_idle, watched
from benchmarks.programs import CHANGED_HOST, HOST, Contender, PulumiContender, Size, python_program, yaml_resources
from tests.contract import PROJECT, TOKEN
from tests.engine.pulumi_cli import AS_FOR_USERS, Run, Stack

ROOT: Final = Path(__file__).parents[1]
CREATE, PREVIEW, REFRESH, CHANGE, DESTROY = OPERATIONS = (
    "create",
    "unchanged preview",
    "refresh",
    "change of one host",
    "destroy",
)


PARALLEL_DIFF, ZSTD, QUICK_PIP = "PULUMI_PARALLEL_DIFF", "PULUMI_DIY_BACKEND_ZSTD", "packages listed at once"
ADVICE: Final[Mapping[str, Mapping[str, str]]] = {
    PARALLEL_DIFF: {PARALLEL_DIFF: "true"},
    ZSTD: {ZSTD: "true"},
    # The language host that can be built here knows no `uv`: pip's answer is kept for it, which costs as little.
    QUICK_PIP: {"QUICK_PIP_PREFIX": sys.prefix},
}
"""What users can do for speed, by the name of a column, and the environment that does it."""


@dataclass(frozen=True)
class Conditions:
    """What a life is lived under."""

    contender: Contender
    size: Size
    latency: float = 0.0
    """Seconds before each of the platform's answers."""
    parallel: int | None = None
    """Operations that the engine has going on at once; None for its default, four for each processor."""
    has_checkpoints: bool = True
    """Whether the engine writes its state at each step, as it does unless told otherwise."""
    foreign: int = 0
    """Connectors in the same project that are none of the stack's, and as many data sources."""
    advice: str = ""
    """Which of `ADVICE` is followed."""
    is_spared: bool = False
    """Whether the runs are spared what the tests spare theirs, and users wait for."""


@dataclass(frozen=True)
class Measured:
    """One run."""

    contender: str
    size: str
    objects: int
    latency: float
    parallel: int | None
    has_checkpoints: bool
    foreign: int
    operation: str
    seconds: float
    cpu_seconds: float
    """Of all processes of the command together; the platform's are not among them."""
    calls: dict[str, int]
    connections: int
    most_in_flight: int
    cli_memory: int
    host_memory: int
    state_bytes: int
    """Of the state afterwards."""
    busy_before: float
    """Part of the machine that others used just before, 0 to 1."""
    others: dict[str, float]
    """What else ran, with the part of one processor that it used."""
    advice: str = ""


def life(conditions: Conditions, engine: Path, platform: Platform, idle_wait: float) -> Iterator[Measured]:
    """Create, preview, refresh, change and destroy a stack; fails when one of them does something else.

    Args:
        conditions: Who does it, and under what.
        engine: The folder with `pulumi`.
        platform: What is called.
        idle_wait: Seconds to wait for an idle machine before each operation, at most.
    """
    platform.reset(conditions.latency, conditions.foreign)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as home:
        operations: Mapping[str, Callable[[], float]]
        if isinstance(conditions.contender, PulumiContender):
            operations = _operations(conditions.contender, conditions, Path(home), engine, platform.url)
        else:
            operations = opentofu.operations(conditions.size, Path(home), platform.url)
        for operation in OPERATIONS:
            yield _measured(conditions, operation, operations[operation], Path(home), platform, idle_wait)


def _operations(
    contender: PulumiContender, conditions: Conditions, home: Path, engine: Path, url: str
) -> Mapping[str, Callable[[], float]]:
    """What does each operation on a new stack; returns its seconds, fails when something else was done."""
    stack = Stack(home / "stack", engine, {} if conditions.is_spared else {**AS_FOR_USERS})
    stack.environment |= ADVICE.get(conditions.advice, {})
    stack.environment |= {
        "PREVISION_URL": url,
        "PREVISION_MASTER_TOKEN": TOKEN,
        "PREVISION_PROJECT_ID": PROJECT,
        "PYTHONPATH": str(ROOT),  # for the providers of this folder
    }
    if conditions.parallel:
        stack.environment["PULUMI_PARALLEL"] = str(conditions.parallel)
    if not conditions.has_checkpoints:
        stack.environment |= {"PULUMI_SKIP_CHECKPOINTS": "true", "PULUMI_EXPERIMENTAL": "true"}

    def write(host: str) -> None:
        resources = yaml_resources(conditions.size, host) if contender.runtime == "yaml" else ""
        stack.describe_project(contender.runtime, plugin=contender.is_plugin, rest=resources)
        if contender.runtime == "python":
            stack.program(python_program(contender, conditions.size, host))

    def seconds(run: Run, **expected: int) -> float:
        changes = list(run.changes.values())
        assert {op: changes.count(op) for op in set(changes)} == expected, f"{contender.name}: {run.stdout}"
        return run.seconds

    def change() -> float:
        write(CHANGED_HOST)
        return seconds(stack.up(), update=1)

    everything = conditions.size.objects
    write(HOST)
    return {
        CREATE: lambda: seconds(stack.up(), create=everything),
        PREVIEW: lambda: seconds(stack.preview()),
        REFRESH: lambda: seconds(stack.refresh()),
        CHANGE: change,
        DESTROY: lambda: seconds(stack.destroy(), delete=everything),
    }


def _measured(
    conditions: Conditions, operation: str, run: Callable[[], float], home: Path, platform: Platform, idle_wait: float
) -> Measured:
    busy = wait_until_idle(idle_wait)
    before = _cpu_seconds()
    with watched() as seen:
        seconds = run()
    cpu_seconds = _cpu_seconds() - before
    counted = platform.take()
    return Measured(
        contender=conditions.contender.name,
        size=str(conditions.size),
        objects=conditions.size.objects,
        latency=conditions.latency,
        parallel=conditions.parallel,
        has_checkpoints=conditions.has_checkpoints,
        foreign=conditions.foreign,
        operation=operation,
        seconds=round(seconds, 3),
        cpu_seconds=round(cpu_seconds, 3),
        calls=counted.calls,
        connections=counted.connections,
        most_in_flight=counted.most_in_flight,
        cli_memory=seen.cli_memory,
        host_memory=seen.host_memory,
        state_bytes=_state_bytes(home),
        busy_before=round(busy, 3),
        others={name: round(part, 3) for name, part in seen.others.items()},
        advice=conditions.advice,
    )


def _state_bytes(home: Path) -> int:
    stacks = home / "stack/state/.pulumi/stacks"
    states = [*stacks.glob("*/*.json"), *stacks.glob("*/*.json.zst"), *home.glob("terraform.tfstate")]
    return sum(state.stat().st_size for state in states)


def _cpu_seconds() -> float:
    """Of all children so far that have ended. The platform has not."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
