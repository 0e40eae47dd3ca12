"""The one description of every kind of object: inputs, wire names, shapes, steps.

Validation, wire mapping, diff, secrets, the constructors' early checks and the tables in the README are all made
from the entries below. A new kind is one entry, its class of steps if none of those fits, and its typed class.

Nothing here imports more than the standard library: programs load this module at each start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .._platform.collections import CONNECTORS, DATASETS, DATASOURCES, PROJECTS, Collection
from .field_types import (
    COLOR,
    COUNT,
    CREDENTIALS,
    FLAG,
    HOST,
    LOCATION,
    PASSWORD,
    PORT,
    SECONDS,
    SECRET,
    TEXT,
    VALUES,
    ReferenceType,
)
from .kind import SOURCE_INPUTS, Field, Kind, OutputField, Shape, shape_problems
from .steps.connectors import ConnectorSteps
from .steps.datasets import STATES, DatasetSteps, state_of
from .steps.datasources import DatasourceSteps
from .steps.projects import ProjectSteps

NAME_FIELD: Final = Field("name", wire="name", required=True, is_filled_in=True)
PROJECT_FIELD: Final = Field("project_id", wire="project_id", required=True, fixed=True, is_filled_in=True)
PLATFORM_FIELD: Final = Field("platform_url", required=True, fixed=True, is_filled_in=True)
_FORCE_DESTROY: Final = Field("force_destroy", FLAG, default=False)

# Shapes of a data source

TABLE: Final = Shape("table", ("database", "table"))
QUERY: Final = Shape("query", ("database", "request"))
FILE: Final = Shape("file", ("path",))
OBJECT: Final = Shape("object", ("bucket", "path"))
BIGQUERY_TABLE: Final = Shape("BigQuery table", ("database", "table"), g_cloud="BigQuery")
STORAGE_OBJECT: Final = Shape("Storage object", ("bucket", "path"), g_cloud="Storage")

# Connectors

_CONNECTOR_FIELDS: Final = (
    NAME_FIELD,
    PROJECT_FIELD,
    Field("test_connection", FLAG, default=True),
    _FORCE_DESTROY,
    PLATFORM_FIELD,
)


def connector_kind(type_: str, *fields: Field, shapes: tuple[Shape, ...]) -> Kind:
    """The entry of a kind of connector: its `type` on the wire, its own inputs, its shapes of data source."""
    return Kind(
        name=f"{type_}Connector",
        noun=f"{type_} connector",
        collection=CONNECTORS,
        fields=(*fields, *_CONNECTOR_FIELDS),
        steps=ConnectorSteps(),
        constants={"type": type_},
        shapes=shapes,
    )


def _server(port: int | None = None, *, password: Field | None = None) -> tuple[Field, ...]:
    return (
        Field("host", HOST, wire="host", required=True),
        Field("port", PORT, wire="port", required=port is None, default=port),
        Field("username", wire="username", required=True),
        password or Field("password", SECRET, wire="password", required=True),
    )


# An anonymous FTP login takes any password, and often the empty one (RFC 1635).
_FTP_PASSWORD: Final = Field("password", PASSWORD, wire="password", required=True)

SQL: Final = connector_kind("SQL", *_server(), shapes=(TABLE, QUERY))
FTP: Final = connector_kind("FTP", *_server(port=21, password=_FTP_PASSWORD), shapes=(FILE,))
SFTP: Final = connector_kind("SFTP", *_server(port=22), shapes=(FILE,))
S3: Final = connector_kind(
    "S3",
    Field("access_key_id", wire="username", required=True),
    Field("secret_access_key", SECRET, wire="password", required=True),
    shapes=(OBJECT,),
)
GCP: Final = connector_kind(
    "GCP",
    Field("google_credentials", CREDENTIALS, wire="googleCredentials", required=True),
    shapes=(BIGQUERY_TABLE, STORAGE_OBJECT),
)

CONNECTOR_KINDS: Final[dict[str, Kind]] = {kind.constants["type"]: kind for kind in (SQL, FTP, SFTP, S3, GCP)}
"""By `type` on the wire."""

# Everything else

_SOURCE_FIELDS: Final = (
    *(Field(name, wire=name, is_sent_unused=True) for name in SOURCE_INPUTS if name != "g_cloud"),
    # The SDK's own argument is called gCloud, and some answers name it so (platform-api.md §9).
    Field("g_cloud", wire="g_cloud", aliases=("gCloud",)),
)

DATASOURCE: Final = Kind(
    name="Datasource",
    noun="data source",
    collection=DATASOURCES,
    fields=(
        Field(
            "connector_id",
            ReferenceType(CONNECTORS),
            wire="connector_id",
            required=True,
            fixed=True,
            alias_in_programs="connector",
        ),
        *_SOURCE_FIELDS,
        NAME_FIELD,
        PROJECT_FIELD,
        Field("verify_source", FLAG, default=True),
        PLATFORM_FIELD,
    ),
    steps=DatasourceSteps(shape for kind in CONNECTOR_KINDS.values() for shape in kind.shapes),
)

PROJECT: Final = Kind(
    name="Project",
    noun="project",
    collection=PROJECTS,
    fields=(
        NAME_FIELD,
        Field("description", wire="description"),
        Field("color", COLOR, wire="color"),
        _FORCE_DESTROY,
        PLATFORM_FIELD,
    ),
    steps=ProjectSteps(),
)

DATASET: Final = Kind(
    name="Dataset",
    noun="dataset",
    collection=DATASETS,
    is_updatable=False,
    fields=(
        Field(
            "datasource_id",
            ReferenceType(DATASOURCES),
            wire="datasource_id",
            aliases=("datasource",),
            required=True,
            fixed=True,
            alias_in_programs="datasource",
        ),
        NAME_FIELD,
        PROJECT_FIELD,
        Field("triggers", VALUES, fixed=True),
        Field("source", LOCATION, fixed=True, is_late=True),
        Field("keep_on_replace", FLAG, default=False),
        Field("timeout", SECONDS, default=1800),
        PLATFORM_FIELD,
    ),
    steps=DatasetSteps(),
    outputs=(
        OutputField("rows", COUNT, ("rows",), "how many rows it has"),
        OutputField("columns", COUNT, ("columns",), "how many columns it has"),
        OutputField("size", COUNT, ("size",), "its bytes on the platform"),
        OutputField(
            "state", TEXT, STATES, "how far its copy is: `done` once it is made; a refresh may find `failed`", state_of
        ),
    ),
)

KINDS: Final = (*CONNECTOR_KINDS.values(), DATASOURCE, DATASET, PROJECT)
"""Every kind of object that a resource can be."""


def kind_of(collection: Collection, item: Mapping[str, Any]) -> Kind | None:
    """The kind of the platform's object; None for one that this version does not know."""
    of_collection = (kind for kind in KINDS if kind.collection is collection)
    return next((kind for kind in of_collection if kind.constants.items() <= item.items()), None)


def source_misfit(source: Mapping[str, Any], connector: Mapping[str, Any]) -> list[str]:
    """Why a source cannot be behind the connector that the platform shows; empty when it can, or nobody knows."""
    kind = kind_of(CONNECTORS, connector)
    return shape_problems(source, kind.shapes, kind.noun) if kind else []
