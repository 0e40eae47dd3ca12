"""Errors where the provider host would print a traceback."""

import sys
import traceback
import types
from collections.abc import Callable
from pathlib import Path

import pulumi.dynamic
import pytest
from pulumi_previsionio import PrevisionError, Refused
from pulumi_previsionio._host import one_line_errors


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """The main module of a provider host, `pulumi.dynamic.__main__`, which formats with its own name `traceback`."""
    module = types.ModuleType("__main__")
    module.traceback = traceback  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "__main__", module)
    return module


def printed(host: types.ModuleType, error: Exception) -> str:
    format_exc: Callable[[], str] = host.traceback.format_exc

    def fail() -> None:
        raise error

    try:
        fail()
    except Exception:  # noqa: BLE001
        return format_exc()
    return ""


@pytest.mark.parametrize("times", [1, 2])
def test_our_errors_are_one_line_and_all_others_are_as_they_were(host: types.ModuleType, times: int) -> None:
    for _ in range(times):
        one_line_errors.show_errors_as_one_line()

    assert printed(host, PrevisionError("one line")) == "one line"
    assert printed(host, Refused("no (400)", status=400, reason="no")) == "no (400)"
    assert printed(host, ValueError("of somebody else")).startswith("Traceback (most recent call last):\n")
    assert printed(host, ValueError("of somebody else")).endswith("\nValueError: of somebody else\n")


def test_other_modules_keep_their_tracebacks(host: types.ModuleType) -> None:
    before = traceback.format_exc

    one_line_errors.show_errors_as_one_line()

    assert traceback.format_exc is before


@pytest.mark.parametrize("other", [None, types.SimpleNamespace(format_exc=lambda: "x"), "missing"])
def test_a_host_that_looks_different_is_left_alone(host: types.ModuleType, other: object) -> None:
    if other == "missing":
        del host.traceback
    else:
        host.traceback = other  # type: ignore[attr-defined]
    before = dict(vars(host))

    one_line_errors.show_errors_as_one_line()

    assert vars(host) == before


def test_the_host_of_the_installed_pulumi_is_one_that_it_fits() -> None:
    """When this fails, a new SDK prints its errors another way: look at `pulumi/dynamic/__main__.py`."""
    text = Path(pulumi.dynamic.__path__[0], "__main__.py").read_text(encoding="utf-8")

    assert "\nimport traceback\n" in text
    assert "traceback.format_exc()" in text
