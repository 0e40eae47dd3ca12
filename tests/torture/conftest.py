"""Fixtures of the torture, and its counts at the end of a run."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.conftest import engine  # noqa: F401
from tests.torture.size import FULL, SEED


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
                counts.update({name: number for name, number in report.user_properties if isinstance(number, int)})
    if counts:
        failures = len(terminalreporter.getreports("failed"))
        told = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
        terminalreporter.write_line(f"torture: {told}; failures {failures}; seed {SEED}{'' if FULL else ' (a cut)'}")
