"""`GET /events`: server-sent events, one stream a client process."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import deque
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import StreamingResponse

from .settings import API
from .web import Router

KEEP_ALIVE = 15.0
"""Seconds of silence after which a comment is sent; the vendor's SDK gives up after 300."""

_UNREAD = 1000
"""Events that wait for a listener at most. One that does not read them is let go, and asks anew when it does."""

_RECENT = 100
"""Events that new listeners get first."""

router = Router(API, "session")


class Broadcast:
    """Hands every text to every listener. All but `stream` is called from the event loop's thread."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[str | None]] = set()

    @property
    def is_heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def send(self, text: str | None) -> None:
        """Send an event in the form of server-sent events; None ends every stream."""
        for queue in self._listeners:
            if full := queue.full():
                while not queue.empty():
                    queue.get_nowait()
            queue.put_nowait(None if full else text)

    async def stream(self, first: str) -> AsyncIterator[str]:
        """Yield `first`, then the events from now on, and a comment now and then."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(_UNREAD)
        self._listeners.add(queue)
        try:
            yield first
            while True:
                try:
                    text = await asyncio.wait_for(queue.get(), KEEP_ALIVE)
                except asyncio.TimeoutError:
                    text = ": still here\n\n"
                if text is None:
                    return
                yield text
        finally:
            self._listeners.discard(queue)


class EventHub:
    """Hands every event to every listener. The SDK picks out what it waits for."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._broadcast = Broadcast()
        self._numbers = itertools.count(1)
        self._recent: deque[str] = deque(maxlen=_RECENT)

    def start(self) -> None:
        """Serve listeners on the running event loop."""
        self._loop = asyncio.get_running_loop()

    def publish(self, name: str, object_id: str) -> None:
        """Tell every listener that an object has changed. May be called from any thread."""
        # The order of the lines, and the space after each colon, are what the SDK's parser expects.
        text = f"id: {next(self._numbers)}\nevent: {name}\ndata: {json.dumps({'_id': object_id})}\n\n"
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._send, text)

    def forget(self) -> None:
        """Do not repeat the events so far to new listeners."""
        self._recent.clear()

    def close(self) -> None:
        """End every stream."""
        self._broadcast.send(None)

    def stream(self) -> AsyncIterator[str]:
        """Yield the events from now on as text, and a comment now and then."""
        # Nothing may be missed between two connections: the SDK would wait 300 s before it looks by itself.
        return self._broadcast.stream("".join([": connected\n\n", *self._recent]))

    def _send(self, text: str) -> None:
        self._recent.append(text)
        self._broadcast.send(text)


@router.call("GET", "/events", media=["text/event-stream"])
async def listen(request: Request) -> StreamingResponse:
    """Stream changes: `DATASET_UPDATE` once a dataset has reached its final state."""
    hub: EventHub = request.app.state.platform.events
    return StreamingResponse(hub.stream(), media_type="text/event-stream", headers={"Cache-Control": "no-cache"})
