"""The pages as an application of their own: its failures are pages too."""

from __future__ import annotations

import sqlite3

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from ..database import is_full
from ..errors import NO_ROOM_MESSAGE, PlatformError, explain
from ..sources import SourceError
from ..state import State
from . import calls, objects, session
from .reference import reference
from .rendering import STATIC, page


def create_pages(state: State, api: FastAPI) -> FastAPI:
    """Return the application that shows what the platform behind `api` holds and hears."""
    pages = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    pages.state.platform = state
    for router in (session.router, objects.router, calls.router, reference(api)):
        pages.router.routes.extend(router.routes)
    pages.mount("/static", StaticFiles(directory=STATIC))
    _install_errors(pages)
    return pages


def _install_errors(pages: FastAPI) -> None:
    @pages.exception_handler(PlatformError)
    async def refused(_: Request, error: PlatformError) -> HTMLResponse:
        return page("error.html", error.status, reasons=error.messages)

    @pages.exception_handler(SourceError)
    async def source_failed(_: Request, error: SourceError) -> HTMLResponse:
        return page("error.html", 400, reasons=[str(error)])

    @pages.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> HTMLResponse:
        return page("error.html", 400, reasons=[explain(problem) for problem in error.errors()])

    @pages.exception_handler(sqlite3.DatabaseError)
    async def unstored(_: Request, error: sqlite3.DatabaseError) -> HTMLResponse:
        if is_full(error):
            return page("error.html", 507, reasons=[NO_ROOM_MESSAGE])
        raise error

    @pages.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> HTMLResponse:
        return page("error.html", error.status_code, reasons=[error.detail])

    @pages.exception_handler(Exception)
    async def broken(_: Request, error: Exception) -> HTMLResponse:
        # The server logs it.
        return page("error.html", 500, reasons=[f"The local platform is broken here ({type(error).__name__})."])
