"""Requests that come in too slowly, or never whole, are ended."""

from __future__ import annotations

import asyncio
import json

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_SLOWEST = 1000.0
"""Bytes of a long body that must come in a second on average."""

_READING = (h11.IDLE, h11.SEND_BODY)


class PunctualProtocol(H11Protocol):
    """HTTP for one connection. A request has to be on its way all the time that it takes to come in."""

    request_timeout: float
    """Seconds that a request may take, and that a body that takes longer may pause."""

    _timer: asyncio.TimerHandle | None = None
    _began = _heard = 0.0
    _received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        if self._timer is None:
            self._begin()
        self._received += len(data)
        self._heard = self.loop.time()
        super().data_received(data)
        self._end_if_whole()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._end_if_whole()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        super().connection_lost(exc)

    def _begin(self) -> None:
        self._began = self._heard = self.loop.time()
        self._received = 0
        self._look_again()

    def _end(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _end_if_whole(self) -> None:
        between = self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]
        if between or self.conn.their_state not in _READING:
            self._end()
        elif self._timer is None:
            self._begin()

    def _look_again(self) -> None:
        due = min(self._heard, self._began + self._received / _SLOWEST) + self.request_timeout
        if due <= self.loop.time():
            self._give_up()
        else:
            self._timer = self.loop.call_at(due, self._look)

    def _look(self) -> None:
        if self.flow.read_paused or (self.cycle and self.cycle.waiting_for_100_continue):
            self._begin()  # It is the platform that keeps the client waiting.
        else:
            self._look_again()

    def _give_up(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if self._received and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._say_why()
        if self.cycle and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def _say_why(self) -> None:
        why = f"the request did not come in whole within {self.request_timeout:g} s (--request-timeout)"
        body = json.dumps({"status": 408, "message": [why]}).encode()
        headers = [("content-type", "application/json"), ("content-length", str(len(body))), ("connection", "close")]
        for event in (h11.Response(status_code=408, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
