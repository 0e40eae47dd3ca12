"""Copies the rows of sources into snapshots, in the background."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Hashable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ..database import Database
from ..events import EventHub
from ..sources import SourceError
from ..sources.cancellation import Cancellation
from .snapshots import Size, write_snapshot
from .turns import Turns

if TYPE_CHECKING:
    import pyarrow as pa

_SECONDS_TO_STOP = 2.0
_SECONDS_TO_STORE = 1.0

_log = logging.getLogger(__name__)


Rows: TypeAlias = "Generator[pa.RecordBatch, None, None]"
"""The rows of a source; closing it lets go of the source."""


@dataclass(frozen=True)
class Job:
    """One copy to make."""

    dataset_id: str
    read: Callable[[Cancellation], Rows]
    """Opens the source and reads its rows, until it is to stop."""
    source: Hashable = None
    """Which source; copies of one leave places to those of others."""
    upload: Path | None = None
    """A file that is read, and removed when the job is over."""


class Copier:
    """Works through copies until it is stopped. What it did not finish is marked as failed at the next start."""

    def __init__(self, folder: Path, database: Database, events: EventHub, places: int) -> None:
        self._folder = folder
        self._database = database
        self._events = events
        self._places = places
        self._turns = Turns[Job](places)
        self._under_way: dict[str, Cancellation] = {}
        self._copied: dict[str, int] = {}
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._fail_unfinished()
        self.sweep()

    def path(self, dataset_id: str) -> Path:
        """Where a dataset's rows are."""
        return self._folder / f"{dataset_id}.parquet"

    def submit(self, job: Job) -> None:
        """Make a copy as soon as a worker is free. Its dataset must be stored already."""
        self._turns.put(job)
        if len(self._threads) < self._places:
            # A daemon: a source that hangs must not keep the platform from ending.
            thread = threading.Thread(target=self._work, name="previsionio-local copy", daemon=True)
            self._threads.append(thread)
            thread.start()

    def forget(self, dataset_ids: Iterable[str]) -> None:
        """Remove the rows of deleted datasets, and break their copies off, at the source as well."""
        gone = set(dataset_ids)
        for job in self._turns.drop(gone):
            _remove_upload(job)
        for dataset_id in gone:
            if cancellation := self._under_way.get(dataset_id):
                cancellation.cancel()
            self.path(dataset_id).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove the rows that no dataset owns, as a crash may have left them."""
        # In this order: rows whose dataset is made in the meantime are not among those that are there now.
        there = list(self._folder.glob("*.parquet"))
        with self._database.read() as session:
            owners = set(session.scalars("SELECT id FROM datasets"))
        for path in there:
            if path.stem not in owners:
                path.unlink(missing_ok=True)

    def progress(self, dataset_id: str) -> int | None:
        """Return how many rows of a copy under way are there; None if it is not under way."""
        return self._copied.get(dataset_id)

    def stop(self) -> None:
        """Break off the copies under way."""
        self._stopping.set()
        self._turns.close()
        for cancellation in list(self._under_way.values()):
            cancellation.cancel()
        deadline = time.monotonic() + _SECONDS_TO_STOP
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
        while job := self._turns.take():
            cancellation = self._under_way[job.dataset_id] = Cancellation()
            try:
                self._copy(job, cancellation)
            finally:
                del self._under_way[job.dataset_id]
                self._turns.done(job)

    def _copy(self, job: Job, cancellation: Cancellation) -> None:
        try:
            # Asked when the copy can be broken off already: a dataset deleted from here on breaks it off.
            if not self._store(job, state="running"):
                return
            with closing(job.read(cancellation)) as rows:
                size = write_snapshot(self.path(job.dataset_id), rows, lambda count: self._wanted(job, count))
        except SourceError as error:
            self._fail(job, str(error))
        except OSError as error:
            self._fail(job, f"the rows cannot be stored: {error.strerror or error}")
        except Exception as error:  # noqa: BLE001 - whatever it was: nobody must wait for ever
            # Only the kind of error: its text may quote credentials.
            _log.error("copy of dataset %s failed: %s", job.dataset_id, type(error).__name__)
            self._fail(job, f"the copy failed unexpectedly ({type(error).__name__})")
        else:
            if size:
                self._finish(job, size)
        finally:
            self._copied.pop(job.dataset_id, None)
            _remove_upload(job)

    def _finish(self, job: Job, size: Size) -> None:
        done = self._store_end(job, state="done", rows=size.rows, columns=size.columns, size=size.bytes)
        if not done:
            self.forget([job.dataset_id])

    def _fail(self, job: Job, reason: str) -> None:
        if not self._stopping.is_set():
            self._store_end(job, state="failed", error=" ".join(reason.split()))

    def _store_end(self, job: Job, **values: Any) -> bool:
        """Store how a copy ended, as soon as the disk has room for that."""
        while True:
            with contextlib.suppress(sqlite3.DatabaseError):
                return self._store(job, **values)
            if self._stopping.wait(_SECONDS_TO_STORE):
                return True  # The next start marks it as failed.

    def _store(self, job: Job, **values: Any) -> bool:
        """Change the stored dataset, then tell the listeners; False if it was deleted."""
        with self._database.write() as session:
            columns = ", ".join(f"{column} = ?" for column in values)
            changed = f"UPDATE datasets SET {columns} WHERE id = ?"  # noqa: S608 - names of our own
            there = session.execute(changed, *values.values(), job.dataset_id).rowcount > 0
        if there and values["state"] != "running":
            self._events.publish("DATASET_UPDATE", job.dataset_id)
        return there

    def _wanted(self, job: Job, rows: int) -> bool:
        self._copied[job.dataset_id] = rows
        if self._stopping.is_set():
            return False
        with self._database.read() as session:
            return session.scalars("SELECT 1 FROM datasets WHERE id = ?", job.dataset_id) != []

    def _fail_unfinished(self) -> None:
        """After a restart: what was being copied is lost."""
        with self._database.write() as session:
            session.execute(
                "UPDATE datasets SET state = 'failed', error = 'the platform was stopped during the copy' "
                "WHERE state IN ('pending', 'running')"
            )
        for left_over in self._folder.glob("*.part"):
            left_over.unlink()


def _remove_upload(job: Job) -> None:
    if job.upload:
        job.upload.unlink(missing_ok=True)
