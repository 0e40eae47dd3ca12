"""Fixtures of the torture, and its counts at the end of a run."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine import pulumi_cli
from tests.engine.conftest import engine  # noqa: F401
from tests.torture.size import FULL, SEED, sized

pulumi_cli.TIMEOUT = float(sized(120, 900))
"""Seconds for one run of the engine; a hundred resources on a busy machine take their time."""


@pytest.fixture
def count(request: pytest.FixtureRequest) -> Callable[[str, int], None]:
    """Adds to what is told at the end: what was counted, and how many."""

    def add(what: str, number: int) -> None:
        request.node.user_properties.append((what, number))

    return add


def pytest_terminal_summary(terminalreporter: Any) -> None:
    counts: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            if report.when == "call" and "torture" in report.nodeid:
                for name, number in report.user_properties:
                    if isinstance(number, int):
                        counts[name] += number
    if counts:
        failed = sum(len(terminalreporter.getreports(outcome)) for outcome in ("failed", "error"))
        terminalreporter.section(f"torture{'' if FULL else ', a cut'}; SEED={SEED}")
        for what, number in [*sorted(counts.items()), ("failures", failed)]:
            terminalreporter.write_line(f"{number:>9,} {what}")
