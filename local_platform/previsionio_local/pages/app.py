"""The pages as an application of their own: its failures are pages too."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from ..database import is_full
from ..errors import NO_ROOM_MESSAGE, PlatformError
from ..sources import SourceError
from ..state import State
from ..web import application
from . import calls, objects, session
from .reference import reference
from .rendering import STATIC, page


def create_pages(state: State, described: Callable[[], dict[str, Any]]) -> Starlette:
    """Return the application that shows what the platform holds and hears; `described` describes its API."""
    routers = (session.router, objects.router, calls.router, reference(described))
    static = Mount("/static", StaticFiles(directory=STATIC))
    return application(state, [*(route for router in routers for route in router.routes), static], _HANDLERS)


async def _refused(_: Request, error: PlatformError) -> HTMLResponse:
    return page("error.html", error.status, reasons=error.messages)


async def _source_failed(_: Request, error: SourceError) -> HTMLResponse:
    return page("error.html", 400, reasons=[str(error)])


async def _unstored(_: Request, error: sqlite3.DatabaseError) -> HTMLResponse:
    if is_full(error):
        return page("error.html", 507, reasons=[NO_ROOM_MESSAGE])
    raise error


async def _http(_: Request, error: HTTPException) -> HTMLResponse:
    return page("error.html", error.status_code, reasons=[error.detail])


async def _broken(_: Request, error: Exception) -> HTMLResponse:
    # The server logs it.
    return page("error.html", 500, reasons=[f"The local platform is broken here ({type(error).__name__})."])


_HANDLERS: Mapping[Any, Any] = {
    PlatformError: _refused,
    SourceError: _source_failed,
    sqlite3.DatabaseError: _unstored,
    HTTPException: _http,
    Exception: _broken,
}
