"""What is asked of one connection to an SQL server, whichever server it is.

A session reads and never changes anything, and no wait in it is without end: when time is up, or when another thread
breaks the session off, the server is told to stop, and the connection ends.
"""

from __future__ import annotations

import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..settings import SourceSettings
from .base import Connection, SourceError, library_reason
from .sql_dialect import forget

if TYPE_CHECKING:
    import pyarrow as pa
    from typing_extensions import Self

ROWS_PER_BATCH = 20_000

NO_ANSWER = "no answer in time"

# For a server that keeps the time itself to say so first, which is a better reason than an ended connection.
_GRACE = 1.0


class Unreadable(Exception):
    """The server was asked, and there is nothing to read: this is a verdict, not a failure.

    Attributes:
        missing: the table that is not there, as the server calls it; "" if that is not the reason.
    """

    def __init__(self, reason: str, missing: str = "") -> None:
        super().__init__(reason)
        self.missing = missing


class Unanswered(SourceError):
    """The server could not be asked: it is not there, too slow, or something is locked. That is no verdict."""


class Session(ABC):
    """A connection to a database, or to the server where no database is named."""

    def __init__(self, to: Connection, settings: SourceSettings, database: str | None, patient: bool) -> None:
        self._to = to
        self._settings = settings
        self._database = database
        self._patient = patient
        self._broken_off = ""
        self._broken = threading.Lock()

    @property
    def limit(self) -> float:
        """Seconds that a wait may take."""
        return self._settings.copy_timeout if self._patient else self._settings.read_timeout

    @property
    def lock_limit(self) -> float:
        """Seconds to wait for what somebody else has locked: less, so that the server says that this is why."""
        return 0.9 * (self.limit if self._patient else min(self.limit, self._settings.lock_timeout))

    def __enter__(self) -> Self:
        try:
            with self.within(self._settings.connect_timeout):
                self._connect()
            with self.within(self.limit):
                self._prepare_session()
        except SourceError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        # Of a connection that was never made, or has ended, there is little to close.
        with contextlib.suppress(Exception):
            self._close()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Break the session off if the block takes longer, and turn what goes wrong in it into a `SourceError`."""
        self._raise_if_broken_off()
        timer = threading.Timer(seconds + _GRACE, self.break_off, [NO_ANSWER])
        timer.daemon = True
        timer.start()
        try:
            yield
        except (SourceError, Unreadable):
            raise
        except Exception as error:
            self._raise_if_broken_off()
            if (explained := self._explain(error)) is None:
                raise
            raise explained from None
        finally:
            timer.cancel()

    def _raise_if_broken_off(self) -> None:
        if self._broken_off:
            raise self._could_not_ask(self._broken_off) from None

    def _could_not_ask(self, reason: object) -> Unanswered:
        return Unanswered(f"could not ask {self._to.address}: {library_reason(reason, self._to)}")

    def _out_of_reach(self, reason: object) -> Unanswered:
        forget(self._to.host, self._to.port)  # Another server may listen there next time.
        return Unanswered(f"cannot reach {self._to.address}: {library_reason(reason, self._to)}")

    def _refused(self, reason: object) -> SourceError:
        return SourceError(library_reason(reason, self._to))

    def break_off(self, reason: str) -> None:
        """End whatever the session waits for, here and at the server. May be called from any thread, and again."""
        with self._broken:
            if self._broken_off:
                return
            self._broken_off = reason
        with contextlib.suppress(Exception):
            self._cancel()
        with contextlib.suppress(Exception):
            self._hang_up()

    @abstractmethod
    def databases(self) -> list[str]:
        """List the databases that can be entered."""

    @abstractmethod
    def tables(self) -> list[str]:
        """List the tables and views whose rows can be read."""

    @abstractmethod
    def select_all(self, table: str) -> str:
        """Return the query for all of a table, under the name that it has in `tables`.

        Raises:
            Unreadable: there is no such table.
        """

    @abstractmethod
    def open(self, query: str) -> None:
        """Get ready to read the rows of a query, as far as that goes without running it.

        Raises:
            Unreadable: it is no plain read, or it cannot be read with these credentials.
            SourceError: the server could not be asked: it is too slow, or something is locked.
        """

    @abstractmethod
    def batches(self, as_text: set[str]) -> Iterator[pa.RecordBatch]:
        """Read the rows of the query that was opened; the columns in `as_text` as text.

        Raises:
            NoRoom: another column must be read as text.
        """

    @abstractmethod
    def start_afresh(self) -> None:
        """Go on after a refusal."""

    @abstractmethod
    def _connect(self) -> None: ...

    @abstractmethod
    def _prepare_session(self) -> None: ...

    @abstractmethod
    def _close(self) -> None: ...

    @abstractmethod
    def _cancel(self) -> None:
        """Tell the server, over a connection of its own, to stop."""

    @abstractmethod
    def _hang_up(self) -> None:
        """End the connection under a thread that waits for it."""

    @abstractmethod
    def _explain(self, error: Exception) -> SourceError | None:
        """Return what went wrong; None if it is not the server's or the driver's fault."""
