"""The outermost layer: it wants the token, records calls and plays out planted faults."""

from __future__ import annotations

import json
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .access import holds_token, misdirection, values_of
from .call_log import Call
from .errors import error_response
from .faults import FaultRule
from .pages.rendering import sign_in_page
from .settings import API
from .sign_in import session_of
from .state import State

_OPEN = ("/_local/health", "/sign-in")
"""What needs no proof of who calls."""

_STATIC = "/static/"

_FOR_PROGRAMS = (f"{API}/", "/_local/", "/openapi.json")
"""What wants the token; everything else is for browsers."""

_LONGEST_BODY = 64 << 20
"""Bytes of a body that is kept in memory; uploads go to the disk."""


class Gate:
    """An ASGI application around the platform's.

    Args:
        app: the application for programs.
        pages: returns the application for browsers; asked when the first one calls.
        state: the platform.
        cut: closes the connection of a scope without an answer; only the server can do that.
    """

    def __init__(self, app: ASGIApp, pages: Callable[[], ASGIApp], state: State, cut: Callable[[Scope], None]) -> None:
        self._app = app
        self._pages = pages
        self._state = state
        self._cut = cut

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = self._with_farewell(send)
        if refused := self._refusal(scope):
            await refused(scope, receive, send)
        elif scope["path"].startswith(f"{API}/"):
            await self._recorded(scope, _limited(scope, receive), send)
        elif scope["path"].startswith(_FOR_PROGRAMS):
            await self._app(scope, _limited(scope, receive), send)
        else:
            await self._pages()(scope, _limited(scope, receive), send)

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer to a call that may not be made; None if it may."""
        headers, path = scope["headers"], scope["path"]
        if reason := misdirection(headers, self._state.settings.allowed_hosts):
            return error_response(403, [reason])
        if path in _OPEN or path.startswith(_STATIC) or holds_token(headers, self._state.token):
            return None
        if path.startswith(_FOR_PROGRAMS):
            return error_response(401, ["the Authorization header does not hold a valid token"], err_code="E_UNK")
        if not self._state.sign_ins.holds(session_of(values_of(headers, b"cookie"), scope["server"][1])):
            return sign_in_page()
        if scope["method"] not in ("GET", "HEAD") and not values_of(headers, b"origin"):
            # A browser names the page that sends a form.
            return error_response(403, ["a form must come from a page of this platform"])
        return None

    def _with_farewell(self, send: Send) -> Send:
        async def farewell(message: Message) -> None:
            if message["type"] == "http.response.start" and self._state.stopping:
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        return farewell

    async def _recorded(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(API)
        if path == "/events":
            # Open for as long as its client lives: it would count as a call in flight for ever.
            await self._app(scope, receive, send)
            return
        call = Call(scope["method"], path, scope["query_string"].decode("latin-1"))
        calls = self._state.calls

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                call.status = message["status"]
            elif not message.get("more_body", False):
                # Before the caller has the whole answer, and may ask for the record.
                calls.leave(call)
            await send(message)

        calls.enter(call)
        try:
            await self._handle(call, scope, receive, watch)
        finally:
            calls.leave(call)

    async def _handle(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        faults = self._state.faults
        if faults.latency and not await faults.pause(faults.latency):
            await self._cut_off(scope, receive)
            return
        rule = faults.match(call.method, call.path)
        if rule is None:
            await self._app(scope, receive, send)
            return
        if rule.action == "delay" and await faults.pause(rule.seconds):
            await self._app(scope, receive, send)
            return
        held = await self._hold(scope, receive) if rule.action.endswith("_after") else []
        if rule.action == "delay_after" and await faults.pause(rule.seconds):
            for message in held:
                await send(message)
            return
        if rule.action.startswith(("cut", "delay")):
            await self._cut_off(scope, receive)
            return
        try:
            answer = await _faulty(rule, scope, receive)
        except HTTPException as error:
            answer = error_response(error.status_code, [error.detail])
        await answer(scope, receive, send)

    async def _cut_off(self, scope: Scope, receive: Receive) -> None:
        self._cut(scope)
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _hold(self, scope: Scope, receive: Receive) -> list[Message]:
        """Handle the call, and keep its answer back."""
        held: list[Message] = []

        async def keep(message: Message) -> None:
            held.append(message)

        await self._app(scope, receive, keep)
        return held


def _limited(scope: Scope, receive: Receive) -> Receive:
    """Let no body fill the memory."""
    if any(value.startswith("multipart/") for value in values_of(scope["headers"], b"content-type")):
        return receive
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > _LONGEST_BODY:
            raise HTTPException(413, f"a body may have {_LONGEST_BODY >> 20} MiB at most")
        return message

    return limited


async def _faulty(rule: FaultRule, scope: Scope, receive: Receive) -> Response:
    if rule.status in (204, 205, 304):
        return Response(status_code=rule.status)  # these have no body
    if rule.action == "garbage_after":
        return Response(b"<html>Everything is fine</html>", 200, media_type="text/html")
    if rule.action == "echo_secret":
        text = (await _body(receive)).decode(errors="replace")
        message = json.dumps([f"cannot handle {text}"])
        content = f'{{"status": {rule.status}, "message": {message}, "request": {text or "null"}}}'
        return Response(content, rule.status, media_type=rule.content_type)
    if rule.body is None:
        return error_response(rule.status, [f"planted fault {rule.status}"])
    body = rule.body.replace("{id}", scope["path"].rpartition("/")[2])
    return Response(body, rule.status, media_type=rule.content_type)


async def _body(receive: Receive) -> bytes:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message["type"] == "http.request" and message.get("more_body", False)
    return body
