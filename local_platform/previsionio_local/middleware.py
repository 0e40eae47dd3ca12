"""The outermost layer: it wants the token, records calls and plays out planted faults."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable

from fastapi.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .call_log import Call
from .errors import error_response
from .faults import FaultRule
from .state import State

API = "/ext/v1"
OPEN = "/_local/health"
"""The one address that needs no token."""


class Gate:
    """An ASGI application around the platform's.

    `cut` closes the connection of a scope without an answer; only the server can do that.
    """

    def __init__(self, app: ASGIApp, state: State, cut: Callable[[Scope], None]) -> None:
        self._app = app
        self._state = state
        self._cut = cut

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == OPEN:
            await self._app(scope, receive, send)
        elif not self._allowed(scope):
            refused = error_response(401, ["the Authorization header does not hold a valid token"], err_code="E_UNK")
            await refused(scope, receive, send)
        elif scope["path"].startswith(API + "/"):
            await self._recorded(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _allowed(self, scope: Scope) -> bool:
        sent = b"".join(value for name, value in scope["headers"] if name == b"authorization")
        return hmac.compare_digest(sent, self._state.token.encode())

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
        if faults.latency:
            await asyncio.sleep(faults.latency)
        rule = faults.match(call.method, call.path)
        if rule is None:
            await self._app(scope, receive, send)
            return
        if rule.action == "delay":
            await asyncio.sleep(rule.seconds)
            await self._app(scope, receive, send)
            return
        if rule.action == "delay_after":
            held = await self._hold(scope, receive)
            await asyncio.sleep(rule.seconds)
            for message in held:
                await send(message)
            return
        if rule.action.endswith("_after"):
            await self._hold(scope, receive)
        if rule.action.startswith("cut"):
            self._cut(scope)
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        await (await _faulty(rule, scope, receive))(scope, receive, send)

    async def _hold(self, scope: Scope, receive: Receive) -> list[Message]:
        """Handle the call, and keep its answer back."""
        held: list[Message] = []

        async def keep(message: Message) -> None:
            held.append(message)

        await self._app(scope, receive, keep)
        return held


async def _faulty(rule: FaultRule, scope: Scope, receive: Receive) -> Response:
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
