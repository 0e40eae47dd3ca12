"""The same classes as the package's own, managed by the plugin `pulumi-resource-previsionio`.

A program changes one line: `import pulumi_previsionio.native as previsionio`. The engine must find the plugin, which
this package brings: see the README. What it wins is `pulumi import`, differences by property, and previews of all
outputs but the id.

Resources made by the dynamic classes are taken over by an alias, with one update that touches nothing on the platform.
The way back is a state that was saved before (`pulumi stack export`).
"""

import functools
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import pulumi
from pulumi import Input

from ._core.engine_memory import DEFAULT_NAME
from ._core.kind import Kind
from ._core.names import PACKAGE, camel, dynamic_token, semantic_version, token
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
from ._platform.settings import NAMESPACE
from ._resources import connectors, dataset, datasource, project, provider, sql_source
from ._resources.base import PrevisionResource
from ._resources.connectors import Connector, ConnectorArgs
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
from ._resources.secret_sources import from_env, from_file
from ._version import __version__

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = [
    "Connector",
    "ConnectorArgs",
    "ConnectorResult",
    "Dataset",
    "Datasource",
    "DatasourceResult",
    "FTPConnector",
    "GCPConnector",
    "GCloud",
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

_VERSION = semantic_version(__version__)


class _Native(PrevisionResource):
    """Registers a resource of the plugin in place of a dynamic one."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._can_be_imported = True
        for name in cls._provider_class.kind.types:  # by these the SDK finds the outputs
            setattr(cls, name, pulumi.property(camel(name)))

    def _register(self, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        kind: Kind = self._provider_class.kind
        inputs = object.__new__(_input_type(kind))
        inputs.__dict__.update({key: value for key, value in properties.items() if key != DEFAULT_NAME})
        own = pulumi.ResourceOptions(version=_VERSION, aliases=[_dynamic_alias(kind, name, opts)])
        opts = pulumi.ResourceOptions.merge(own, opts)
        pulumi.CustomResource.__init__(self, token(kind.name), name, inputs, opts)


def _dynamic_alias(kind: Kind, name: str, opts: pulumi.ResourceOptions | None) -> pulumi.Alias | str:
    """The same resource, made by the dynamic class. To make this text of an `Alias` takes the SDK a thousand calls."""
    type_ = dynamic_token(kind)
    if opts is not None and opts.parent is not None:
        return pulumi.Alias(type_=type_)
    return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{type_}::{name}"


@functools.cache
def _input_type(kind: Kind) -> type[Any]:
    """A type whose objects hold inputs: the SDK learns their names from it, and leaves those inside of values alone."""
    properties = {field.name: pulumi.property(camel(field.name)) for field in kind.fields}
    plain = type(f"{kind.name}Properties", (), {"__annotations__": dict.fromkeys(properties, Any), **properties})
    return pulumi.input_type(plain)


class SQLConnector(connectors.SQLConnector, _Native):
    """A connector to an SQL server, see `pulumi_previsionio.SQLConnector`."""


class FTPConnector(connectors.FTPConnector, _Native):
    """A connector to an FTP server, see `pulumi_previsionio.FTPConnector`."""


class SFTPConnector(connectors.SFTPConnector, _Native):
    """A connector to an SFTP server, see `pulumi_previsionio.SFTPConnector`."""


class S3Connector(connectors.S3Connector, _Native):
    """A connector to Amazon S3, see `pulumi_previsionio.S3Connector`."""


class GCPConnector(connectors.GCPConnector, _Native):
    """A connector to Google Cloud, see `pulumi_previsionio.GCPConnector`."""


class Project(project.Project, _Native):
    """A project, see `pulumi_previsionio.Project`."""


class GCloud(str, Enum):
    """A service of Google Cloud, as generated programs write it."""

    BIG_QUERY = "BigQuery"
    STORAGE = "Storage"


class DatasourceArgs(TypedDict, total=False):
    """What a data source takes beside its connector, see `Datasource`."""

    database: Input[str] | None
    table: Input[str] | None
    request: Input[str] | None
    bucket: Input[str] | None
    path: Input[str] | None
    g_cloud: Input[Literal["BigQuery", "Storage"]] | None
    name: Input[str] | None
    project_id: Input[str] | None
    verify_source: Input[bool] | None
    opts: pulumi.ResourceOptions | None


class Datasource(datasource.Datasource, _Native):
    """A source of data behind a connector, see `pulumi_previsionio.Datasource`."""

    def __init__(
        self,
        resource_name: str,
        *,
        connector: Connector | Input[ConnectorResult] | Input[str] | None = None,
        connector_id: Input[str] | None = None,
        **others: "Unpack[DatasourceArgs]",
    ) -> None:
        """A source of data behind a connector.

        Args:
            resource_name: its name in the program.
            connector: a connector resource, what `get_connector` found, or the id of one. A change is a replacement.
            connector_id: the id of one, as programs of `pulumi import` say it; give either.
            **others: see `DatasourceArgs`.

        Raises:
            InputError: the inputs are none of the shapes that the connector serves, or both or no connectors are given.
        """
        chosen: Any = _one_of(f"Datasource {resource_name!r}", connector=connector, connector_id=connector_id)
        super().__init__(resource_name, connector=chosen, **others)


class DatasetArgs(TypedDict, total=False):
    """What a dataset takes beside its data source, see `Dataset`."""

    name: Input[str] | None
    project_id: Input[str] | None
    triggers: Input[Sequence[Any]] | None
    keep_on_replace: Input[bool] | None
    timeout: Input[float] | None
    opts: pulumi.ResourceOptions | None


class Dataset(dataset.Dataset, _Native):
    """A snapshot taken from a data source, see `pulumi_previsionio.Dataset`."""

    def __init__(
        self,
        resource_name: str,
        *,
        datasource: datasource.Datasource | Input[DatasourceResult] | Input[str] | None = None,
        datasource_id: Input[str] | None = None,
        **others: "Unpack[DatasetArgs]",
    ) -> None:
        """A snapshot taken from a data source. `pulumi up` waits until the copy is done.

        Args:
            resource_name: its name in the program.
            datasource: a data source resource, what `get_datasource` found, or the id of one.
            datasource_id: the id of one, as programs of `pulumi import` say it; give either.
            **others: see `DatasetArgs`.

        Raises:
            InputError: both or no data sources are given.
        """
        chosen: Any = _one_of(f"Dataset {resource_name!r}", datasource=datasource, datasource_id=datasource_id)
        super().__init__(resource_name, datasource=chosen, **others)


def _one_of(resource: str, **arguments: object) -> object:
    given = {name: value for name, value in arguments.items() if value is not None}
    if len(given) > 1:
        raise InputError(resource, [f"give either {' or '.join(arguments)}"])
    return next(iter(given.values()), None)


class SQLSource(sql_source.SQLSource):
    """One SQL connector with many data sources, see `pulumi_previsionio.SQLSource`."""

    _connector_class = SQLConnector
    _datasource_class = Datasource


class _NativeProvider(pulumi.ProviderResource):
    """What comes after the typed class and before Pulumi's own: it registers a provider of the plugin."""

    def __init__(
        self, _package: str, name: str, props: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        opts = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(version=_VERSION), opts)
        properties = {key.removeprefix(f"{NAMESPACE}:"): value for key, value in props.items()}
        super().__init__(PACKAGE, name, properties, opts)


class Provider(provider.Provider, _NativeProvider):
    """One platform and account, see `pulumi_previsionio.Provider`."""
