"""A platform inside this process, for tests and notebooks."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .app import open_state
from .call_log import Call
from .faults import FaultRule
from .first_steps import sign_in_link
from .seeding import Seed, default_project, reset, seed
from .server import Server, listen
from .settings import Settings, SourceSettings

if TYPE_CHECKING:
    from typing_extensions import Self

_SECONDS_TO_START = 10.0


class LocalPlatform:
    """A local platform that runs in a thread of this process while its `with` block does.

    Args:
        data: the folder that keeps everything; default: a temporary one, removed at the end.
        update: whether objects can be updated in place (`PUT`); False acts like the hosted platform.
        page_size: items on a page of a list.
        token: the token that callers must send; default: one kept in the data folder.
        host, port: where to listen; default: a free port on loopback.
        s3_endpoint, s3_region, gcs_endpoint, bigquery_endpoint: where S3 and Google connectors lead; default: the
            real services.
        connect_timeout: seconds to wait for a connection to a source.
        read_timeout: seconds to wait for a source's answer, except for the rows of a snapshot.
        copy_timeout: seconds that a source may keep a snapshot waiting for its next rows.
        copies: snapshots that are copied at once.
        allowed_hosts: names by which callers may call it, beside `localhost` and addresses in numbers.
        request_timeout: seconds that a request may take to come in whole, and that a longer body may pause.

    Attributes:
        url: the address, for `PREVISION_URL`.
        token: the token, for `PREVISION_MASTER_TOKEN`.
        project_id: the default project, for `PREVISION_PROJECT_ID`.
        data: the folder that keeps everything.
    """

    url: str
    token: str
    project_id: str
    data: Path

    def __init__(
        self,
        data: Path | str | None = None,
        *,
        update: bool = True,
        page_size: int = 50,
        token: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        s3_endpoint: str | None = None,
        s3_region: str = "us-east-1",
        gcs_endpoint: str | None = None,
        bigquery_endpoint: str | None = None,
        connect_timeout: float = 5.0,
        read_timeout: float = 15.0,
        copy_timeout: float = 3600.0,
        copies: int = 16,
        allowed_hosts: Sequence[str] = (),
        request_timeout: float = 30.0,
    ) -> None:
        self._folder = None if data is None else Path(data)
        self._address = (host, port)
        sources = SourceSettings(
            s3_endpoint,
            s3_region,
            gcs_endpoint,
            bigquery_endpoint,
            connect_timeout,
            read_timeout,
            copy_timeout=copy_timeout,
        )
        self._settings = Settings(
            Path(),
            token=token,
            update=update,
            page_size=page_size,
            sources=sources,
            allowed_hosts=(host.lower(), *(name.lower() for name in allowed_hosts)),
            request_timeout=request_timeout,
            copies=copies,
        )

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.data = self._folder or Path(stack.enter_context(TemporaryDirectory(prefix="previsionio-local-")))
            self._state = stack.enter_context(open_state(replace(self._settings, data=self.data)))
            self.token = self._state.token
            self.project_id = default_project(self._state)
            listener, self.url = listen(*self._address)
            self._state.url = self.url
            stack.enter_context(listener)
            self._start(listener)
            stack.callback(self._stop)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def calls(self) -> list[Call]:
        """Return the calls below `/ext/v1` since they were last cleared, in order, without `/events`."""
        return list(self._state.calls.calls)

    def clear_calls(self) -> None:
        """Forget the calls so far."""
        self._state.calls.clear()

    @property
    def max_in_flight(self) -> int:
        """The most calls that were in flight at once since they were last cleared."""
        return self._state.calls.max_in_flight

    def faults(self, rules: Iterable[Mapping[str, Any]] = ()) -> None:
        """Replace all planted faults; each rule is a mapping with the fields of `FaultRule`."""
        self._state.faults.set([FaultRule.model_validate(rule) for rule in rules])

    def latency(self, seconds: float) -> None:
        """Make every call wait before it is handled; 0 takes it away."""
        self._state.faults.latency = seconds

    def sign_in_link(self) -> str:
        """Return a link that signs a browser in once, within the hour."""
        return sign_in_link(self._state)

    def seed(self, **objects: list[dict[str, Any]]) -> dict[str, list[str]]:
        """Store many `projects`, `connectors` and `data_sources` at once; return their ids by kind.

        Each is a creation body. `_id` may be given, to link by it; `project_id` is the default project's if left out.
        """
        return seed(self._state, Seed.model_validate(objects))

    def reset(self) -> None:
        """Drop all objects, recorded calls, faults and latency. The default project comes back under its old id."""
        reset(self._state)

    def _start(self, listener: socket.socket) -> None:
        ready = threading.Event()
        self._server = Server(self._state, ready.set)
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._server.serve([listener])), name="previsionio-local", daemon=True
        )
        self._thread.start()
        if not ready.wait(_SECONDS_TO_START):
            self._stop()
            raise RuntimeError("the local platform did not start")

    def _stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()
