"""What an update plan of the engine says: every resource of the program with its checked inputs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Final

UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How the engine writes a value that it does not know yet (`plugin.UnknownStringValue` in its Go SDK)."""

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105
"""How the engine marks a secret (pulumi: sdk/go/common/resource/sig)."""

_STACK: Final = "pulumi:pulumi:Stack"
PROVIDER: Final = "pulumi:providers:pulumi-python"
"""The type of the provider of all dynamic resources; instances of one's own are explicit providers."""

_UNCHANGED: Final = frozenset({"same", "read", "refresh"})


@dataclasses.dataclass(frozen=True)
class Declared:
    """A resource that the program declares."""

    urn: str
    type: str
    name: str
    custom: bool
    steps: tuple[str, ...]
    parent: str
    provider: str
    inputs: Mapping[str, Any]
    """For a resource that would be created: its inputs after `check`, as the engine writes them in JSON."""
    state: Mapping[str, Any]
    dependencies: Mapping[str, tuple[str, ...]]
    """Input → the resources that its value comes from."""
    secret_outputs: tuple[str, ...]

    @property
    def is_new(self) -> bool:
        return self.steps == ("create",)

    @property
    def is_builtin(self) -> bool:
        """Whether the engine makes it by itself, as the first import or update does."""
        return self.type == _STACK or (self.type.startswith("pulumi:providers:") and _is_default(self.name))

    @property
    def explicit_provider(self) -> str | None:
        """The URN of its provider, if that is one of the program's own."""
        urn = self.provider.rpartition("::")[0]
        return None if not urn or _is_default(urn.rpartition("::")[2]) else urn


def name_of(urn: str) -> str:
    """The name of the resource of a URN: all behind its stack, project and type."""
    return urn.split("::", 3)[3]


@dataclasses.dataclass(frozen=True)
class Change:
    """Something that `pulumi up` would do."""

    op: str
    urn: str
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        keys = f": {', '.join(self.keys)}" if self.keys else ""
        return f"{self.op} {self.type} {self.name!r}{keys}"

    @property
    def type(self) -> str:
        return self.urn.split("::")[2].rpartition("$")[2].rpartition(":")[2]

    @property
    def name(self) -> str:
        return name_of(self.urn)


@dataclasses.dataclass(frozen=True)
class UpdatePlan:
    """All resources by URN, and what would happen to those that the program no longer declares."""

    declared: Mapping[str, Declared]
    dropped: tuple[Change, ...] = ()

    def is_same(self, urn: str) -> bool:
        """Whether the resource stays as it is, so that everything of it is known."""
        return urn in self.declared and self.declared[urn].steps[:1] == ("same",)

    def changes(self) -> list[Change]:
        """What would be done, apart from what the engine does by itself."""
        made = [
            Change(step, resource.urn)
            for resource in self.declared.values()
            for step in resource.steps[:1]
            if step not in _UNCHANGED and not (resource.is_builtin and resource.is_new)
        ]
        return [*made, *self.dropped]


def parse(content: Mapping[str, Any]) -> UpdatePlan:
    """The file that `pulumi preview --save-plan` writes."""
    declared, dropped = {}, []
    for urn, entry in content["resourcePlans"].items():
        steps = tuple(entry.get("steps") or ())
        if goal := entry.get("goal"):
            declared[urn] = _declared(urn, steps, goal, entry.get("state") or {})
        else:
            dropped += [Change(step, urn) for step in steps if step not in _UNCHANGED]
    return UpdatePlan(declared, tuple(dropped))


def _declared(urn: str, steps: tuple[str, ...], goal: Mapping[str, Any], state: Mapping[str, Any]) -> Declared:
    dependencies = goal.get("propertyDependencies") or {}
    return Declared(
        urn=urn,
        type=goal["type"],
        name=goal["name"],
        custom=goal["custom"],
        steps=steps,
        parent=goal.get("parent", ""),
        provider=goal.get("provider", ""),
        inputs=(goal.get("inputDiff") or {}).get("adds") or {},
        state=state,
        dependencies={key: tuple(urns or ()) for key, urns in dependencies.items()},
        secret_outputs=tuple(goal.get("additionalSecretOutputs") or ()),
    )


def changes_of(preview: Mapping[str, Any]) -> list[Change]:
    """The changes in what `pulumi preview --json` prints."""
    return [
        Change(step["op"], step["urn"], tuple(step.get("diffReasons") or ()))
        for step in preview.get("steps", ())
        if step["op"] not in _UNCHANGED
    ]


def is_secret(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get(_SIGNATURE) == _SECRET


def revealed(value: Any) -> Any:
    """The value of a secret that is written in the clear; anything else as it is."""
    if is_secret(value) and "plaintext" in value:
        return json.loads(value["plaintext"])
    return value


def hidden(value: Any) -> Any:
    """A value as the engine takes secrets from files."""
    return value if is_secret(value) else {_SIGNATURE: _SECRET, "plaintext": json.dumps(value)}


def contains_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(contains_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(contains_unknown(item) for item in value)
    return bool(value == UNKNOWN)


def _is_default(name: str) -> bool:
    return name == "default" or name.startswith("default_")
