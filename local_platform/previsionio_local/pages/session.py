"""The way in and out of a browser."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ..access import values_of
from ..sign_in import SESSION_SECONDS, cookie_name, session_of
from ..state import Shared
from ..web import Router
from .rendering import HEADERS, page

router = Router()


@router.call("GET", "/sign-in")
async def sign_in(request: Request, shared: Shared, code: str = "") -> Response:
    """Begin a session with the code of a link."""
    session = shared.sign_ins.begin(code)
    if session is None:
        return page("sign_in.html", 401)
    answer = RedirectResponse("/", 303, HEADERS)
    answer.set_cookie(
        cookie_name(_port(request)), session, max_age=int(SESSION_SECONDS), httponly=True, samesite="strict"
    )
    return answer


@router.call("POST", "/sign-out")
async def sign_out(request: Request, shared: Shared) -> Response:
    """End the session."""
    shared.sign_ins.end(session_of(values_of(request.scope["headers"], b"cookie"), _port(request)))
    answer = RedirectResponse("/", 303, HEADERS)
    answer.delete_cookie(cookie_name(_port(request)), httponly=True, samesite="strict")
    return answer


def _port(request: Request) -> int:
    port: int = request.scope["server"][1]
    return port
