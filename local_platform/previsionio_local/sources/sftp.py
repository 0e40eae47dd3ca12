"""SFTP connectors."""

from __future__ import annotations

import logging
from typing import BinaryIO

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem  # type: ignore[import-untyped]

from .base import SourceError, access_denied, library_reason, unreachable
from .files import FileSource

_REQUESTS_IN_FLIGHT = 64

# Paramiko logs every refused connection; here the caller gets the reason in the answer.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class _Files(SFTPFileSystem):  # type: ignore[misc]  # fsspec has no types
    def _connect(self) -> None:
        try:
            super()._connect()
        except BaseException:
            self.client.close()
            raise


class SFTPSource(FileSource):
    """An SFTP server. Its host key is accepted as it comes, since a connector holds none to compare it with."""

    errors = (paramiko.SSHException, EOFError, OSError, ValueError)

    def close(self) -> None:
        if self._files is not None:
            self._files.client.close()

    def _connect(self) -> None:
        to = self._to
        timeout = self._settings.connect_timeout
        try:
            self._files = _Files(
                to.host,
                port=to.port,
                username=to.username,
                password=to.password,
                timeout=timeout,
                banner_timeout=timeout,
                auth_timeout=timeout,
                # Only what the connector says, not the keys of whoever runs the platform.
                allow_agent=False,
                look_for_keys=False,
                skip_instance_cache=True,
            )
            self._files.ftp.get_channel().settimeout(self._settings.read_timeout)
            self._home = self._files.ftp.normalize(".")
        except paramiko.ssh_exception.NoValidConnectionsError as error:
            raise unreachable(to.address, next(iter(error.errors.values()))) from None
        except paramiko.AuthenticationException:
            raise SourceError(access_denied(to)) from None
        except paramiko.SSHException as error:
            raise SourceError(f"no SFTP server answers at {to.address}: {library_reason(error, to)}") from None
        except (OSError, EOFError, UnicodeError) as error:
            raise unreachable(to.address, error) from None

    def _fetch(self, path: str, into: BinaryIO) -> None:
        self._files.ftp.getfo(path, into, max_concurrent_prefetch_requests=_REQUESTS_IN_FLIGHT)
