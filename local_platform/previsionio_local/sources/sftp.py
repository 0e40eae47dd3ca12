"""SFTP connectors, through paramiko."""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any

import paramiko
from paramiko.sftp import CMD_CLOSE, CMD_OPENDIR, CMD_READDIR

from .base import SourceError, access_denied, library_reason, unreachable
from .files import Entry, FileSource, FolderNotFile, MissingFile, UnlistableFolder, UnreadableFile

_REQUESTS_IN_FLIGHT = 64

# Paramiko logs every refused connection; here the caller gets the reason in the answer.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class SFTPSource(FileSource):
    """An SFTP server. Its host key is accepted as it comes, since a connector holds none to compare it with."""

    errors = (paramiko.SSHException, EOFError, OSError, ValueError)

    _client: paramiko.SSHClient | None = None
    _files: paramiko.SFTPClient

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _connect(self) -> None:
        if self._client is not None:
            return
        to, timeout = self._to, self._settings.connect_timeout
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())  # noqa: S507 - see the class
        try:
            client.connect(
                to.host,
                to.port,
                to.username,
                to.password,
                timeout=timeout,
                banner_timeout=timeout,
                auth_timeout=timeout,
                channel_timeout=timeout,
                # Only what the connector says, not the keys of whoever runs the platform.
                allow_agent=False,
                look_for_keys=False,
            )
            self._files = client.open_sftp()
            channel = self._files.get_channel()
            if channel:
                channel.settimeout(self._settings.read_timeout)
            self._home = self._files.normalize(".")
            self._client = client
        except paramiko.ssh_exception.NoValidConnectionsError as error:
            raise unreachable(to.address, next(iter(error.errors.values()))) from None
        except paramiko.AuthenticationException:
            raise SourceError(access_denied(to)) from None
        except paramiko.SSHException as error:
            raise SourceError(f"no SFTP server answers at {to.address}: {library_reason(error, to)}") from None
        except (OSError, EOFError, UnicodeError, ValueError) as error:
            raise unreachable(to.address, error) from None
        finally:
            if self._client is None:
                client.close()

    def _read_beginning(self, path: str, size: int) -> bytes:
        try:
            name = self._right_spelling(path)
            # Some servers open folders like files.
            if stat.S_ISDIR(self._files.stat(name).st_mode or 0):
                raise FolderNotFile
            with self._files.open(name, "rb") as file:
                return file.read(size)
        except PermissionError as error:
            raise UnreadableFile(error.strerror or str(error)) from None
        except (FileNotFoundError, UnicodeError):
            raise MissingFile from None

    def _size(self, path: str) -> int:
        return self._files.stat(self._right_spelling(path)).st_size or 0

    def _part(self, path: str, start: int, size: int) -> bytes:
        with self._files.open(self._right_spelling(path), "rb") as file:
            file.seek(start)
            return file.read(size)

    def _fetch(self, path: str, into: IO[bytes]) -> None:
        self._files.getfo(self._right_spelling(path), into, max_concurrent_prefetch_requests=_REQUESTS_IN_FLIGHT)

    def _right_spelling(self, path: str) -> str | bytes:
        """Return the path as this server has it: in UTF-8, or in Latin-1 as old servers do."""
        if not path.isascii():
            try:
                self._files.stat(path)
            except FileNotFoundError:
                with suppress(UnicodeEncodeError):
                    return path.encode("latin-1")
        return path

    def _list(self, folder: str) -> list[Entry]:
        entries: list[Entry] = []
        try:
            for name, mode in _entries(self._files, folder):
                if not stat.S_ISLNK(mode) or self._is_file(folder.rstrip("/").encode() + b"/" + name):
                    entries.append(Entry(_text(name), stat.S_ISDIR(mode)))
        except TimeoutError:
            raise
        except OSError as error:
            raise UnlistableFolder(error.strerror or str(error), tuple(entries)) from None
        return entries

    def _is_file(self, path: bytes) -> bool:
        try:
            return stat.S_ISREG(self._files.stat(path).st_mode or 0)
        except OSError:
            return False


def _entries(files: paramiko.SFTPClient, folder: str) -> Iterator[tuple[bytes, int]]:
    """Yield names and modes. Paramiko's own listing ends at the first name that is not UTF-8.

    See https://github.com/paramiko/paramiko/issues/546; a test notices when it is mended.
    """
    client: Any = files
    handle = client._request(CMD_OPENDIR, folder)[1].get_string()
    try:
        while True:
            answer = client._request(CMD_READDIR, handle)[1]
            for _ in range(answer.get_int()):
                name = answer.get_string()
                answer.get_string()
                mode = paramiko.SFTPAttributes._from_msg(answer).st_mode or 0  # type: ignore[attr-defined]
                if name not in (b".", b".."):
                    yield name, mode
    except EOFError:
        return
    finally:
        client._request(CMD_CLOSE, handle)


def _text(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("latin-1")
