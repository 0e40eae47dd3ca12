"""What the bodies of requests and answers have in common."""

from __future__ import annotations

import json
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

T = TypeVar("T")


class Body(BaseModel):
    """A request body. A missing field, null and "" are the same: one of the vendor's SDKs sends each of them."""

    # An error may end up in a log, and a body may hold a password.
    model_config = ConfigDict(hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def drop_empty(cls, data: Any) -> Any:
        if isinstance(data, dict):
            return {key: _storable(key, value) for key, value in data.items() if value is not None and value != ""}
        return data


class View(BaseModel):
    """A stored object as the platform shows it."""

    model_config = ConfigDict(from_attributes=True)

    id: str = Field(validation_alias="id", serialization_alias="_id")
    created_at: str

    @classmethod
    def in_sql(cls) -> str:
        """Return the SQL that makes the JSON of an object from its row: for many, in a third of the time."""
        parts = []
        for name, field in cls.model_fields.items():
            column = f'"{field.validation_alias or name}"'
            value = column if field.is_required() else f"json('{json.dumps(field.default)}')"
            parts.append(f"'{field.serialization_alias or name}', {value}")
        return f"json_object({', '.join(parts)})"


class Meta(BaseModel):
    """Where a page stands in its list."""

    totalItems: int  # noqa: N815
    rowsPerPage: int  # noqa: N815
    page: int
    nextPage: bool  # noqa: N815


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    metaData: Meta  # noqa: N815


class Names(BaseModel):
    """Everything of one kind that a source holds: databases, tables, buckets or paths."""

    items: list[str]


class Paths(Names):
    """Files that a source holds. An extension of the local platform says whether that is all of them."""

    complete: bool


class Done(BaseModel):
    """A success with nothing else to show."""

    status: int = 200
    message: list[str]


class Refusal(BaseModel):
    """Why a call failed."""

    status: int
    message: list[str]


def allow(update: bool, **headers: str) -> Response:
    """Return the answer to OPTIONS on one object."""
    methods = ["DELETE", "GET", "OPTIONS", *(["PUT"] if update else [])]
    return Response(status_code=204, headers={"Allow": ", ".join(methods), **headers})


def whole_text(value: str) -> str:
    """Refuse text with half of a character, which JSON can spell and no database and no answer can hold."""
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("it holds half of a character")
    return value


def _storable(key: object, value: object) -> object:
    if isinstance(value, str):
        try:
            return whole_text(value)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from None
    return value
