"""Data sources as they travel."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..connectors.types import CONNECTOR_TYPES, G_CLOUD_SHAPES
from ..errors import PlatformError
from ..schemas import Body, View
from ..sources import Location

GCloud = Literal["BigQuery", "Storage"]

_PLACES = ("path", "database", "table", "bucket", "request")


class LocationBody(Body):
    """Where in its source a data source points."""

    path: str | None = Field(None, description="FTP, SFTP: a file. S3, Google Storage: an object")
    database: str | None = Field(None, description="SQL. BigQuery: the dataset")
    table: str | None = None
    bucket: str | None = None
    request: str | None = Field(None, description="SQL: a query instead of a table")
    g_cloud: GCloud | None = Field(None, description="GCP: which service; told by the other fields if left out")

    def location(self, kind: str) -> Location:
        """Return the location, if its shape is one that connectors of this kind have; 400 if not."""
        given = {name: value for name in _PLACES if (value := getattr(self, name)) is not None}
        shapes = CONNECTOR_TYPES[kind].shapes
        if self.g_cloud:
            if kind != "GCP":
                raise PlatformError(400, f"g_cloud: only a GCP connector takes it, not one for {kind}")
            shapes = (G_CLOUD_SHAPES[self.g_cloud],)
        if not any(set(given) == set(shape) for shape in shapes):
            wanted = " or ".join(" + ".join(shape) for shape in shapes)
            raise PlatformError(
                400, f"a data source of a {kind} connector takes {wanted}, not {' + '.join(given) or 'nothing'}"
            )
        g_cloud = self.g_cloud
        if kind == "GCP" and not g_cloud:
            g_cloud = "Storage" if "bucket" in given else "BigQuery"
        return Location(**given, g_cloud=g_cloud)


class DatasourceBody(LocationBody):
    """What a data source is made from."""

    connector_id: str
    name: str


class DatasourceUpdate(LocationBody):
    """What a data source becomes."""

    connector_id: str | None = None
    name: str


class DatasourceView(View):
    """A data source."""

    project_id: str
    connector_id: str
    name: str
    path: str | None
    database: str | None
    table: str | None
    bucket: str | None
    request: str | None
    g_cloud: GCloud | None
    # Requests say g_cloud; the vendor's SDK reads this.
    gCloud: GCloud | None = Field(validation_alias="g_cloud")  # noqa: N815
