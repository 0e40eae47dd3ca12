"""Validation of inputs: pydantic validators made from the kinds' fields.

Only the provider's host process and the command load this module, and they do so once. The validators are put together
from pydantic's own core, which pydantic brings: its model classes take 250 ms to import beside the 14 ms of the core.
"""

from __future__ import annotations

import functools
from typing import Any, Final

from pydantic_core import SchemaValidator, ValidationError
from pydantic_core import core_schema as schema

from .field_types import Base, FieldType
from .kind import Kind
from .values import Values, is_marker


def validate(kind: Kind, values: Values) -> tuple[Values, list[str]]:
    """Coerce, default and check each input.

    Returns the clean values, those that are not there yet kept as they are, and every problem found, each starting
    with the name of its input. No problem text holds the value of a secret.
    """
    unknown = {name: value for name, value in values.items() if is_marker(value)}
    known = {name: value for name, value in values.items() if not is_marker(value)}
    try:
        checked = _validator(kind, frozenset(unknown)).validate_python(known)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        return values, [_problem(kind, detail) for detail in details]
    clean: Values = {name: value for name, value in checked.items() if value is not None and name not in unknown}
    return {**clean, **unknown}, []


@functools.cache
def _validator(kind: Kind, optional: frozenset[str]) -> SchemaValidator:
    fields = {}
    for field in kind.fields:
        is_required = field.required and field.name not in optional
        checker = _checker(field.type)
        if not is_required:
            checker = schema.with_default_schema(schema.nullable_schema(checker), default=field.default)
        fields[field.name] = schema.typed_dict_field(checker, required=is_required)
    whole = schema.typed_dict_schema(fields, extra_behavior="forbid")
    return SchemaValidator(whole, schema.CoreConfig(hide_input_in_errors=True))


def _checker(type_: FieldType) -> schema.CoreSchema:
    return schema.no_info_after_validator_function(type_.parse, _BASES[type_.base])


_BASES: Final[dict[Base, schema.CoreSchema]] = {
    "text": schema.str_schema(min_length=1),
    "flag": schema.bool_schema(),
    "list": schema.list_schema(schema.any_schema()),
    "any": schema.any_schema(),
}
_WORDS: Final = {
    "extra_forbidden": "is not an input of this resource",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
}


def _problem(kind: Kind, detail: Any) -> str:
    name = str(detail["loc"][0])
    if detail["type"] == "missing":
        return f"{kind[name].argument}: {kind[name].type.missing}"
    message = str(detail["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
    return f"{name}: {_WORDS.get(detail['type'], message)}"
