"""Properties between the engine's wire and Python: secrets and values that are not known yet are wrapped there.

The protocol's `Struct` has JSON's values only; the engine marks a secret by an object with a signature of its own, and
a value that a preview cannot know by a text (pulumi `sdk/go/common/resource/plugin/rpc.go`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from google.protobuf.struct_pb2 import Struct, Value

from .._core.names import camel, snake
from .._core.values import UNKNOWN, UNTOLD

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWN_TEXTS: Final = frozenset(
    {
        UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # of a flag
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # of a number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # of a list
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # of an object
    }
)


@dataclasses.dataclass(frozen=True)
class Properties:
    """What the engine has sent.

    `values` are plain, by the core's names; a value that is unknown in any part is `UNKNOWN` as a whole. `secrets` are
    the names of those that came as secrets, `wire` holds all of them as they came.
    """

    values: Mapping[str, Any]
    secrets: frozenset[str]
    wire: Mapping[str, Value]

    def texts(self) -> list[str]:
        """Every text in what came as a secret."""
        return [text for name in self.secrets for text in _texts(self.values[name])]


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def decode(struct: Struct) -> Properties:
    """Properties as they come from the engine."""
    wire = {snake(key): value for key, value in struct.fields.items()}
    read = {name: _Reader(value) for name, value in wire.items()}
    return Properties(
        values={name: UNKNOWN if reader.has_unknown else reader.value for name, reader in read.items()},
        secrets=frozenset(name for name, reader in read.items() if reader.has_secret),
        wire=wire,
    )


class _Reader:
    """One property, unwrapped, and what was wrapped in any part of it."""

    def __init__(self, value: Value) -> None:
        self.has_unknown = False
        self.has_secret = False
        self.value = self._read(value)

    def _read(self, value: Value) -> Any:
        kind = value.WhichOneof("kind")
        if kind == "struct_value":
            return self._read_object(value.struct_value.fields)
        if kind == "list_value":
            return [self._read(item) for item in value.list_value.values]
        if kind == "null_value" or kind is None:
            return None
        plain = getattr(value, kind)
        if plain in _UNKNOWN_TEXTS:
            self.has_unknown = True
            return UNKNOWN
        return plain

    def _read_object(self, fields: Mapping[str, Value]) -> Any:
        signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else None
        if signature not in (_SECRET, _OUTPUT):
            return {key: self._read(item) for key, item in fields.items()}
        if signature == _SECRET or ("secret" in fields and fields["secret"].bool_value):
            self.has_secret = True
        if "value" in fields:
            return self._read(fields["value"])
        self.has_unknown = True
        return UNKNOWN


def encode(values: Mapping[str, Any], secrets: Collection[str] = (), wire: Mapping[str, Value] | None = None) -> Struct:
    """Properties as the engine gets them: those of `secrets` wrapped, unknown ones as they came in `wire`.

    What nobody knows yet is left out: an unknown value that did not come from the engine, and a secret that nobody has
    told.
    """
    struct = Struct()
    for name, value in values.items():
        if value is UNTOLD:
            continue
        if value is UNKNOWN:
            if wire and name in wire:
                struct.fields[camel(name)].CopyFrom(wire[name])
            continue
        _write(struct.fields[camel(name)], value, is_secret=name in secrets)
    return struct


def _write(target: Value, value: Any, *, is_secret: bool = False) -> None:
    if is_secret:
        target.struct_value.fields[_SIGNATURE].string_value = _SECRET
        _write(target.struct_value.fields["value"], value)
    elif value is None:
        target.null_value = 0
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, Mapping):
        target.struct_value.SetInParent()
        for key, item in value.items():
            _write(target.struct_value.fields[key], item)
    else:
        target.list_value.SetInParent()
        for item in value:
            _write(target.list_value.values.add(), item)
