"""The same faults on the real engine: many resources in one stack, many broken calls in each command."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.pulumi_cli import Run, Stack
from tests.secret_search import leaked
from tests.torture import cells, examples, matrix
from tests.torture.examples import EXAMPLES, SECRET
from tests.torture.faults import faults
from tests.torture.http_proxy import Fault, HttpProxy, Request
from tests.torture.size import FULL, chance, sized
from tests.torture.test_matrix import CUT
from tests.unit.fake_platform import FakePlatform

PROGRAM = """
import json, pathlib
import pulumi_previsionio as previsionio

for name, cls, inputs in json.loads(pathlib.Path("resources.json").read_text()):
    getattr(previsionio, cls)(name, **inputs)
"""
COPIES = sized(1, 3)
"""Resources of each kind."""


@pytest.fixture
def fake() -> Iterator[FakePlatform]:
    with FakePlatform() as fake:
        fake.objects, fake.page = cells.surroundings(), 5
        yield fake


def test_faults_on_the_engine(
    engine: Path, tmp_path: Path, fake: FakePlatform, count: Callable[[str, int], None]
) -> None:
    dice = chance("engine")
    before = {id_: dict(item) for items in fake.objects.values() for id_, item in items.items()}
    with HttpProxy(fake.url) as proxy:
        stack = Stack(tmp_path / "stack", engine)
        stack.environment |= {
            "PREVISION_URL": proxy.url,
            "PREVISION_MASTER_TOKEN": f"{cells.TOKEN}-engine",
            "PREVISION_PROJECT_ID": examples.PROJECT,
            "PYTHONPATH": str(matrix.FAST_CLOCK),
        }
        fake.token = f"{cells.TOKEN}-engine"
        stack.program(PROGRAM)
        commands = 0
        for number in range(sized(1, 8)):
            fake.update = number % 2 == 0
            for version in (*examples.VERSIONS, None) if FULL else ("inputs", None):
                _write(stack, version)
                runs = [_broken(stack, proxy, dice, version)]
                if version != "inputs":
                    runs.append(_broken(stack, proxy, dice, "refresh"))
                runs.append(stack.up() if version else stack.destroy())
                commands += len(runs)
                _holds(stack, fake, before, runs, version)
        count("commands on the engine", commands)


def _write(stack: Stack, version: str | None) -> None:
    resources = [
        (f"{name}{copy}", name, examples.arguments(name, version))
        for name in EXAMPLES
        for copy in range(COPIES)
        if version
    ]
    (stack.folder / "resources.json").write_text(json.dumps(resources))


def _broken(stack: Stack, proxy: HttpProxy, dice: random.Random, what: str | None) -> Run:
    """A command, about every tenth of whose calls goes wrong; however it ends."""
    names = sorted(faults()) if FULL else CUT

    def choose(_number: int, _request: Request) -> Fault | None:
        return faults()[dice.choice(names)] if dice.random() < 0.1 else None

    proxy.break_some(choose)
    try:
        if what == "refresh":
            return stack.refresh(expect_failure=None)
        return stack.up(preview=True, expect_failure=None) if what else stack.destroy(expect_failure=None)
    finally:
        proxy.mend()


def _holds(stack: Stack, fake: FakePlatform, before: dict[str, Any], runs: list[Run], version: str | None) -> None:
    said = "\n".join(run.everything for run in runs)
    assert leaked([SECRET, cells.TOKEN], said) == [], said
    assert "in a way it should not" not in said
    for error in (error for run in runs for error in run.errors):
        assert "Traceback" not in error
    live = {id_: item for items in fake.objects.values() for id_, item in items.items()}
    assert {id_: live.get(id_) for id_ in before} == before
    held = {resource["id"] for resource in stack.resources().values()}
    assert held <= set(live)
    if version:
        assert stack.preview().changes == {}
    for id_ in set(live) - held - set(before):
        assert id_ in said or f"'{live[id_]['name']}'" in said, f"leaves {live[id_]}: {said}"
        for items in fake.objects.values():
            items.pop(id_, None)
