"""Every failure leaves the platform as `{"status": 4xx, "message": ["..."]}`, one line a message.

No value of the request is in it: what was sent may hold a password.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Match

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


async def _refused(_: Request, error: PlatformError) -> JSONResponse:
    return error_response(error.status, error.messages, **error.extra)


async def _source_failed(_: Request, error: SourceError) -> JSONResponse:
    if isinstance(error, NotFoundInSource):
        return error_response(400, [str(error)], field=error.field, candidates=error.candidates)
    return error_response(400, [str(error)])


async def _unwritten(_: Request, error: OSError) -> JSONResponse:
    if error.errno in NO_ROOM:
        return _no_room()
    raise error


async def _unstored(_: Request, error: sqlite3.DatabaseError) -> JSONResponse:
    if is_full(error):
        return _no_room()
    raise error


async def _broken(_: Request, error: Exception) -> JSONResponse:
    # The server logs it. JSON even so: the vendor's SDK hangs for ever on a poll that answers anything else.
    return error_response(500, [f"the local platform is broken here ({type(error).__name__}); see its log"])


async def _http(request: Request, error: HTTPException) -> JSONResponse:
    if error.status_code == 405:
        return error_response(405, [f"{request.method} is not offered here"], {"Allow": _allowed_methods(request)})
    return error_response(error.status_code, [error.detail], error.headers)


HANDLERS: Mapping[Any, Any] = {
    PlatformError: _refused,
    SourceError: _source_failed,
    OSError: _unwritten,
    sqlite3.DatabaseError: _unstored,
    HTTPException: _http,
    Exception: _broken,
}
"""What answers each kind of failure, in the platform's own form."""


def _allowed_methods(request: Request) -> str:
    """Return the value of an `Allow` header: every method that is offered on the path of a request."""
    found = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
    return ", ".join(sorted({method for route in found for method in route.methods}))


def _no_room() -> JSONResponse:
    return error_response(507, [NO_ROOM_MESSAGE])


def explain(where: Sequence[str | int], what: str) -> str:
    """Return what is wrong with a field, without its value."""
    what = what.removeprefix("Value error, ")
    return f"{'.'.join(map(str, where))}: {what}" if where else what
