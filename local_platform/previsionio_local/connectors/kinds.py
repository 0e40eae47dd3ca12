"""The five kinds of connector: what each needs, what its data sources look like, what it can list."""

from __future__ import annotations

from dataclasses import dataclass

_LOGIN = ("host", "port", "username", "password")


@dataclass(frozen=True)
class Kind:
    """One kind of connector."""

    required: tuple[str, ...]
    """Fields of the connector."""
    shapes: tuple[tuple[str, ...], ...]
    """Fields of a data source; each of these sets is one way to make it."""
    lists: tuple[str, ...]
    """What its source can list."""


KINDS = {
    "SQL": Kind(_LOGIN, (("database", "table"), ("database", "request")), ("databases", "tables")),
    "FTP": Kind(_LOGIN, (("path",),), ("paths",)),
    "SFTP": Kind(_LOGIN, (("path",),), ("paths",)),
    "S3": Kind(("username", "password"), (("bucket", "path"),), ("buckets", "paths")),
    "GCP": Kind(
        ("googleCredentials",), (("database", "table"), ("bucket", "path")), ("buckets", "databases", "paths", "tables")
    ),
}

G_CLOUD_SHAPES = {"BigQuery": ("database", "table"), "Storage": ("bucket", "path")}
"""The shape that each Google service wants."""
