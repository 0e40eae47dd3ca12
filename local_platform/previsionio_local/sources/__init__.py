"""The sources behind connectors: SQL servers, file servers, object stores and BigQuery."""

from __future__ import annotations

from collections.abc import Callable

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
    kind = _source_class(connection.type)
    return PunctualSource(lambda: kind(connection, settings), settings.lookup_timeout)


def _source_class(connector_type: str) -> Callable[[Connection, SourceSettings], Source]:
    if connector_type == "SQL":
        from .sql import SQLSource

        return SQLSource
    if connector_type == "FTP":
        from .ftp import FTPSource

        return FTPSource
    if connector_type == "SFTP":
        from .sftp import SFTPSource

        return SFTPSource
    if connector_type == "S3":
        from .s3 import S3Source

        return S3Source
    from .google import GoogleSource

    return GoogleSource
