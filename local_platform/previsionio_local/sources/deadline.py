"""A source whose every look-up ends in time, whatever the server behind it does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

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
        self._source: Source | None = None
        self._source = self._ask(open_it)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._given_up:
            self._opened().__exit__(kind, error, trace)

    def check(self) -> None:
        self._ask(lambda: self._opened().check())

    def databases(self) -> list[str]:
        return self._ask(lambda: self._opened().databases())

    def tables(self, database: str) -> list[str]:
        return self._ask(lambda: self._opened().tables(database))

    def buckets(self) -> list[str]:
        return self._ask(lambda: self._opened().buckets())

    def paths(self, bucket: str | None = None) -> Listing:
        return self._ask(lambda: self._opened().paths(bucket))

    def find(self, location: Location) -> None:
        self._ask(lambda: self._opened().find(location))

    def batches(self, location: Location) -> Iterator[pa.RecordBatch]:
        """Read the rows, which may take as long as it needs."""
        return self._opened().batches(location)

    def cancel(self) -> None:
        """Break off what another thread reads."""
        self._opened().cancel()

    def _opened(self) -> Source:
        assert self._source is not None
        return self._source

    def _ask(self, question: Callable[[], T]) -> T:
        answers: list[T] = []
        errors: list[BaseException] = []

        def run() -> None:
            try:
                answers.append(question())
            except BaseException as error:  # noqa: BLE001 - it is raised where the answer is awaited
                errors.append(error)
            if self._given_up:
                # Nobody else closes what was too slow, or what was opened too late.
                late: Any = self._source or (answers and answers[0])
                with suppress(Exception):
                    late.__exit__(None, None, None)

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
