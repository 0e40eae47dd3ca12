"""What is measured: series of lives, each kept in a file of its own with the machine and the versions."""

from __future__ import annotations

import dataclasses
import datetime
import importlib.metadata
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks import machine, opentofu
from benchmarks.measure import ADVICE, Conditions, Measured
from benchmarks.programs import NAIVE, NATIVE, NOOP, OPENTOFU, OURS, YAML, Contender, Size

HUNDRED: Final = Size(20)
FIVE_HUNDRED: Final = Size(100)
LATENCIES: Final = (0.0, 0.05, 0.2)
_PACKAGES: Final = ("pulumi-previsionio", "pulumi", "grpcio", "requests", "urllib3", "pydantic")


@dataclass(frozen=True)
class Series:
    """Lives that are compared with each other; they take turns, so that a machine that gets slower is no one's loss."""

    name: str
    lives: tuple[Conditions, ...]
    repeats: int = 1

    def turns(self) -> Iterator[Conditions]:
        """The lives, as often as they are lived; those of contenders that are not on this machine left out."""
        for _ in range(self.repeats):
            yield from (life for life in self.lives if life.contender is not OPENTOFU or opentofu.is_here())


def _at_each_latency(size: Size, latencies: tuple[float, ...], *contenders: Contender) -> tuple[Conditions, ...]:
    lives = [Conditions(NOOP, size)]
    lives += [Conditions(contender, size, latency) for latency in latencies for contender in contenders]
    return tuple(lives)


QUICK: Final = Series(
    "quick",
    tuple(Conditions(contender, Size(2, 2), 0.02, is_spared=True) for contender in (NAIVE, OPENTOFU, OURS, YAML)),
)
"""Whether the benchmark itself works: one contender of each sort."""

SERIES: Final = (
    Series("hundred", _at_each_latency(HUNDRED, LATENCIES, NAIVE, OPENTOFU, OURS, NATIVE, YAML), repeats=3),
    Series(
        "parallel",
        tuple(
            Conditions(contender, HUNDRED, latency, parallel)
            for parallel in (32, 64)
            for contender, latency in ((NOOP, 0.0), (NAIVE, 0.2), (OURS, 0.2), (YAML, 0.2))
        ),
        repeats=3,
    ),
    Series("crowded", (Conditions(OURS, HUNDRED), Conditions(OURS, HUNDRED, foreign=5000)), repeats=3),
    Series("checkpoints", tuple(Conditions(contender, FIVE_HUNDRED) for contender in (NOOP, OURS, NATIVE))),
    Series(
        "advice",
        (
            Conditions(OURS, FIVE_HUNDRED, has_checkpoints=False),
            *(Conditions(OURS, FIVE_HUNDRED, advice=advice) for advice in ADVICE),
            Conditions(YAML, FIVE_HUNDRED),
        ),
    ),
    Series(
        "thousand", tuple(Conditions(contender, Size(200), has_checkpoints=False) for contender in (NOOP, OURS, NATIVE))
    ),
    Series("thousands", tuple(Conditions(contender, Size(1000), has_checkpoints=False) for contender in (NOOP, OURS))),
)


@dataclass(frozen=True)
class Results:
    """A series' runs, and where they ran."""

    series: str
    date: str
    machine: dict[str, Any]
    versions: dict[str, str]
    runs: list[Measured] = field(repr=False)

    @classmethod
    def of_this_machine(cls, series: str, runs: list[Measured], engine: Path) -> Results:
        """What has just been measured."""
        versions = {name: importlib.metadata.version(name) for name in _PACKAGES}
        versions |= {"Pulumi": _output(str(engine / "pulumi"), "version")}
        if opentofu.is_here():
            versions |= {"OpenTofu": opentofu.version()}
        return cls(series, datetime.date.today().isoformat(), machine.facts(), versions, runs)

    def write(self, folder: Path) -> None:
        """Into a file with the series' name; a run a line, so that differences can be read."""
        content = dataclasses.asdict(self)
        runs = ",\n".join(f"  {json.dumps(run)}" for run in content.pop("runs"))
        head = json.dumps(content, indent=1, ensure_ascii=False).removesuffix("\n}")
        (folder / f"{self.series}.json").write_text(f'{head},\n "runs": [\n{runs}\n ]\n}}\n')

    @classmethod
    def read(cls, file: Path) -> Results:
        """What `write` wrote."""
        content = json.loads(file.read_text())
        return cls(**{**content, "runs": [Measured(**run) for run in content["runs"]]})


def _output(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
