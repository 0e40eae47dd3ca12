"""What FTP and SFTP connectors have in common.

A path is relative to the folder that the user lands in, unless it starts with a slash.
"""

from __future__ import annotations

import posixpath
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING, ClassVar

from ..settings import SourceSettings
from .base import (
    MAX_PATHS,
    BaseSource,
    Connection,
    Listing,
    Location,
    NotFoundInSource,
    SourceError,
    library_reason,
    raise_if_disk_is_full,
)
from .remote_file import BEGINNING, RemoteFile

if TYPE_CHECKING:
    import pyarrow as pa

MAX_FOLDERS_SECONDS = 10.0
"""Listing folder after folder ends here, with what was found."""


@dataclass(frozen=True)
class Entry:
    """What a folder holds."""

    name: str
    is_folder: bool


class MissingFile(Exception):
    """There is no such file."""


class FolderNotFile(Exception):
    """The path is one of a folder."""


class UnlistableFolder(Exception):
    """A folder that cannot be listed, or only in part.

    Attributes:
        entries: what could be listed.
    """

    def __init__(self, reason: str, entries: tuple[Entry, ...] = ()) -> None:
        super().__init__(reason)
        self.entries = entries


class UnreadableFile(Exception):
    """The file is there, but not for this user."""


class NoParts(Exception):
    """The server sends files only whole."""


class FileSource(BaseSource):
    """A server that holds files in folders. Subclasses speak its protocol."""

    errors: ClassVar[tuple[type[Exception], ...]]
    """What the protocol's library raises."""

    _home: str = "/"

    def __init__(self, connection: Connection, settings: SourceSettings) -> None:
        self._to = connection
        self._settings = settings

    def check(self) -> None:
        with self._connected():
            pass

    def paths(self, bucket: str | None = None) -> Listing:  # noqa: ARG002
        with self._connected():
            try:
                return self._walk()
            except UnlistableFolder as error:
                raise SourceError(f"the folder '{self._home}' cannot be listed: {error}") from None

    def find(self, location: Location) -> None:
        """Read the parts of a file that tell: what can be read by a snapshot is found, and nothing else is."""
        from .tabular import check_file, read_table

        path, spool = location.path or "", self._settings.spool
        beginning = self._beginning(path)
        try:
            check_file(RemoteFile(beginning, partial(self._asked_size, path), partial(self._asked_part, path)), spool)
        except NoParts:
            with self._fetched(path) as file:
                next(read_table(file, spool))

    def batches(self, location: Location) -> Iterator[pa.RecordBatch]:
        from .tabular import read_table

        self.find(location)
        with self._fetched(location.path or "") as file:
            yield from read_table(file, self._settings.spool)

    def close(self) -> None:
        raise NotImplementedError

    def _connect(self) -> None:
        """Connect and log in, unless that is done."""
        raise NotImplementedError

    def _read_beginning(self, path: str, size: int) -> bytes:
        """Read up to `size` bytes; raise one of the exceptions of this module if the file cannot be opened."""
        raise NotImplementedError

    def _size(self, path: str) -> int:
        """Return how many bytes a file has; raise `NoParts` if the server does not tell."""
        raise NotImplementedError

    def _part(self, path: str, start: int, size: int) -> bytes:
        """Read some bytes from the middle of a file; raise `NoParts` if the server only sends whole files."""
        raise NotImplementedError

    def _fetch(self, path: str, into: IO[bytes]) -> None:
        raise NotImplementedError

    def _list(self, folder: str) -> list[Entry]:
        """List a folder; links are what they lead to, and left out if that is a folder or nothing."""
        raise NotImplementedError

    def _beginning(self, path: str) -> bytes:
        try:
            with self._connected():
                return self._read_beginning(self._absolute(path), BEGINNING)
        except FolderNotFile:
            raise self._not_found(f"'{path}' is a folder on {self._to.address}", path) from None
        except MissingFile:
            raise self._not_found(f"no file '{path}' on {self._to.address}", path) from None
        except UnreadableFile as error:
            raise SourceError(
                f"the file '{path}' on {self._to.address} may not be read by '{self._to.username}': "
                f"{library_reason(error, self._to)}"
            ) from None

    def _asked_size(self, path: str) -> int:
        with self._connected():
            return self._size(self._absolute(path))

    def _asked_part(self, path: str, start: int, size: int) -> bytes:
        with self._connected():
            return self._part(self._absolute(path), start, size)

    @contextmanager
    def _fetched(self, path: str) -> Iterator[IO[bytes]]:
        from .tabular import spooled

        with spooled(self._settings.spool) as file:
            with self._connected():
                self._fetch(self._absolute(path), file)
            yield file

    @contextmanager
    def _connected(self) -> Iterator[None]:
        try:
            self._connect()
            yield
        except TimeoutError:
            raise SourceError(f"{self._to.address} gives no answer in time") from None
        except self.errors as error:
            raise_if_disk_is_full(error)
            raise SourceError(f"{self._to.address} refused: {library_reason(error, self._to)}") from None

    def _absolute(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(self._home, path))

    def _relative(self, path: str) -> str:
        home = self._home.rstrip("/") + "/"
        return path.removeprefix(home) if path.startswith(home) else path

    def _walk(self) -> Listing:
        """List files from the user's folder on, nearest folders first."""
        deadline = time.monotonic() + MAX_FOLDERS_SECONDS
        folders = deque([self._home])
        found: list[str] = []
        complete = True
        while folders:
            folder = folders.popleft()
            try:
                entries = self._list(folder)
            except UnlistableFolder as error:
                if folder == self._home and not error.entries:
                    raise
                entries, complete = list(error.entries), False
            for entry in entries:
                path = posixpath.join(folder, entry.name)
                if entry.is_folder:
                    folders.append(path)
                else:
                    found.append(self._relative(path))
            if len(found) > MAX_PATHS or (folders and time.monotonic() > deadline):
                return Listing(sorted(found[:MAX_PATHS]), complete=False)
        return Listing(sorted(found), complete=complete)

    def _not_found(self, message: str, path: str) -> NotFoundInSource:
        try:
            existing: list[str] = self.paths()
        except SourceError:
            existing = []
        return NotFoundInSource(message, "path", path, (each for each in existing if each != path))
