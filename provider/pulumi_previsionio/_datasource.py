"""The data source: the exact table, query, file or object behind a connector."""

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi import Input, Output

from . import _dynamic
from ._connectors import Connector
from ._errors import InputError
from ._kinds import ConnectorKind, shape_problems
from ._lookups import ConnectorResult
from ._resource import PrevisionResource, as_id, attribute

if TYPE_CHECKING:
    from typing_extensions import Self


class Datasource(PrevisionResource, module="previsionio", name="Datasource"):
    """A source of data behind a connector. Which inputs name it depends on the connector:

    SQL: `database` and `table`, or `database` and `request`; FTP, SFTP: `path`; S3: `bucket` and `path`;
    GCP: `g_cloud="BigQuery"`, `database` (the dataset) and `table`, or `g_cloud="Storage"`, `bucket` and `path`.

    :param connector: a connector resource, what `get_connector` found, or the id of one. A change is a replacement.
    :param database: name of the database, or of the BigQuery dataset.
    :param table: name of the table.
    :param request: SQL text of a query.
    :param bucket: name of the bucket.
    :param path: path of the file, or key of the object.
    :param g_cloud: "BigQuery" or "Storage".
    :param name: its name on the platform. Default: the resource's name when the object is made, and kept from then on.
    :param project_id: the project that holds it. Default: its connector's, else the provider's.
    :param verify_source: look the source up before anything is made, in previews too. Default: True.
    :param opts: Pulumi's resource options.
    :raises InputError: the inputs are none of the shapes that the connector serves.

    Outputs: all inputs (`connector` as `connector_id`), `id`, and `platform_url`, the platform's address.
    """

    _provider_class = _dynamic.DatasourceProvider
    connector_id: Output[str]
    database: Output[str | None]
    table: Output[str | None]
    request: Output[str | None]
    bucket: Output[str | None]
    path: Output[str | None]
    g_cloud: Output[str | None]
    name: Output[str]
    project_id: Output[str]
    verify_source: Output[bool]
    platform_url: Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        connector: Connector | Input[ConnectorResult] | Input[str],
        database: Input[str] | None = None,
        table: Input[str] | None = None,
        request: Input[str] | None = None,
        bucket: Input[str] | None = None,
        path: Input[str] | None = None,
        g_cloud: Input[str] | None = None,
        name: Input[str] | None = None,
        project_id: Input[str] | None = None,
        verify_source: Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        source = dict(database=database, table=table, request=request, bucket=bucket, path=path, g_cloud=g_cloud)
        kind = attribute(connector, "kind")
        problems = shape_problems(source, kind if isinstance(kind, ConnectorKind) else None)
        if problems:
            raise InputError(f"Datasource {resource_name!r}", problems)
        if project_id is None:
            project_id = attribute(connector, "project_id")
        inputs: dict[str, Any] = dict(source, connector_id=as_id(connector), name=name, project_id=project_id)
        super().__init__(*self._arguments(resource_name, inputs, opts, verify_source=verify_source))

    @classmethod
    def get(cls, resource_name: str, id: Input[str], opts: pulumi.ResourceOptions | None = None) -> "Self":  # noqa: A002
        """An existing data source, read and never changed; raises when the platform has none with that id."""
        return cls._get(resource_name, id, opts)
