"""The five types of connector: what each needs, what its data sources look like, what it can list."""

from __future__ import annotations

from dataclasses import dataclass

_LOGIN = ("host", "port", "username", "password")


@dataclass(frozen=True)
class ConnectorType:
    """One type of connector."""

    required: tuple[str, ...]
    """Fields of the connector."""
    shapes: tuple[tuple[str, ...], ...]
    """Fields of a data source; each of these sets is one way to make it."""
    lists: tuple[str, ...]
    """What its source can list."""


CONNECTOR_TYPES = {
    "SQL": ConnectorType(_LOGIN, (("database", "table"), ("database", "request")), ("databases", "tables")),
    "FTP": ConnectorType(_LOGIN, (("path",),), ("paths",)),
    "SFTP": ConnectorType(_LOGIN, (("path",),), ("paths",)),
    "S3": ConnectorType(("username", "password"), (("bucket", "path"),), ("buckets", "paths")),
    "GCP": ConnectorType(
        ("googleCredentials",), (("database", "table"), ("bucket", "path")), ("buckets", "databases", "paths", "tables")
    ),
}

G_CLOUD_SHAPES = {"BigQuery": ("database", "table"), "Storage": ("bucket", "path")}
"""The shape that each Google service wants."""
