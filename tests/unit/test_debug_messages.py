"""The SDK does not tell the engine of each step of a registration, for resources of this package."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_previsionio as previsionio
import pulumi_previsionio.native
import pytest
from pulumi.runtime import resource, rpc_manager, settings
from pulumi_previsionio._host import debug_messages

from benchmarks import noop_provider
from tests.unit import programs

SDK: tuple[Any, ...] = (resource, rpc_manager)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], list[str]]:
    """What the engine is told by `log.debug` while a program runs, without what it is told of the stack and the end."""
    programs.run(lambda: None)  # The first program of a process registers the stack.

    def run(program: Callable[[], Any]) -> list[str]:
        messages: list[str] = []
        monkeypatch.setattr(pulumi.log, "debug", lambda msg, *_args, **_kwargs: messages.append(msg))
        programs.run(lambda: None)
        usual, messages[:] = Counter(messages), []
        programs.run(program)
        return list((Counter(messages) - usual).elements())

    return run


Told = Callable[[Callable[[], Any]], list[str]]


def ours() -> None:
    connector = previsionio.FTPConnector("files", host="h", username="u", password="correct")
    previsionio.Datasource("file", connector=connector, path="a.csv")
    previsionio.Project.get("found", "5ea1")
    pulumi_previsionio.native.Project("native")


def test_the_steps_of_our_resources_are_not_told(told: Told) -> None:
    assert told(ours) == []


def test_those_of_others_are(told: Told) -> None:
    """Where the SDK leaves them out by itself, `_host.debug_messages` has had its time."""

    def program() -> None:
        ours()
        noop_provider.Connector("other", "correct horse")

    messages = told(program)

    assert len(messages) == 4
    assert all("Noop" in message or "beginning rpc" in message for message in messages)


def test_the_sdks_own_switch_has_them_told(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "excessive_debug_output", True)

    messages = told(ours)

    for step in debug_messages._STEPS:
        assert any(message.startswith(step) for message in messages), step


def test_what_a_program_tells_meanwhile_is_told(told: Told) -> None:
    def own_word(args: pulumi.ResourceTransformationArgs) -> None:
        pulumi.log.debug(f"registering resource: {args.name}")

    assert told(lambda: previsionio.Project("p", opts=pulumi.ResourceOptions(transformations=[own_word]))) == [
        "registering resource: p"
    ]


def test_a_failure_is_told(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare = resource.prepare_resource

    async def prepare_all_but_projects(res: pulumi.Resource, *args: Any, **kwargs: Any) -> Any:
        if isinstance(res, previsionio.Project):
            raise ValueError("cannot be prepared")
        return await prepare(res, *args, **kwargs)  # The stack is registered once in a process, by its first program.

    monkeypatch.setattr(resource, "prepare_resource", prepare_all_but_projects)
    messages: list[str] = []

    def program() -> None:
        monkeypatch.setattr(pulumi.log, "debug", lambda msg, *_args, **_kwargs: messages.append(msg))
        previsionio.Project("p")

    with pytest.raises(ValueError, match="cannot be prepared"):
        programs.run(program)
    assert any("cannot be prepared" in message for message in messages)


def test_an_sdk_that_has_changed_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    own = [module.log for module in SDK]
    monkeypatch.delattr(resource, "log")

    debug_messages.leave_out_steps()

    assert not hasattr(resource, "log")
    assert rpc_manager.log is own[1]  # type: ignore[attr-defined]
    assert own[1].warn is pulumi.log.warn
