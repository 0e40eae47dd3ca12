"""The description of the API, as OpenAPI 3.1."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, TypeAlias, get_type_hints

from pydantic import TypeAdapter
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from .schemas import Refusal
from .web import MISSING, Call, Parameter

Json: TypeAlias = "dict[str, Any]"

Schemas: TypeAlias = Mapping[tuple[str, Any], Json]
"""The schema of a type, by the name of a function and what of its call has that type: a parameter, a status."""


def describe(routes: Iterable[BaseRoute]) -> Json:
    """Return the description of those that are not hidden."""
    shown = [route for route in routes if isinstance(route, Route) and route.include_in_schema]
    calls: list[Call] = [route.endpoint for route in shown]  # type: ignore[misc]  # a class to Starlette
    types = [each for call in calls for each in _types(call)]
    found, shared = TypeAdapter.json_schemas(types, ref_template="#/components/schemas/{model}")
    schemas = {key: schema for (key, _), schema in found.items()}
    paths: dict[str, Json] = {}
    for route, call in zip(shown, calls, strict=True):
        for method in route.methods or ():
            paths.setdefault(route.path_format, {})[method.lower()] = _operation(call, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Prevision.io local platform",
            "description": "Projects, connectors, data sources and datasets, as on the hosted platform.",
            "version": "1",
        },
        "paths": paths,
        "components": {"schemas": shared["$defs"]},
    }


def _types(call: Call) -> Iterator[tuple[Any, Any, TypeAdapter[Any]]]:
    name = call.function.__name__
    for parameter in _in(call, "path", "query", "form", "body"):
        yield (name, parameter.name), "validation", parameter.adapter
    if (answer := _answer(call)) is not None:
        yield (name, call.status), "serialization", TypeAdapter(answer)
    for status, refusal in _refusals(call).items():
        yield (name, status), "serialization", TypeAdapter(refusal)


def _answer(call: Call) -> Any:
    """The type of what it answers in JSON; None if that is something else."""
    if call.answer is not None:
        return call.answer
    returned = get_type_hints(call.function)["return"]
    is_else = isinstance(returned, type) and issubclass(returned, (Response, type(None)))
    return None if is_else else returned


def _refusals(call: Call) -> Mapping[int, Any]:
    takes = list(_in(call, "query", "form", "body"))
    return ({400: Refusal} if takes else {}) | dict(call.refusals)


def _in(call: Call, *places: str) -> Iterator[Parameter]:
    return (parameter for parameter in call.parameters if parameter.place in places)


def _operation(call: Call, schemas: Schemas) -> Json:
    name = call.function.__name__
    operation: Json = {
        "tags": [call.tag],
        "description": inspect.getdoc(call.function),
        "operationId": name,
        "parameters": [_parameter(each, schemas[name, each.name]) for each in _in(call, "path", "query")],
        "responses": {
            str(call.status): {"description": "Success", **_content(call.media, schemas.get((name, call.status)))},
            **{
                str(status): {"description": HTTPStatus(status).phrase, **_content((), schemas[name, status])}
                for status in _refusals(call)
            },
        },
    }
    for body in _in(call, "body"):
        operation["requestBody"] = {"required": True, **_content((), schemas[name, body.name])}
    if form := list(_in(call, "form")):
        fields = {each.name: schemas[name, each.name] for each in form}
        required = [each.name for each in form if each.default is MISSING]
        schema = {"type": "object", "properties": fields, "required": required}
        operation["requestBody"] = {"required": True, **_content(["multipart/form-data"], schema)}
    return operation


def _parameter(parameter: Parameter, schema: Json) -> Json:
    described = {"description": schema["description"]} if "description" in schema else {}
    is_required = parameter.default is MISSING
    default = {} if is_required else {"default": parameter.default}
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": is_required,
        "schema": schema | default,
        **described,
    }


def _content(media: Iterable[str], schema: Json | None) -> Json:
    """What a body may be: JSON unless something else is named."""
    kinds = list(media) or (["application/json"] if schema else [])
    return {"content": {kind: {"schema": schema} if schema else {} for kind in kinds}} if kinds else {}
