"""The data source: the exact table, query, file or object behind a connector."""

from typing import TYPE_CHECKING, Any, Literal

import pulumi
from pulumi import Input, Output

from .. import _dynamic
from .._core.kind import ADDRESS, SOURCE_INPUTS, Kind, shape_problems
from .._core.kinds import CONNECTOR_KINDS
from .._core.results import ConnectorResult
from .._errors import InputError
from .base import PrevisionResource, as_id, attribute
from .connectors import Connector

if TYPE_CHECKING:
    from typing_extensions import Self


class Datasource(PrevisionResource, module="previsionio", name="Datasource"):
    """A source of data behind a connector.

    Which inputs name it depends on the connector. SQL: `database` and `table`, or `database` and `request`; FTP, SFTP:
    `path`; S3: `bucket` and `path`; GCP: `g_cloud="BigQuery"`, `database` (the dataset) and `table`, or
    `g_cloud="Storage"`, `bucket` and `path`.

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
        g_cloud: Input[Literal["BigQuery", "Storage"]] | None = None,
        name: Input[str] | None = None,
        project_id: Input[str] | None = None,
        verify_source: Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """A source of data behind a connector.

        Args:
            resource_name: its name in the program.
            connector: a connector resource, what `get_connector` found, or the id of one. A change is a replacement.
            database: name of the database, or of the BigQuery dataset.
            table: name of the table.
            request: SQL text of a query.
            bucket: name of the bucket.
            path: path of the file, or key of the object.
            g_cloud: "BigQuery" or "Storage".
            name: its name on the platform. Default: the resource's name when the object is made, and kept from then on.
            project_id: the project that holds it. Default: its connector's, else the provider's.
            verify_source: look the source up before anything is made, in previews too. Default: True.
            opts: Pulumi's resource options.

        Raises:
            InputError: the inputs are none of the shapes that the connector serves.
        """
        source = dict(database=database, table=table, request=request, bucket=bucket, path=path, g_cloud=g_cloud)
        if problems := _shape_problems(source, attribute(connector, "kind")):
            raise InputError(f"Datasource {resource_name!r}", problems)
        if project_id is None:
            project_id = attribute(connector, "project_id")
        inputs = dict(
            source, connector_id=as_id(connector), name=name, project_id=project_id, verify_source=verify_source
        )
        self._address = {name: attribute(connector, name) for name in ADDRESS}
        super().__init__(resource_name, inputs, opts)

    @property
    def location(self) -> dict[str, Input[Any]]:
        """Where its data are: the connector's address, as far as the program knows it, and the source behind it."""
        return {**getattr(self, "_address", {}), **{name: getattr(self, name) for name in SOURCE_INPUTS}}

    @classmethod
    def get(cls, resource_name: str, id: Input[str], opts: pulumi.ResourceOptions | None = None) -> "Self":  # noqa: A002
        """An existing data source, read and never changed; raises when the platform has none with that id."""
        return cls._get(resource_name, id, opts)


def _shape_problems(source: dict[str, Any], kind: object) -> list[str]:
    if isinstance(kind, Kind):
        return shape_problems(source, kind.shapes, kind.noun)
    return shape_problems(source, (shape for each in CONNECTOR_KINDS.values() for shape in each.shapes))
