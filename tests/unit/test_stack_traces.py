"""With a resource of this package the engine is told where the program makes it, and with others what it was before."""

from pathlib import Path
from typing import Any

import pulumi_previsionio as previsionio
import pulumi_previsionio.native
import pytest
from pulumi.runtime import mocks, resource
from pulumi_previsionio._host.stack_traces import tell_of_the_program_only

from benchmarks import noop_provider
from tests.unit import programs

SDK: Any = resource
HERE = Path(__file__)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[tuple[str, int]]]:
    """By resource, the frames that the engine is told: file and line."""
    frames = {}
    register: Any = mocks.MockMonitor.RegisterResource

    def note(self: Any, request: Any) -> Any:
        frames[request.name] = [(frame.pc.uri, frame.pc.line) for frame in request.stackTrace.frames]
        return register(self, request)

    monkeypatch.setattr(mocks.MockMonitor, "RegisterResource", note)
    return frames


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(HERE.read_text().splitlines(), 1) if text in line)


def project(name: str) -> None:
    previsionio.Project(name)  # the dynamic one


class Own(previsionio.Project):
    """A class of the user's."""

    def __init__(self, name: str) -> None:
        super().__init__(name)  # the user's own one


def test_it_is_told_where_the_program_makes_it(told: dict[str, list[tuple[str, int]]]) -> None:
    def program() -> None:
        project("dynamic")  # called by the program
        pulumi_previsionio.native.Project("native")  # the plugin's
        Own("own")
        connector = previsionio.FTPConnector("files", host="h", username="u", password="correct")
        previsionio.Datasource("file", connector=connector, path="a.csv")  # of a connector

    programs.run(program)

    assert told["dynamic"][:2] == [
        (HERE.as_uri(), line_of("# the dynamic one")),
        (HERE.as_uri(), line_of("# called by the program")),
    ]
    assert told["native"][0] == (HERE.as_uri(), line_of("# the plugin's"))
    assert told["own"][0] == (HERE.as_uri(), line_of("# the user's own one"))
    assert told["file"][0] == (HERE.as_uri(), line_of("# of a connector"))
    for name in ("dynamic", "native", "own", "files", "file"):
        assert not [uri for uri, _ in told[name] if "/asyncio/" in uri or "/pulumi/" in uri], name


def test_nothing_changes_for_resources_of_others(told: dict[str, list[tuple[str, int]]]) -> None:
    def program() -> None:
        noop_provider.Connector("other", "correct horse")

    programs.run(program)

    assert any("/asyncio/" in uri for uri, _ in told["other"])


def test_an_sdk_that_has_changed_sends_what_it_sends(
    told: dict[str, list[tuple[str, int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    find = SDK._get_stack_trace.__wrapped__

    def fails(_: Any) -> None:
        raise TypeError("takes no frame any more")

    # As if it had been so when the package was imported; what the SDK itself does still works.
    monkeypatch.setattr(SDK, "_get_stack_trace", find)
    own = SDK._get_source_position_for_frame
    monkeypatch.setattr(SDK, "_get_source_position_for_frame", fails)
    tell_of_the_program_only()
    monkeypatch.setattr(SDK, "_get_source_position_for_frame", own)

    programs.run(lambda: previsionio.Project("made"))

    assert any("/asyncio/" in uri for uri, _ in told["made"])


@pytest.mark.parametrize("missing", ["_get_stack_trace", "_get_source_position_for_frame"])
def test_an_sdk_without_what_is_replaced_is_left_as_it_is(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = SDK._get_stack_trace.__wrapped__
    monkeypatch.setattr(SDK, "_get_stack_trace", before)
    monkeypatch.delattr(SDK, missing)

    tell_of_the_program_only()

    assert getattr(SDK, "_get_stack_trace", before) is before


def test_it_is_done_once() -> None:
    before = SDK._get_stack_trace
    tell_of_the_program_only()
    assert SDK._get_stack_trace is before
