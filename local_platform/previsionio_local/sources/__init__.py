"""The sources behind connectors: SQL servers, file servers, object stores and BigQuery."""

from __future__ import annotations

from ..settings import SourceSettings
from .base import Connection, Location, NotFoundInSource, Source, SourceError
from .deadline import PunctualSource

__all__ = ["Connection", "Location", "NotFoundInSource", "Source", "SourceError", "open_source"]


def open_source(connection: Connection, settings: SourceSettings) -> Source:
    """Return the source behind `connection`, to be used in a `with` statement.

    Each kind brings heavy libraries along, which are imported when the first such source is opened.

    Raises:
        SourceError: the source cannot be reached.
    """
    return PunctualSource(lambda: _open(connection, settings), settings.lookup_timeout)


def _open(connection: Connection, settings: SourceSettings) -> Source:
    if connection.type == "SQL":
        from .sql import SQLSource

        return SQLSource(connection, settings)
    if connection.type == "FTP":
        from .ftp import FTPSource

        return FTPSource(connection, settings)
    if connection.type == "SFTP":
        from .sftp import SFTPSource

        return SFTPSource(connection, settings)
    if connection.type == "S3":
        from .s3 import S3Source

        return S3Source(connection, settings)
    from .google import GoogleSource

    return GoogleSource(connection, settings)
