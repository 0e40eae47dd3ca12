"""Prevision.io connectors and data sources as Pulumi resources.

The names below are imported when they are first used (PEP 562), so that the parts which need no Pulumi, such as the
command line, start without it. Type checkers and editors see all of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from ._core.results import ConnectorResult, DatasourceResult, ProjectResult
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
    from ._resources.connectors import (
        Connector,
        ConnectorArgs,
        FTPConnector,
        GCPConnector,
        S3Connector,
        SFTPConnector,
        SQLConnector,
    )
    from ._resources.dataset import Dataset
    from ._resources.datasource import Datasource
    from ._resources.lookups import (
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
    from ._resources.project import Project
    from ._resources.provider import Provider
    from ._resources.secret_sources import from_env, from_file
    from ._resources.sql_source import SQLSource

_MODULES = {
    "_errors": (
        "IdentityError",
        "InputError",
        "LookupFailed",
        "NotFound",
        "PlatformError",
        "PrevisionError",
        "Refused",
        "SettingsError",
        "Unreachable",
    ),
    "_core.results": ("ConnectorResult", "DatasourceResult", "ProjectResult"),
    "_resources.connectors": (
        "Connector",
        "ConnectorArgs",
        "FTPConnector",
        "GCPConnector",
        "S3Connector",
        "SFTPConnector",
        "SQLConnector",
    ),
    "_resources.dataset": ("Dataset",),
    "_resources.datasource": ("Datasource",),
    "_resources.lookups": (
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
    ),
    "_resources.project": ("Project",),
    "_resources.provider": ("Provider",),
    "_resources.secret_sources": ("from_env", "from_file"),
    "_resources.sql_source": ("SQLSource",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

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


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value  # the next time it is simply there
    return value


def __dir__() -> list[str]:
    return __all__
