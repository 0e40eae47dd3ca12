"""What a local platform is started with."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

API = "/ext/v1"
"""Where the paths of the platform's own contract begin."""


@dataclass(frozen=True)
class SourceSettings:
    """How the platform reaches the sources behind connectors.

    The platform's own API has no field for an endpoint, so S3 and Google connectors are aimed at an emulator here.
    """

    s3_endpoint: str | None = None
    """Address of an S3 service; default: Amazon's."""
    s3_region: str = "us-east-1"
    gcs_endpoint: str | None = None
    """Address of a Google Storage service; default: Google's."""
    bigquery_endpoint: str | None = None
    """Address of a BigQuery service; default: Google's."""
    connect_timeout: float = 5.0
    """Seconds to wait for a connection."""
    read_timeout: float = 15.0
    """Seconds to wait for an answer, except to the query behind a snapshot."""
    lock_timeout: float = 5.0
    """Seconds to wait for a table that somebody else has locked, except for a snapshot."""
    copy_timeout: float = 3600.0
    """Seconds that a source may keep a snapshot waiting for its next rows."""
    lookup_timeout: float = 25.0
    """Seconds that a whole look-up may take; a source that takes longer could not be asked."""
    spool: Path = field(default_factory=lambda: Path(tempfile.gettempdir()))
    """Folder for files on their way from a source into a snapshot."""


@dataclass(frozen=True)
class Settings:
    """The settings of one local platform."""

    data: Path
    """The folder that keeps everything: objects, snapshots, key and token."""
    token: str | None = field(default=None, repr=False)
    """The token that callers must send; default: made once and kept in the data folder."""
    update: bool = True
    """Whether connectors, data sources and projects can be updated in place (`PUT`)."""
    page_size: int = 50
    """Items on a page of a list."""
    sources: SourceSettings = field(default_factory=SourceSettings)
    allowed_hosts: tuple[str, ...] = ()
    """Names by which the platform may be called, beside `localhost` and addresses in numbers."""
    request_timeout: float = 30.0
    """Seconds that a request may take to come in whole, and that a longer body may pause."""
    copies: int = 16
    """Snapshots that are copied at once; one source never has more than half of them."""
