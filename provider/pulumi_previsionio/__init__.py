"""Prevision.io connectors and data sources as Pulumi resources."""

from ._connectors import (
    Connector,
    ConnectorArgs,
    FTPConnector,
    GCPConnector,
    S3Connector,
    SFTPConnector,
    SQLConnector,
)
from ._dataset import Dataset
from ._datasource import Datasource
from ._errors import (
    IdentityError,
    InputError,
    LookupFailed,
    NotFound,
    PlatformError,
    PrevisionError,
    Refused,
    SettingsError,
    Unreachable,
)
from ._project import Project
from ._secret_sources import from_env, from_file
from ._version import __version__

__all__ = [
    "Connector",
    "ConnectorArgs",
    "Dataset",
    "Datasource",
    "FTPConnector",
    "GCPConnector",
    "IdentityError",
    "InputError",
    "LookupFailed",
    "NotFound",
    "PlatformError",
    "PrevisionError",
    "Project",
    "Refused",
    "S3Connector",
    "SFTPConnector",
    "SQLConnector",
    "SettingsError",
    "Unreachable",
    "__version__",
    "from_env",
    "from_file",
]
