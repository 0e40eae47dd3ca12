"""The values of inputs between the engine and the wire: secrets, references to secrets, and what is not known yet.

A secret is a type of its own from the moment it comes in until it is put on the wire (`Secret`), so that it cannot
be formatted, logged or compared by accident. `load` and `dump` are the two doors.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import json
import os
import pathlib
import secrets
from collections.abc import Mapping
from typing import Any, Final

from ._errors import InputError
from ._kinds import PROJECT, Field, Kind, Type

Values = dict[str, Any]
"""Inputs of one resource by name: text, numbers, flags, `Secret`, `SecretReference` or `UNKNOWN`; never None."""


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""A value that a preview cannot know yet."""


class Secret:
    """A secret value. Its text is had by `reveal()` only."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "Secret(********)"

    __str__ = __repr__


@dataclasses.dataclass(frozen=True)
class SecretReference:
    """Where a secret is read when it is sent: an environment variable or a file, on the machine that runs the engine.

    The stack's state holds the reference and `digest`, a salted scrypt hash of the value, never the value.
    """

    source: str
    name: str
    digest: str | None = None

    def as_property(self) -> dict[str, str]:
        return {self.source: self.name, **({"digest": self.digest} if self.digest else {})}

    def read(self) -> Secret:
        """Read the value now; raises `ValueError` with the reason when it cannot be had."""
        if self.source == "from_env":
            text = os.environ.get(self.name)
            if not text:
                raise ValueError(f"the environment variable {self.name} is not set")
            if not _is_unicode(text):
                raise ValueError(f"the environment variable {self.name} is not UTF-8 text")
            return Secret(text)
        try:
            text = pathlib.Path(self.name).expanduser().read_text(encoding="utf-8")
        except OSError as error:
            raise ValueError(f"the file {self.name} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ValueError(f"the file {self.name} is not UTF-8 text") from None
        except (RuntimeError, ValueError) as error:  # no such home folder; a null byte in the name
            raise ValueError(f"the file {self.name} cannot be read: {error}") from None
        if not text.strip():
            raise ValueError(f"the file {self.name} is empty")
        return Secret(text.removesuffix("\n").removesuffix("\r"))

    def with_digest(self, before: object) -> SecretReference:
        """This reference with the digest of today's value: the one of `before` when the value is still the same."""
        value = self.read()
        if isinstance(before, SecretReference) and before.digest and _digest_matches(value, before.digest):
            return dataclasses.replace(self, digest=before.digest)
        salt = secrets.token_hex(16)
        return dataclasses.replace(self, digest=f"{salt}${_scrypt(value, salt)}")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def same_secret(old: Any, new: Any) -> bool:
    """Whether two secrets have the same value, however they are given; False when that cannot be told."""
    if isinstance(old, SecretReference) and isinstance(new, SecretReference):
        return old.digest is not None and (old.digest == new.digest or _holds(new, old.digest))
    if isinstance(old, SecretReference):
        return isinstance(new, Secret) and old.digest is not None and _digest_matches(new, old.digest)
    if isinstance(new, SecretReference):
        return isinstance(old, Secret) and new.digest is not None and _digest_matches(old, new.digest)
    return bool(old == new)


def _holds(reference: SecretReference, digest: str) -> bool:
    try:
        return _digest_matches(reference.read(), digest)
    except ValueError:
        return False


def _digest_matches(value: Secret, digest: str) -> bool:
    salt, _, expected = digest.partition("$")
    return hmac.compare_digest(_scrypt(value, salt), expected)


def _scrypt(value: Secret, salt: str) -> str:
    return hashlib.scrypt(value.reveal().encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=32).hex()


def reference_of(value: Any) -> SecretReference | None:
    """The reference that a property holds, if it is one."""
    if isinstance(value, Mapping):
        for source in ("from_env", "from_file"):
            if isinstance(value.get(source), str) and set(value) <= {source, "digest"}:
                return SecretReference(source, value[source], value.get("digest"))
    return None


# Service-account keys


def canonical_credentials(value: Any) -> str:
    """A service-account key as compact JSON with sorted keys, however it was written.

    Accepts a dict, its JSON text, or base64 of that text; raises `ValueError` otherwise.
    """
    if isinstance(value, str):
        parsed = _parse_json(value)
        value = _parse_json(_unbase64(value)) if parsed is None else parsed
    if not isinstance(value, dict) or reference_of(value):
        raise ValueError("must be a service-account key: a dict, its JSON text, or base64 of that text")
    missing = [key for key in ("client_email", "private_key") if not value.get(key)]
    if missing:
        raise ValueError(f"is not a whole service-account key: no {' and no '.join(missing)}")
    return json.dumps(_whole_numbers(value), sort_keys=True, separators=(",", ":"))


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _unbase64(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except ValueError:
        return ""


# The doors


def load(kind: Kind, properties: Mapping[str, Any]) -> Values:
    """Properties as the engine holds them → values; the engine's own keys and empty optional ones are left out.

    Keys that are no inputs of this kind stay, for validation to complain about.
    """
    fields = {field.name: field for field in kind.fields}
    return {
        name: _load(fields[name], value) if name in fields else value
        for name, value in properties.items()
        if value is not None
        and not name.startswith("__")
        and not (value == "" and name in fields and not fields[name].required)
    }


def _load(field: Field, value: Any) -> Any:
    if value is UNKNOWN:
        return value
    if field.secret:
        return reference_of(value) or (Secret(value) if isinstance(value, str) else value)
    return _whole_numbers(value)


def _whole_numbers(value: Any) -> Any:
    """The engine turns every number into a float; whole ones are made integers again, also inside."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole_numbers(item) for item in value]
    if isinstance(value, dict):
        return {key: _whole_numbers(item) for key, item in value.items()}
    return value


def dump(values: Values) -> dict[str, Any]:
    """Values → properties for the engine, which marks the secret ones again by their names."""
    return {name: _dump(value) for name, value in values.items()}


def _dump(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, SecretReference):
        return value.as_property()
    return value


def to_wire(kind: Kind, values: Values, resource: str) -> dict[str, Any]:
    """The body that makes or updates an object; the one place where secrets are revealed."""
    body: dict[str, Any] = dict(kind.constants)
    for field in kind.wire_fields:
        if field.wire and field.name in values and field is not PROJECT:
            body[field.wire] = _wire_value(field, values[field.name], resource)
    return body


def _wire_value(field: Field, value: Any, resource: str) -> Any:
    try:
        if isinstance(value, SecretReference):
            value = value.read()
        if field.type is Type.CREDENTIALS:
            return json.loads(canonical_credentials(value.reveal()))
    except ValueError as error:
        raise InputError(resource, [f"{field.name}: {error}"]) from None
    return value.reveal() if isinstance(value, Secret) else value


def from_wire(field: Field, item: Mapping[str, Any]) -> Any:
    """The live value of a field, or None: the platform uses a missing key, null and "" for the same thing."""
    value = item.get(field.wire or "")
    if value is None and field.wire == "g_cloud":
        value = item.get("gCloud")
    if value is None or value == "":
        return None
    if field.type is Type.PORT and isinstance(value, str) and value.isdigit():
        return int(value)
    if field.type is Type.COLOR and isinstance(value, str):
        return value.lower()
    return _whole_numbers(value)
