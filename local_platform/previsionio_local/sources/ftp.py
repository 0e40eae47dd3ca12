"""FTP connectors."""

from __future__ import annotations

import ftplib

from fsspec.implementations.ftp import FTPFileSystem  # type: ignore[import-untyped]

from .base import SourceError, access_denied, library_reason, unreachable
from .files import FileSource


class _Files(FTPFileSystem):  # type: ignore[misc]  # fsspec has no types
    def _connect(self) -> None:
        try:
            super()._connect()
        except BaseException:
            self.ftp.close()
            raise


class FTPSource(FileSource):
    """An FTP server."""

    errors = (ftplib.Error, EOFError, OSError, ValueError)

    def close(self) -> None:
        if self._files is not None:
            self._files.ftp.close()

    def _connect(self) -> None:
        to = self._to
        try:
            self._files = _Files(
                to.host,
                to.port,
                to.username,
                to.password,
                timeout=self._settings.connect_timeout,
                skip_instance_cache=True,
                use_listings_cache=False,
            )
            self._home = self._files.ftp.pwd() or "/"
        except ftplib.error_perm as error:
            raise SourceError(
                access_denied(to) if str(error).startswith("530") else library_reason(error, to)
            ) from None
        except (ftplib.Error, EOFError, UnicodeDecodeError) as error:
            raise SourceError(f"no FTP server answers at {to.address}: {library_reason(error, to)}") from None
        except (OSError, UnicodeError) as error:
            raise unreachable(to.address, error) from None
