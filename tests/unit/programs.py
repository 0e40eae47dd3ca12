"""Pulumi programs under mocks: what a user's own unit test can see of a resource."""

from collections.abc import Awaitable, Callable
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs


class Recorder(pulumi.runtime.Mocks):
    """Plays the engine: every resource comes back as it was sent, with an id made of its name."""

    def __init__(self) -> None:
        self.resources: dict[str, MockResourceArgs] = {}
        self.calls: list[MockCallArgs] = []
        self.answer: dict[str, Any] = {}

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.resources[args.name] = args
        return args.resource_id or f"id-of-{args.name}", dict(args.inputs)

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        self.calls.append(args)
        return self.answer, None

    def inputs(self, name: str) -> dict[str, Any]:
        """Inputs of a resource, without the engine's own."""
        return {key: plain(value) for key, value in self.resources[name].inputs.items() if not key.startswith("__")}


def run(program: Callable[[], Any], *, preview: bool = False) -> Recorder:
    """Run a program; its exceptions are raised here."""
    recorder = Recorder()
    pulumi.runtime.set_mocks(recorder, project="project", stack="stack", preview=preview)

    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]
    return recorder


def value_of(output: Callable[[], "pulumi.Output[Any]"]) -> Any:
    """The value of an output that a program returns."""
    found: list[Any] = []
    run(lambda: output().apply(found.append))
    return found[0]


def is_secret(output: Callable[[], "pulumi.Output[Any]"]) -> bool:
    """Whether an output that a program returns is a secret."""
    found: list[bool] = []

    async def look(secret: Awaitable[bool]) -> None:
        found.append(await secret)

    run(lambda: pulumi.Output.from_input(look(output().is_secret())))
    return found[0]


_SIGNATURE = "4dabf18193072939515e22adb298388d"


def plain(value: Any) -> Any:
    """A value as the mocks see it, without the wrapper of a secret."""
    if isinstance(value, dict):
        return plain(value["value"]) if _SIGNATURE in value else {key: plain(item) for key, item in value.items()}
    return value
