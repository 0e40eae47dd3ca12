"""Every failure leaves the platform as `{"status": 4xx, "message": ["..."]}`, one line a message.

No value of the request is in it: what was sent may hold a password.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from .database import is_full
from .folder import NO_ROOM
from .sources.base import NotFoundInSource, SourceError

NO_ROOM_MESSAGE = "the disk of the local platform is full: make room, then try again"


class PlatformError(Exception):
    """A refusal: a status, the lines that say why, and what else the answer should hold."""

    def __init__(self, status: int, *messages: str, **extra: Any) -> None:
        super().__init__(*messages)
        self.status = status
        self.messages = messages
        self.extra = extra


def error_response(
    status: int, messages: Sequence[str], headers: Mapping[str, str] | None = None, **extra: Any
) -> JSONResponse:
    """Return the error body that both of the vendor's SDKs can read."""
    lines = [" ".join(message.split()) for message in messages]
    return JSONResponse({"status": status, "message": lines, **extra}, status, headers)


def allowed_methods(app: FastAPI, path: str) -> str:
    """Return the value of an `Allow` header: every method that `app` offers on `path`."""
    methods = {
        method.upper()
        for template, operations in app.openapi()["paths"].items()
        if compile_path(template)[0].match(path)
        for method in operations
    }
    return ", ".join(sorted(methods))


def install(app: FastAPI) -> None:
    """Make `app` answer every failure in the platform's own form."""

    @app.exception_handler(PlatformError)
    async def refused(_: Request, error: PlatformError) -> JSONResponse:
        return error_response(error.status, error.messages, **error.extra)

    @app.exception_handler(SourceError)
    async def source_failed(_: Request, error: SourceError) -> JSONResponse:
        if isinstance(error, NotFoundInSource):
            return error_response(400, [str(error)], field=error.field, candidates=error.candidates)
        return error_response(400, [str(error)])

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return error_response(400, [explain(problem) for problem in error.errors()])

    @app.exception_handler(OSError)
    async def unwritten(_: Request, error: OSError) -> JSONResponse:
        if error.errno in NO_ROOM:
            return _no_room()
        raise error

    @app.exception_handler(sqlite3.DatabaseError)
    async def unstored(_: Request, error: sqlite3.DatabaseError) -> JSONResponse:
        if is_full(error):
            return _no_room()
        raise error

    @app.exception_handler(Exception)
    async def broken(_: Request, error: Exception) -> JSONResponse:
        # The server logs it. JSON even so: the vendor's SDK hangs for ever on a poll that answers anything else.
        return error_response(500, [f"the local platform is broken here ({type(error).__name__}); see its log"])

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 405:
            allow = allowed_methods(request.app, request.url.path)
            return error_response(405, [f"{request.method} is not offered here"], {"Allow": allow})
        if isinstance(error.__cause__, OSError) and error.__cause__.errno in NO_ROOM:
            # An upload that does not even fit into the folder for temporary files.
            return _no_room()
        return error_response(error.status_code, [error.detail], error.headers)


def _no_room() -> JSONResponse:
    return error_response(507, [NO_ROOM_MESSAGE])


def explain(problem: Mapping[str, Any]) -> str:
    """Return what is wrong with a field, without its value."""
    where = ".".join(str(part) for part in problem["loc"][1:])
    what = str(problem["msg"]).removeprefix("Value error, ")
    return f"{where}: {what}" if where else what
