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
from ._lookups import (
    ConnectorResult,
    DatasourceResult,
    ProjectResult,
    get_connector,
    get_connector_output,
    get_datasource,
    get_datasource_output,
    get_project,
    get_project_output,
    list_connectors,
    list_connectors_output,
    list_databases,
    list_databases_output,
    list_datasources,
    list_datasources_output,
    list_tables,
    list_tables_output,
)
from ._project import Project
from ._provider import Provider
from ._secret_sources import from_env, from_file
from ._sql_source import SQLSource
from ._version import __version__

__all__ = [
    "Connector",
    "ConnectorArgs",
    "ConnectorResult",
    "Dataset",
    "Datasource",
    "DatasourceResult",
    "FTPConnector",
    "GCPConnector",
    "IdentityError",
    "InputError",
    "LookupFailed",
    "NotFound",
    "PlatformError",
    "PrevisionError",
    "Project",
    "ProjectResult",
    "Provider",
    "Refused",
    "S3Connector",
    "SFTPConnector",
    "SQLConnector",
    "SQLSource",
    "SettingsError",
    "Unreachable",
    "__version__",
    "from_env",
    "from_file",
    "get_connector",
    "get_connector_output",
    "get_datasource",
    "get_datasource_output",
    "get_project",
    "get_project_output",
    "list_connectors",
    "list_connectors_output",
    "list_databases",
    "list_databases_output",
    "list_datasources",
    "list_datasources_output",
    "list_tables",
    "list_tables_output",
]
