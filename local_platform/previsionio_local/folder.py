"""The data folder: nobody else can read it, and its small files are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Errors of a disk, a share or a file that can grow no more."""

_NO_RIGHT = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class FolderError(RuntimeError):
    """The data folder cannot be used. The message is one line that names the file and says what to do."""


class FolderInUseError(FolderError):
    """Another platform runs on the same data folder."""


@contextmanager
def opened(folder: Path) -> Iterator[None]:
    """Make the folder if it is not there, keep others out of it, and hold it until the end.

    Raises:
        FolderInUseError: another platform runs on it.
        FolderError: it cannot be used.
    """
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _tighten(folder)
        lock = os.open(folder / "lock", os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(lock, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FolderInUseError(f"the folder {folder} is in use by another local platform") from None
        with explained(folder):
            for path in folder.iterdir():
                _tighten(path)
            for unfinished in folder.glob("*.part"):
                unfinished.unlink()
        yield


@contextmanager
def explained(file: Path) -> Iterator[None]:
    """Turn an `OSError` of the block into a `FolderError` about `file`, or about the file that the error names."""
    try:
        yield
    except OSError as error:
        name = error.filename if isinstance(error.filename, str) else file
        raise FolderError(f"{name}: {_advice(error)}") from None


def kept(file: Path, whole: re.Pattern[str], make: Callable[[], str], remedy: str) -> str:
    """Return the text of a small file; write what `make` returns if it is not there.

    Args:
        file: where it is kept.
        whole: matches the text of a file that is whole.
        make: returns a text for a new file.
        remedy: what to do about a damaged file.

    Raises:
        FolderError: it is damaged, or can be neither read nor written.
    """
    with explained(file):
        try:
            text = file.read_text("ascii", errors="replace").strip()
        except FileNotFoundError:
            text = make()
            write_whole(file, text)
    if not whole.fullmatch(text):
        raise FolderError(f"{file} is damaged: {remedy}")
    return text


def write_whole(file: Path, text: str) -> None:
    """Write a file that only its owner can read; it is there whole or not at all, also after a crash."""
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as new:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        part.rename(file)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    _sync(file.parent)


def _sync(folder: Path) -> None:
    """Have the names in a folder survive a crash."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _tighten(path: Path) -> None:
    """Take from others what they may do with a file or folder; fails if it is somebody else's."""
    if path.exists() and (mode := stat.S_IMODE(path.stat().st_mode)) & _OTHERS:
        path.chmod(mode & ~_OTHERS)


def _advice(error: OSError) -> str:
    if error.errno in NO_ROOM:
        return "the disk is full: make room, then start again"
    if error.errno in _NO_RIGHT:
        return "this user may not write here: change that, or choose another folder with --data"
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return "there is a file of that name: choose another folder with --data"
    return f"{(error.strerror or type(error).__name__).lower()}: mend that, or choose another folder with --data"
