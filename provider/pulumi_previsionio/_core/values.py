"""The values of inputs between the engine and the wire.

`from_engine` and `to_engine` are the doors to Pulumi, `to_wire` and `live_values` those to the platform. What a value
becomes at each is the business of its field's type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .._errors import InputError
from .kind import Field, Kind

Values = dict[str, Any]
"""Inputs of one resource by name: text, numbers, flags, `Secret`, `SecretReference` or `UNKNOWN`; never None."""


class _Marker:
    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


UNKNOWN: Final = _Marker("UNKNOWN")
"""A value that a preview cannot know yet."""

UNTOLD: Final = _Marker("UNTOLD")
"""A secret of an object that was imported: the platform never tells it, and no program has told it yet."""


def is_marker(value: object) -> bool:
    """Whether it stands for a value that is not there."""
    return value is UNKNOWN or value is UNTOLD


def from_engine(kind: Kind, properties: Mapping[str, Any]) -> Values:
    """Properties as the engine holds them → values; the engine's own keys and empty optional ones are left out.

    Keys that are no inputs of this kind stay, for validation to complain about.
    """
    types = kind.types
    required = kind.required
    return {
        name: value if is_marker(value) or name not in types else types[name].from_engine(value)
        for name, value in properties.items()
        if value is not None
        and not name.startswith("__")
        and not (value == "" and name in types and name not in required)
    }


def to_engine(kind: Kind, values: Values) -> dict[str, Any]:
    """Values → properties for the engine, which marks the secret ones again by their names."""
    fields = kind.by_name
    return {
        name: value if is_marker(value) or name not in fields else fields[name].type.to_engine(value)
        for name, value in values.items()
    }


def to_wire(kind: Kind, values: Values) -> dict[str, Any]:
    """The body that makes or updates an object; the one place where secrets are revealed to the platform.

    The project is no part of it: the path names it.

    Raises:
        InputError: a secret's reference leads to no value.
    """
    body: dict[str, Any] = dict(kind.constants)
    for field in kind.wire_fields:
        if field.name == "project_id" or field.wire is None:
            continue
        if field.name in values:
            body[field.wire] = _wire_value(kind, field, values)
        elif field.is_sent_unused:
            body[field.wire] = None
    return body


def _wire_value(kind: Kind, field: Field, values: Values) -> Any:
    try:
        return field.type.to_wire(values[field.name])
    except ValueError as error:
        raise InputError(kind.label(values), [f"{field.name}: {error}"]) from None


def live_values(kind: Kind, item: Mapping[str, Any]) -> Values:
    """All that the platform's object tells of the inputs."""
    values = {field.name: field.from_wire(item) for field in kind.shown_fields}
    return {name: value for name, value in values.items() if value is not None}


def live_outputs(kind: Kind, item: Mapping[str, Any]) -> Values:
    """All that the platform's object tells beside the inputs."""
    values = {output.name: output.from_wire(item) for output in kind.outputs}
    return {name: value for name, value in values.items() if value is not None}


def inputs_of(kind: Kind, values: Values) -> Values:
    """The values without those that only the platform tells."""
    told = {output.name for output in kind.outputs}
    return {name: value for name, value in values.items() if name not in told}


def outputs_of(kind: Kind, values: Values) -> Values:
    """Of the values those that only the platform tells."""
    return {output.name: values[output.name] for output in kind.outputs if output.name in values}
