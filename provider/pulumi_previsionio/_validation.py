"""Validation of inputs: pydantic validators made from the kinds' entries.

Only the provider's host process loads this module, and it does so once in each preview and update. So the validators
are put together from pydantic's own core: its model classes alone take as long to import as everything else here.
"""

from __future__ import annotations

import functools
import ipaddress
from typing import Any

from pydantic_core import SchemaValidator, ValidationError
from pydantic_core import core_schema as schema

from ._kinds import DATASOURCE, Kind, Type, shape_problems
from ._values import UNKNOWN, Secret, SecretReference, Values, canonical_credentials


def validate(kind: Kind, values: Values) -> tuple[Values, list[str]]:
    """Coerce, default and check inputs.

    Returns the clean values, unknown ones kept as they are, and every problem found, each starting with the name of
    its input. No problem text holds the value of a secret.
    """
    unknown = {name: value for name, value in values.items() if value is UNKNOWN}
    known = {name: value for name, value in values.items() if value is not UNKNOWN}
    problems = shape_problems(values, connector=None) if kind is DATASOURCE else []
    try:
        checked = _validator(kind, frozenset(unknown)).validate_python(known)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        return values, [*(_problem(detail) for detail in details), *problems]
    clean: Values = {name: value for name, value in checked.items() if value is not None and name not in unknown}
    return {**clean, **unknown}, problems


@functools.cache
def _validator(kind: Kind, optional: frozenset[str]) -> SchemaValidator:
    fields = {}
    for field in kind.fields:
        is_required = field.required and field.name not in optional
        checker = _TYPES[field.type]
        if not is_required:
            checker = schema.with_default_schema(schema.nullable_schema(checker), default=field.default)
        fields[field.name] = schema.typed_dict_field(checker, required=is_required)
    whole = schema.typed_dict_schema(fields, extra_behavior="forbid")
    return SchemaValidator(whole, schema.CoreConfig(hide_input_in_errors=True))


_WORDS = {
    "missing": "is required",
    "extra_forbidden": "is not an input of this resource",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
}


def _problem(detail: Any) -> str:
    message = str(detail["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
    return f"{detail['loc'][0]}: {_WORDS.get(detail['type'], message)}"


# One checker for each type of input


def _host(value: str) -> str:
    if "://" in value or "/" in value:
        raise ValueError("must be a host name or IP address alone, without scheme or path")
    if "@" in value or any(char.isspace() for char in value):
        raise ValueError("must be a host name or IP address alone, without user name or spaces")
    if ":" in value:
        try:
            ipaddress.IPv6Address(value.strip("[]"))
        except ValueError:
            raise ValueError("must be a host name or IP address alone; its port goes into `port`") from None
    return value


def _port(value: Any) -> int:
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65535:
        raise ValueError("must be a whole number from 1 to 65535")
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise ValueError("must be a number of seconds, more than 0")
    return value


def _color(value: str) -> str:
    if len(value) != 7 or value[0] != "#" or any(char not in "0123456789abcdef" for char in value[1:].lower()):
        raise ValueError("must be a color as #RRGGBB")
    return value.lower()


_UNDECRYPTED = (
    "must be text. An empty object in its place is what a stack reference gives when the other stack's secrets cannot "
    "be decrypted: is its passphrase or secrets provider the same?"
)


def _secret(value: Any) -> Secret | SecretReference:
    if isinstance(value, SecretReference):
        return value
    if not isinstance(value, Secret):
        raise ValueError(_UNDECRYPTED if value == {} else "must be text")
    if not value.reveal():
        raise ValueError("must not be empty")
    return value


def _credentials(value: Any) -> Secret | SecretReference:
    if isinstance(value, SecretReference):
        return value
    if value == {}:
        raise ValueError(_UNDECRYPTED)
    return Secret(canonical_credentials(value.reveal() if isinstance(value, Secret) else value))


_text = schema.str_schema(min_length=1)
_any = schema.any_schema()
_after = schema.no_info_after_validator_function
_TYPES: dict[Type, schema.CoreSchema] = {
    Type.TEXT: _text,
    Type.HOST: _after(_host, _text),
    Type.PORT: _after(_port, _any),
    Type.SECRET: _after(_secret, _any),
    Type.CREDENTIALS: _after(_credentials, _any),
    Type.COLOR: _after(_color, _text),
    Type.SECONDS: _after(_seconds, _any),
    Type.FLAG: schema.bool_schema(),
    Type.VALUES: schema.list_schema(_any),
}
