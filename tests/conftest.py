"""For all tests: the fixtures of the servers, children that hear signals, and what was counted."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests import signals

pytest_plugins = ["tests.servers.fixtures"]


def pytest_configure() -> None:
    signals.let_children_hear()


@pytest.fixture
def count(request: pytest.FixtureRequest) -> Callable[[str, int], None]:
    """Adds to what is told at the end: what was counted, and how many."""

    def add(what: str, number: int) -> None:
        request.node.user_properties.append((what, number))

    return add


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell how many cases the generated tests of sources had."""
    counts: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        if report.when == "call" and "tests/sources/" in report.nodeid:
            counts.update(dict(report.user_properties))
    if counts:
        told = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
        terminalreporter.write_line(f"sources: {told}")
