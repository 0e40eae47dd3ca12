"""The API reference, made from its description."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from starlette.responses import HTMLResponse

from ..web import Router
from .rendering import page


@dataclass(frozen=True)
class Field:
    """Something that a call takes."""

    name: str
    where: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True)
class Operation:
    """One call."""

    method: str
    path: str
    description: str
    fields: list[Field]
    answers: str


def reference(described: Callable[[], dict[str, Any]]) -> Router:
    """Return the route of the reference of what `described` describes."""
    router = Router()

    @router.call("GET", "/docs")
    def show() -> HTMLResponse:
        sections: dict[str, list[Operation]] = {}
        for tag, operation in _operations(described()):
            sections.setdefault(tag, []).append(operation)
        return page("reference.html", sections=sections)

    return router


def _operations(description: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            parameters = [
                Field(
                    each["name"],
                    each["in"],
                    _type(each["schema"]),
                    each.get("required", False),
                    each.get("description", ""),
                )
                for each in operation.get("parameters", ())
            ]
            fields = [*parameters, *_body(operation, description)]
            answers = ", ".join(operation["responses"])
            yield operation["tags"][0], Operation(method.upper(), path, operation["description"], fields, answers)


def _body(operation: dict[str, Any], description: dict[str, Any]) -> Iterator[Field]:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = _resolved(content["schema"], description)
        for name, field in schema.get("properties", {}).items():
            required = name in schema.get("required", ())
            yield Field(name, "body", _type(field), required, field.get("description", ""))


def _resolved(schema: dict[str, Any], description: dict[str, Any]) -> dict[str, Any]:
    if name := schema.get("$ref"):
        found: dict[str, Any] = description["components"]["schemas"][name.rpartition("/")[2]]
        return found
    return schema


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    if choices := [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]:
        return " or ".join(_type(each) for each in choices)
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    return str(schema.get("type", "anything"))
