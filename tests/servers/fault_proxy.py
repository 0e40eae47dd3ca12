"""A TCP proxy that breaks connections on demand, for tests of what clients make of it.

with FaultProxy(server.host, server.port) as proxy:
    connect(proxy.host, proxy.port)     # as to the server itself
    proxy.reset_after = 1000            # from here on, also for connections that are open
"""

import asyncio
import socket
import struct
import threading
from dataclasses import dataclass, field
from types import TracebackType

HOST = "127.0.0.1"
CHUNK = 16 * 1024


@dataclass
class FaultProxy:
    """Passes bytes on between its own port and a target, except for the faults that are set.

    Knows no protocol: counts are bytes of answers (target to client) on one connection.
    """

    target_host: str
    target_port: int

    latency: float = 0.0
    """Seconds that each chunk (16 KiB at most) waits, in both directions."""

    reset_after: int | None = None
    """Connections end with a reset (RST) when so many bytes of answers have passed."""

    close_after: int | None = None
    """Connections end as if in order (FIN) when so many bytes of answers have passed."""

    blackhole: bool = False
    """Connections stay open, and nothing passes."""

    refuse: bool = False
    """New connections are reset at once.  For a port on which nobody listens see `process.free_ports`."""

    host: str = field(default=HOST, init=False)
    port: int = field(default=0, init=False)
    connections: int = field(default=0, init=False)
    """How many there have been, refused ones included."""

    def __enter__(self) -> "FaultProxy":
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.Task[None]] = set()
        listening = threading.Event()
        self._thread = threading.Thread(target=self._run, args=[listening], name="fault proxy", daemon=True)
        self._thread.start()
        listening.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self, listening: threading.Event) -> None:
        try:
            self._loop.run_until_complete(self._listen(listening))
        finally:
            self._loop.close()

    async def _listen(self, listening: threading.Event) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._connected, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]
        listening.set()
        await self._stop.wait()
        server.close()
        for connection in self._open:
            connection.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection
        self._open.add(connection)
        connection.add_done_callback(self._open.discard)
        self.connections += 1
        try:
            if self.refuse:
                _reset(writer)
                return
            target_reader, target_writer = await asyncio.open_connection(self.target_host, self.target_port)
            try:
                answers = asyncio.create_task(self._pump(target_reader, writer, answers=True))
                requests = asyncio.create_task(self._pump(reader, target_writer, answers=False))
                # The end of the answers ends the connection; the end of the requests alone does not.
                try:
                    await answers
                finally:
                    answers.cancel()
                    requests.cancel()
                    await asyncio.gather(answers, requests, return_exceptions=True)
            finally:
                target_writer.close()
        except (OSError, asyncio.CancelledError):
            pass  # the target is gone, or the proxy stops: the client sees its connection end
        finally:
            writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        passed = 0
        while data := await reader.read(CHUNK):
            while self.blackhole:
                await asyncio.sleep(0.01)
            await asyncio.sleep(self.latency)
            limits = [limit for limit in (self.reset_after, self.close_after) if answers and limit is not None]
            left = max(0, min(limits) - passed) if limits else len(data)
            writer.write(data[:left])
            await writer.drain()
            passed += len(data)
            if limits and passed >= min(limits):
                if self.reset_after is not None and passed >= self.reset_after:
                    _reset(writer)
                return
        if not answers:
            writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST instead of FIN: what a lingering time of zero means."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
