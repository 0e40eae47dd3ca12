"""FTP and SFTP connectors, through fsspec.

A path is relative to the folder that the user lands in, unless it starts with a slash.
"""

from __future__ import annotations

import logging
import posixpath
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from ..settings import SourceSettings
from .base import MAX_PATHS, BaseSource, Connection, Location, NotFoundInSource, SourceError, library_reason

if TYPE_CHECKING:
    import pyarrow as pa

MAX_FOLDERS_SECONDS = 10.0
"""Listing folder after folder ends here, with what was found."""


class FileSource(BaseSource):
    """A server that holds files in folders. Subclasses connect."""

    errors: ClassVar[tuple[type[Exception], ...]]
    """What the protocol's library raises."""

    _files: Any = None
    _home: str = "/"

    def __init__(self, connection: Connection, settings: SourceSettings) -> None:
        self._to = connection
        self._settings = settings

    def check(self) -> None:
        with self._connected():
            pass

    def paths(self, bucket: str | None = None) -> list[str]:  # noqa: ARG002
        with self._connected():
            return sorted(self._walk())

    def find(self, location: Location) -> None:
        with self._connected():
            self._find(location.path or "")

    def batches(self, location: Location) -> Iterator[pa.RecordBatch]:
        from .tabular import read_table, spooled

        with spooled(self._settings.spool) as spool:
            with self._connected():
                self._find(location.path or "")
                self._fetch(self._absolute(location.path or ""), spool)
            yield from read_table(spool)

    def close(self) -> None:
        raise NotImplementedError

    def _connect(self) -> None:
        raise NotImplementedError

    def _fetch(self, path: str, into: Any) -> None:
        self._files.get_file(path, into)

    @contextmanager
    def _connected(self) -> Iterator[None]:
        try:
            if self._files is None:
                self._connect()
            yield
        except self.errors as error:
            raise SourceError(library_reason(error, self._to)) from None

    def _absolute(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(self._home, path))

    def _relative(self, path: str) -> str:
        home = self._home.rstrip("/") + "/"
        return path.removeprefix(home) if path.startswith(home) else path

    def _walk(self) -> Iterator[str]:
        """List files from the user's folder on, nearest folders first."""
        deadline = time.monotonic() + MAX_FOLDERS_SECONDS
        folders = [self._home]
        found = 0
        while folders and time.monotonic() < deadline:
            folder = folders.pop(0)
            try:
                entries = self._files.ls(folder, detail=True)
            except self.errors as error:
                if folder == self._home:
                    raise
                logging.getLogger(__name__).debug("skipped a folder that cannot be listed: %s", error)
                continue
            for entry in entries:
                if entry["type"] == "directory":
                    folders.append(entry["name"])
                    continue
                yield self._relative(entry["name"])
                found += 1
                if found == MAX_PATHS:
                    return

    def _find(self, path: str) -> None:
        wanted = self._absolute(path)
        try:
            kind = self._files.info(wanted)["type"]
        except self.errors:
            kind = None
        if kind in ("file", "link"):
            return
        missing = f"'{path}' is a folder on {self._to.address}" if kind else f"no file '{path}' on {self._to.address}"
        raise NotFoundInSource(missing, "path", path, self._walk())
