"""What lookups return: frozen typed objects, made from what the platform or a test's mocks say."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .kind import Kind
from .kinds import CONNECTOR_KINDS, DATASOURCE, PROJECT
from .values import live_values

T = TypeVar("T")
Item = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class ProjectResult:
    """A project on the platform."""

    id: str
    name: str
    description: str | None = None
    color: str | None = None


@dataclasses.dataclass(frozen=True)
class ConnectorResult:
    """A connector on the platform.

    `type` is SQL, FTP, SFTP, S3 or GCP; fields that its kind does not have are None. Data sources take it as their
    `connector`.
    """

    id: str
    name: str
    type: str
    project_id: str
    host: str | None = None
    port: int | None = None
    username: str | None = None

    @property
    def kind(self) -> Kind | None:
        """The entry of its kind; None for a type that this version does not know."""
        return CONNECTOR_KINDS.get(self.type)


@dataclasses.dataclass(frozen=True)
class DatasourceResult:
    """A data source on the platform; fields that its shape does not have are None."""

    id: str
    name: str
    connector_id: str
    project_id: str | None = None
    database: str | None = None
    table: str | None = None
    request: str | None = None
    bucket: str | None = None
    path: str | None = None
    g_cloud: str | None = None


def project_result(item: Item) -> ProjectResult:
    """A project, as the platform's JSON shows it."""
    return ProjectResult(id_of(item), **live_values(PROJECT, item))


def connector_result(item: Item) -> ConnectorResult:
    """A connector, as the platform's JSON shows it."""
    port = item.get("port")
    return ConnectorResult(
        id_of(item),
        item["name"],
        item["type"],
        item["project_id"],
        item.get("host") or None,
        int(port) if port not in (None, "") else None,
        item.get("username") or None,
    )


def datasource_result(item: Item) -> DatasourceResult:
    """A data source, as the platform's JSON shows it."""
    return DatasourceResult(id_of(item), **live_values(DATASOURCE, item))


def id_of(item: Item) -> str:
    """Its id: `_id` on the platform, `id` in a test's mocks."""
    return str(item.get("_id") or item.get("id"))


def items_of(result: Callable[[Item], T]) -> Callable[[Item], list[T]]:
    """The results of a list that a test's mocks return as `{"items": [...]}`."""
    return lambda answer: [result(item) for item in answer.get("items", ())]


def names_of(answer: Item) -> list[str]:
    """Names that a test's mocks return as `{"items": [...]}`."""
    return [str(item) for item in answer.get("items", ())]
