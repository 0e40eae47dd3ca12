"""The calls that were made, live, and what goes wrong with them on purpose."""

from __future__ import annotations

from typing import Annotated, Any, get_args

from pydantic import Field, ValidationError
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from ..call_log import Call
from ..errors import PlatformError
from ..faults import Action, FaultRule
from ..state import Shared
from ..web import FORM, Router
from .rendering import HEADERS, page

SHOWN = 200
"""Calls on the page, the newest; with a filter, the newest that fit it."""

router = Router()


@router.call("GET", "/calls")
async def show_calls(shared: Shared, q: str = "") -> HTMLResponse:
    """Show the newest calls, and what is planted."""
    # A copy, since other threads may clear the record.
    calls = [call for call in reversed(list(shared.calls.calls)) if _fits(call, q)][:SHOWN]
    return page(
        "calls.html",
        calls=calls,
        q=q,
        latency=shared.faults.latency,
        rules=shared.faults.rules,
        actions=get_args(Action),
        methods=("GET", "POST", "PUT", "DELETE", "OPTIONS"),
    )


@router.call("GET", "/calls/live")
async def stream_calls(shared: Shared) -> Response:
    """Stream each call as it comes in and as it is answered."""
    headers = HEADERS | {"X-Accel-Buffering": "no"}
    return StreamingResponse(shared.calls.live.stream(": connected\n\n"), 200, headers, "text/event-stream")


@router.call("POST", "/calls/clear")
async def forget_calls(shared: Shared) -> Response:
    """Forget the calls so far."""
    shared.calls.clear()
    return _back()


@router.call("POST", "/calls/latency")
async def set_latency(shared: Shared, seconds: Annotated[float, FORM, Field(ge=0, le=3600)]) -> Response:
    """Make every call wait."""
    shared.faults.latency = seconds
    return _back()


@router.call("POST", "/calls/faults")
async def add_fault(
    shared: Shared,
    action: Annotated[str, FORM],
    method: Annotated[str, FORM] = "",
    path: Annotated[str, FORM] = "",
    times: Annotated[str, FORM] = "",
    status: Annotated[str, FORM] = "",
    seconds: Annotated[str, FORM] = "",
) -> Response:
    """Plant one more fault."""
    rule: dict[str, Any] = {"action": action, "method": method or None, "path": path, "times": times or None}
    given = {"status": status, "seconds": seconds}
    try:
        shared.faults.add(FaultRule.model_validate(rule | {name: value for name, value in given.items() if value}))
    except ValidationError as error:
        raise PlatformError(400, *(f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors())) from None
    return _back()


@router.call("POST", "/calls/faults/clear")
async def clear_faults(shared: Shared) -> Response:
    """Take all faults away."""
    shared.faults.set([])
    return _back()


def _fits(call: Call, wanted: str) -> bool:
    text = f"{call.method} {call.path} {call.status or ''}".lower()
    return all(word in text for word in wanted.lower().split())


def _back() -> Response:
    return RedirectResponse("/calls", 303, HEADERS)
