"""A file on a server, of which only those parts are fetched that somebody reads."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cached_property

BEGINNING = 64 << 10
"""Bytes of a file that a look-up reads, whatever the file is."""


class RemoteFile(io.RawIOBase):
    """Reads a file part by part, in any order.

    Args:
        beginning: the first `BEGINNING` bytes, or the whole file if it is shorter.
        size: asks for the size of the file.
        fetch: fetches bytes, given the first one's place and how many there are; fails with a `SourceError` only.
    """

    def __init__(self, beginning: bytes, size: Callable[[], int], fetch: Callable[[int, int], bytes]) -> None:
        self.beginning = beginning
        self._ask_size = size
        self._fetch = fetch
        self._place = 0

    @property
    def is_whole(self) -> bool:
        """Whether the beginning is all."""
        return len(self.beginning) < BEGINNING

    @cached_property
    def _size(self) -> int:
        return len(self.beginning) if self.is_whole else self._ask_size()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size if whence == io.SEEK_END else 0}
        self._place = base[whence] + offset
        if self._place < 0:
            raise ValueError("there is nothing before the beginning")
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.beginning[self._place : self._place + len(buffer)]
        if not data and (wanted := min(len(buffer), self._size - self._place)) > 0:
            data = self._fetch(self._place, wanted)
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)
