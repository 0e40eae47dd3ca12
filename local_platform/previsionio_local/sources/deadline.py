"""A source whose every look-up ends in time, whatever the server behind it does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from .base import Listing, Location, Source, SourceError

if TYPE_CHECKING:
    import pyarrow as pa
    from typing_extensions import Self

T = TypeVar("T")


class PunctualSource:
    """Asks a source on a thread of its own, and gives it up when it takes too long.

    Timeouts of sockets are not enough: a server that sends a byte now and then never meets one.
    """

    def __init__(self, open_it: Callable[[], Source], seconds: float) -> None:
        self._seconds = seconds
        self._given_up = False
        self._source = self._ask(open_it)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._given_up:
            self._source.__exit__(kind, error, trace)

    def check(self) -> None:
        self._ask(lambda: self._source.check())

    def databases(self) -> list[str]:
        return self._ask(lambda: self._source.databases())

    def tables(self, database: str) -> list[str]:
        return self._ask(lambda: self._source.tables(database))

    def buckets(self) -> list[str]:
        return self._ask(lambda: self._source.buckets())

    def paths(self, bucket: str | None = None) -> Listing:
        return self._ask(lambda: self._source.paths(bucket))

    def find(self, location: Location) -> None:
        self._ask(lambda: self._source.find(location))

    def batches(self, location: Location) -> Iterator[pa.RecordBatch]:
        """Read the rows, which may take as long as it needs."""
        return self._source.batches(location)

    def _ask(self, question: Callable[[], T]) -> T:
        answers: list[T] = []
        errors: list[BaseException] = []

        def run() -> None:
            try:
                answers.append(question())
            except BaseException as error:  # noqa: BLE001 - it is raised where the answer is awaited
                errors.append(error)
            if self._given_up:
                with suppress(Exception):
                    self._source.__exit__(None, None, None)

        # A daemon: a source that hangs must not keep the platform from ending.
        thread = threading.Thread(target=run, name="previsionio-local look-up", daemon=True)
        thread.start()
        thread.join(self._seconds)
        if thread.is_alive():
            self._given_up = True
            raise SourceError(f"the source could not be asked: no answer in {self._seconds:g} seconds")
        if errors:
            raise errors[0]
        return answers[0]
