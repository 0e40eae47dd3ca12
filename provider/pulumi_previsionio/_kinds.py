"""The one description of every kind of object: inputs, wire names, shapes.

Validation, wire mapping, diff, secrets, the constructors' early checks and the tables in the README are all made
from the entries below. A new kind of connector is one `ConnectorKind` entry and its class.

Nothing here imports more than the standard library: programs load this module at each start.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any


class Type(enum.Enum):
    """How an input is read: what is accepted, and what it becomes."""

    TEXT = "text, not empty"
    HOST = "host name or IP address, without scheme, port or path"
    PORT = "whole number from 1 to 65535"
    SECRET = "text, not empty; a secret"  # noqa: S105
    CREDENTIALS = "service-account key: dict, JSON text, or base64 of it; a secret"
    COLOR = "color as #RRGGBB"
    SECONDS = "number of seconds, more than 0"
    FLAG = "true or false"
    VALUES = "list of any values"


@dataclasses.dataclass(frozen=True)
class Field:
    """One input of a resource.

    `wire` is its key in the platform's JSON; None for inputs that only the provider reads.
    `default` is used when the input is not given; a field without default is either required or optional.
    `fixed` inputs can never be changed in place.
    """

    name: str
    type: Type = Type.TEXT
    wire: str | None = None
    required: bool = False
    default: Any = None
    fixed: bool = False

    @property
    def secret(self) -> bool:
        return self.type in (Type.SECRET, Type.CREDENTIALS)


@dataclasses.dataclass(frozen=True, eq=False)
class Kind:
    """One kind of object on the platform.

    `collection` is its folder in the API: `/projects/{project_id}/{collection}` and `/{collection}/{id}`.
    `constants` are sent with each creation. `updatable` is false where a change can only ever be a replacement.
    """

    name: str
    noun: str
    collection: str
    fields: tuple[Field, ...]
    constants: Mapping[str, str] = dataclasses.field(default_factory=dict)
    updatable: bool = True

    def __getitem__(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    @property
    def wire_fields(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.wire)

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields if field.secret)

    @property
    def in_project(self) -> bool:
        return any(field.name == "project_id" for field in self.fields)


NAME = Field("name", wire="name", required=True)
PROJECT = Field("project_id", wire="project_id", required=True, fixed=True)
PLATFORM = Field("platform_url", required=True, fixed=True)
FORCE_DESTROY = Field("force_destroy", Type.FLAG, default=False)


# Shapes of a data source


@dataclasses.dataclass(frozen=True)
class Shape:
    """A combination of inputs that names one source behind a connector."""

    name: str
    inputs: tuple[str, ...]
    g_cloud: str | None = None

    @property
    def all_inputs(self) -> tuple[str, ...]:
        return (*(("g_cloud",) if self.g_cloud else ()), *self.inputs)

    def __str__(self) -> str:
        cloud = [f'g_cloud="{self.g_cloud}"'] if self.g_cloud else []
        *most, last = [*cloud, *self.inputs]
        return f"{', '.join(most)} and {last}" if most else last


TABLE = Shape("table", ("database", "table"))
QUERY = Shape("query", ("database", "request"))
FILE = Shape("file", ("path",))
OBJECT = Shape("object", ("bucket", "path"))
BIGQUERY_TABLE = Shape("BigQuery table", ("database", "table"), g_cloud="BigQuery")
STORAGE_OBJECT = Shape("Storage object", ("bucket", "path"), g_cloud="Storage")


# Connectors


@dataclasses.dataclass(frozen=True, eq=False)
class ConnectorKind(Kind):
    """One kind of connector: `type` on the wire, and the shapes of data source it can serve."""

    shapes: tuple[Shape, ...] = ()


_CONNECTOR_FIELDS = (
    NAME,
    PROJECT,
    Field("test_connection", Type.FLAG, default=True),
    FORCE_DESTROY,
    PLATFORM,
)


def connector_kind(type_: str, *fields: Field, shapes: tuple[Shape, ...]) -> ConnectorKind:
    """The entry of a kind of connector: its `type` on the wire, its own inputs, its shapes of data source."""
    return ConnectorKind(
        name=f"{type_}Connector",
        noun=f"{type_} connector",
        collection="connectors",
        fields=(*fields, *_CONNECTOR_FIELDS),
        constants={"type": type_},
        shapes=shapes,
    )


def _server(port: int | None = None) -> tuple[Field, ...]:
    return (
        Field("host", Type.HOST, wire="host", required=True),
        Field("port", Type.PORT, wire="port", required=port is None, default=port),
        Field("username", wire="username", required=True),
        Field("password", Type.SECRET, wire="password", required=True),
    )


SQL = connector_kind("SQL", *_server(), shapes=(TABLE, QUERY))
FTP = connector_kind("FTP", *_server(port=21), shapes=(FILE,))
SFTP = connector_kind("SFTP", *_server(port=22), shapes=(FILE,))
S3 = connector_kind(
    "S3",
    Field("access_key_id", wire="username", required=True),
    Field("secret_access_key", Type.SECRET, wire="password", required=True),
    shapes=(OBJECT,),
)
GCP = connector_kind(
    "GCP",
    Field("google_credentials", Type.CREDENTIALS, wire="googleCredentials", required=True),
    shapes=(BIGQUERY_TABLE, STORAGE_OBJECT),
)

CONNECTORS: dict[str, ConnectorKind] = {kind.constants["type"]: kind for kind in (SQL, FTP, SFTP, S3, GCP)}


# Everything else

_SOURCE_FIELDS = tuple(Field(name, wire=name) for name in ("database", "table", "request", "bucket", "path", "g_cloud"))
SOURCE_INPUTS = tuple(field.name for field in _SOURCE_FIELDS)

DATASOURCE = Kind(
    name="Datasource",
    noun="data source",
    collection="data-sources",
    fields=(
        Field("connector_id", wire="connector_id", required=True, fixed=True),
        *_SOURCE_FIELDS,
        NAME,
        PROJECT,
        Field("verify_source", Type.FLAG, default=True),
        PLATFORM,
    ),
)


def all_shapes() -> tuple[Shape, ...]:
    """Every shape that some kind of connector serves, each once."""
    return tuple(dict.fromkeys(shape for kind in CONNECTORS.values() for shape in kind.shapes))


def shape_problems(given: Mapping[str, Any], connector: ConnectorKind | None) -> list[str]:
    """What is wrong with the combination of inputs that names a source; empty when it is one of the shapes.

    `given` holds the inputs that are set; values may still be unknown, then only their presence counts.
    `connector` is the kind of the connector when that is known; else any shape of any kind will do.
    """
    shapes = connector.shapes if connector else all_shapes()
    names = [name for name in SOURCE_INPUTS if given.get(name) is not None]
    cloud = given.get("g_cloud")
    for shape in shapes:
        if set(names) == set(shape.all_inputs) and (not isinstance(cloud, str) or cloud == shape.g_cloud):
            return []
    whose = f"an {connector.noun}".replace("an GCP", "a GCP") if connector else "a connector"
    choices = "; or ".join(str(shape) for shape in shapes)
    return [f"a data source of {whose} takes {choices}. Given: {', '.join(names) or 'none of them'}"]


PROJECT_KIND = Kind(
    name="Project",
    noun="project",
    collection="projects",
    fields=(
        NAME,
        Field("description", wire="description"),
        Field("color", Type.COLOR, wire="color"),
        FORCE_DESTROY,
        PLATFORM,
    ),
)

DATASET = Kind(
    name="Dataset",
    noun="dataset",
    collection="datasets",
    updatable=False,
    fields=(
        Field("datasource_id", wire="datasource_id", required=True, fixed=True),
        NAME,
        PROJECT,
        Field("triggers", Type.VALUES, fixed=True),
        Field("keep_on_replace", Type.FLAG, default=False),
        Field("timeout", Type.SECONDS, default=1800),
        PLATFORM,
    ),
)
