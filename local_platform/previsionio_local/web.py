"""Calls as functions: what one takes is found in the request and checked, what it returns becomes the answer.

A parameter that the path names is found there. A model or a list is the body, everything else stands in the query,
unless its annotation says `FORM` or `PLATFORM`.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

import anyio.to_thread
from pydantic import BaseModel, InstanceOf, TypeAdapter, ValidationError, WithJsonSchema
from pydantic_core import to_json
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Lifespan, Receive, Scope, Send

from .errors import PlatformError, explain

F = TypeVar("F", bound=Callable[..., Any])

FORM = "form"
"""In an annotation: it is a field of a form."""

PLATFORM = "platform"
"""In an annotation: it is the platform that answers."""

File: TypeAlias = Annotated[
    InstanceOf[UploadFile], FORM, WithJsonSchema({"type": "string", "contentMediaType": "application/octet-stream"})
]
"""A file in a form."""

MISSING: Any = inspect.Parameter.empty

_NO_REFUSALS: Mapping[int, type[BaseModel]] = MappingProxyType({})


@dataclass(frozen=True)
class Parameter:
    """Something that a call takes, and where that is found."""

    name: str
    place: str
    type: Any
    default: Any
    """`MISSING` if a call must bring it."""

    @functools.cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """Knows what it may be."""
        return TypeAdapter(self.type)

    def checked(self, given: Any, problems: list[str]) -> Any:
        """Return the value to use; what is wrong with the given one is added to `problems`."""
        within = () if self.place == "body" else (self.name,)
        if given is MISSING:
            if self.default is MISSING:
                problems.append(explain(within, "Field required"))
            return self.default
        try:
            return self.adapter.validate_python(given)
        except ValidationError as error:
            problems += [explain((*within, *problem["loc"]), problem["msg"]) for problem in error.errors()]


@dataclass(frozen=True)
class Call:
    """One call, as an ASGI application; `Router.call` says what it is made of."""

    function: Callable[..., Any]
    path: str
    tag: str
    status: int
    media: Sequence[str]
    refusals: Mapping[int, type[BaseModel]]
    answer: Any

    @functools.cached_property
    def parameters(self) -> list[Parameter]:
        """What it takes."""
        types = get_type_hints(self.function, include_extras=True)
        return [
            Parameter(name, _place(name, types[name], self.path), types[name], each.default)
            for name, each in inspect.signature(self.function).parameters.items()
        ]

    @functools.cached_property
    def _is_quick(self) -> bool:
        """Whether it needs no thread."""
        return inspect.iscoroutinefunction(self.function)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            answer = await self._answer(await self._arguments(request))
            await answer(scope, receive, send)
        finally:
            await request.close()

    async def _arguments(self, request: Request) -> dict[str, Any]:
        problems: list[str] = []
        arguments = {}
        for parameter in self.parameters:
            name, place = parameter.name, parameter.place
            if place == PLATFORM:
                arguments[name] = request.app.state.platform
            elif place == "request":
                arguments[name] = request
            else:
                arguments[name] = parameter.checked(await _given(name, place, request), problems)
        if problems:
            raise PlatformError(400, *problems)
        return arguments

    async def _answer(self, arguments: dict[str, Any]) -> Response:
        if self._is_quick:
            found = await self.function(**arguments)
        else:
            found = await anyio.to_thread.run_sync(functools.partial(self.function, **arguments))
        if isinstance(found, Response):
            return found
        if found is None:
            return Response(status_code=self.status)
        content = found.model_dump_json(by_alias=True) if isinstance(found, BaseModel) else to_json(found)
        return Response(content, self.status, media_type="application/json")


class Router:
    """Calls below one path.

    Args:
        prefix: where their paths begin.
        tag: under which the description shows them.
    """

    def __init__(self, prefix: str = "", tag: str = "") -> None:
        self.routes: list[BaseRoute] = []
        self._prefix = prefix
        self._tag = tag

    def call(
        self,
        methods: str,
        path: str,
        *,
        status: int = 200,
        media: Sequence[str] = (),
        refusals: Mapping[int, type[BaseModel]] = _NO_REFUSALS,
        answer: Any = None,
        hidden: bool = False,
    ) -> Callable[[F], F]:
        """Have a function answer a call, or several `methods`, with spaces between them.

        Args:
            methods: of HTTP.
            path: with the names of parameters in braces.
            status: of a success.
            media: what a success may be; default: JSON.
            refusals: what this call in particular may be refused with.
            answer: the type of what a success holds, where the function returns a whole `Response`.
            hidden: whether the description leaves it out.
        """

        def add(function: F) -> F:
            call = Call(function, self._prefix + path, self._tag, status, media, refusals, answer)
            route = Route(call.path, call, include_in_schema=not hidden)
            route.methods = set(methods.split())
            self.routes.append(route)
            return function

        return add


def application(
    platform: object,
    routes: Sequence[BaseRoute],
    failures: Mapping[Any, Any],
    lifespan: Lifespan[Starlette] | None = None,
) -> Starlette:
    """Return an application of routes.

    Args:
        platform: what calls get for `PLATFORM`.
        routes: what it serves.
        failures: what answers each kind of exception.
        lifespan: what surrounds its work.
    """
    app = Starlette(routes=routes, exception_handlers=failures, lifespan=lifespan)
    app.state.platform = platform
    app.router.redirect_slashes = False
    return app


def _place(name: str, annotation: Any, path: str) -> str:
    if f"{{{name}}}" in path or f"{{{name}:" in path:
        return "path"
    for place in (FORM, PLATFORM):
        if place in get_args(annotation)[1:]:
            return place
    if annotation is Request:
        return "request"
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return "body" if is_model or get_origin(annotation) is list else "query"


async def _given(name: str, place: str, request: Request) -> Any:
    if place == "path":
        return request.path_params[name]
    if place == "query":
        return request.query_params.get(name, MISSING)
    try:
        if place == "body":
            return await _body(request)
        found = (await request.form()).get(name)
    except (HTTPException, OSError):
        raise
    except json.JSONDecodeError as error:
        raise PlatformError(400, f"the body is no JSON: {error.msg} at character {error.pos}") from None
    except Exception:  # noqa: BLE001 - there are many ways to be no body, and none of them is the platform's fault
        raise PlatformError(400, "the body cannot be read") from None
    # A field of a form that was left empty, or a file that was not chosen.
    is_empty = found is None or found == "" or (isinstance(found, UploadFile) and not (found.filename or found.size))
    return MISSING if is_empty else found


async def _body(request: Request) -> Any:
    body = await request.body()
    if not body:
        return MISSING
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = kind.startswith("application/") and kind.endswith(("/json", "+json"))
    return json.loads(body) if is_json else body
