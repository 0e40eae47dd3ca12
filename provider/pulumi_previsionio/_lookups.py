"""Lookups: what is on the platform already, for a program to build on.

They run in the program, in previews too. Each has a twin, named `…_output`, that takes Outputs and gives an Output.
All take `provider`, an explicit `Provider`; without it the settings of the environment and the stack count.

In unit tests under `pulumi.runtime.set_mocks` they ask no platform but the mocks' `call`: with a token such as
`previsionio:index:getConnector` and the lookup's arguments; `call` returns the fields of the result, and a list
as `{"items": [...]}`.
"""

import asyncio
import dataclasses
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pulumi
from pulumi import Input, Output

from ._errors import InputError, LookupFailed, PrevisionError
from ._kinds import CONNECTORS, DATASOURCE, PROJECT_KIND, SOURCE_INPUTS, SQL, ConnectorKind, Kind
from ._provider import Provider
from ._redaction import redact
from ._settings import PROJECT, Settings, resolve

if TYPE_CHECKING:
    from ._platform import Platform

T = TypeVar("T")
Item = Mapping[str, Any]
_SHOWN = 10


@dataclasses.dataclass(frozen=True)
class ProjectResult:
    """A project on the platform."""

    id: str
    name: str
    description: str | None = None
    color: str | None = None


@dataclasses.dataclass(frozen=True)
class ConnectorResult:
    """A connector on the platform. `type` is SQL, FTP, SFTP, S3 or GCP; fields that its kind does not have are None.

    Data sources take it as their `connector`.
    """

    id: str
    name: str
    type: str
    project_id: str
    host: str | None = None
    port: int | None = None
    username: str | None = None

    @property
    def kind(self) -> ConnectorKind | None:
        return CONNECTORS.get(self.type)


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


def get_project(
    name: str | None = None,
    *,
    id: str | None = None,  # noqa: A002
    provider: Provider | None = None,
) -> ProjectResult:
    """The project with that name or id; `LookupFailed` when there is none, or several."""
    return _GET_PROJECT.now(provider, name=name, id=id)


def get_project_output(
    name: Input[str] | None = None,
    *,
    id: Input[str] | None = None,  # noqa: A002
    provider: Provider | None = None,
) -> Output[ProjectResult]:
    """`get_project` for Outputs."""
    return _GET_PROJECT.later(provider, name=name, id=id)


def get_connector(
    name: str | None = None,
    *,
    id: str | None = None,  # noqa: A002
    project_id: str | None = None,
    provider: Provider | None = None,
) -> ConnectorResult:
    """The connector with that name in a project, or with that id; `LookupFailed` when there is none, or several.

    `project_id`: default: the provider's project; not needed with an id.
    """
    return _GET_CONNECTOR.now(provider, name=name, id=id, project_id=project_id)


def get_connector_output(
    name: Input[str] | None = None,
    *,
    id: Input[str] | None = None,  # noqa: A002
    project_id: Input[str] | None = None,
    provider: Provider | None = None,
) -> Output[ConnectorResult]:
    """`get_connector` for Outputs."""
    return _GET_CONNECTOR.later(provider, name=name, id=id, project_id=project_id)


def list_connectors(project_id: str | None = None, *, provider: Provider | None = None) -> list[ConnectorResult]:
    """All connectors of a project, on however many pages. `project_id`: default: the provider's project."""
    return _LIST_CONNECTORS.now(provider, project_id=project_id)


def list_connectors_output(
    project_id: Input[str] | None = None, *, provider: Provider | None = None
) -> Output[list[ConnectorResult]]:
    """`list_connectors` for Outputs."""
    return _LIST_CONNECTORS.later(provider, project_id=project_id)


def get_datasource(
    name: str | None = None,
    *,
    id: str | None = None,  # noqa: A002
    project_id: str | None = None,
    provider: Provider | None = None,
) -> DatasourceResult:
    """The data source with that name in a project, or with that id; `LookupFailed` when there is none, or several.

    `project_id`: default: the provider's project; not needed with an id.
    """
    return _GET_DATASOURCE.now(provider, name=name, id=id, project_id=project_id)


def get_datasource_output(
    name: Input[str] | None = None,
    *,
    id: Input[str] | None = None,  # noqa: A002
    project_id: Input[str] | None = None,
    provider: Provider | None = None,
) -> Output[DatasourceResult]:
    """`get_datasource` for Outputs."""
    return _GET_DATASOURCE.later(provider, name=name, id=id, project_id=project_id)


def list_datasources(project_id: str | None = None, *, provider: Provider | None = None) -> list[DatasourceResult]:
    """All data sources of a project, on however many pages. `project_id`: default: the provider's project."""
    return _LIST_DATASOURCES.now(provider, project_id=project_id)


def list_datasources_output(
    project_id: Input[str] | None = None, *, provider: Provider | None = None
) -> Output[list[DatasourceResult]]:
    """`list_datasources` for Outputs."""
    return _LIST_DATASOURCES.later(provider, project_id=project_id)


def list_databases(connector_id: str, *, provider: Provider | None = None) -> list[str]:
    """The names of the databases that an SQL connector can see."""
    return _LIST_DATABASES.now(provider, connector_id=connector_id)


def list_databases_output(connector_id: Input[str], *, provider: Provider | None = None) -> Output[list[str]]:
    """`list_databases` for Outputs."""
    return _LIST_DATABASES.later(provider, connector_id=connector_id)


def list_tables(connector_id: str, database: str, *, provider: Provider | None = None) -> list[str]:
    """The names of the tables of a database behind an SQL connector."""
    return _LIST_TABLES.now(provider, connector_id=connector_id, database=database)


def list_tables_output(
    connector_id: Input[str], database: Input[str], *, provider: Provider | None = None
) -> Output[list[str]]:
    """`list_tables` for Outputs."""
    return _LIST_TABLES.later(provider, connector_id=connector_id, database=database)


# How a lookup runs


class _Lookup(Generic[T]):
    """One lookup: asked now with plain values, or later with Outputs; of the platform, or of a test's mocks."""

    def __init__(
        self, function: str, ask: Callable[["Platform", Settings, dict[str, Any]], T], from_mock: Callable[[Item], T]
    ) -> None:
        self._function = function
        self._ask = ask
        self._from_mock = from_mock

    def now(self, provider: Provider | None, **arguments: Any) -> T:
        config = None if provider is None else provider.lookup_config
        pending = [name for name, value in {**arguments, **(config or {})}.items() if isinstance(value, Output)]
        if pending:
            raise InputError(
                self._function,
                [f"{name}: is an Output, whose value comes later: use the …_output twin" for name in pending],
            )
        return self._run(config, arguments)

    def later(self, provider: Provider | None, **arguments: Any) -> Output[T]:
        async def run(values: tuple[dict[str, Any] | None, dict[str, Any]]) -> T:
            if _are_mocked():
                return self._run(*values)
            return await asyncio.to_thread(self._run, *values)

        # The token makes nothing secret that is found with it.
        config = None if provider is None else Output.unsecret(Output.all(**provider.lookup_config))
        return Output.all(config, Output.all(**arguments)).apply(lambda values: run((values[0], values[1])))

    def _run(self, config: Mapping[str, Any] | None, arguments: dict[str, Any]) -> T:
        given = {name: value for name, value in arguments.items() if value is not None}
        if _are_mocked():
            answer = pulumi.runtime.invoke(f"previsionio:index:{self._function}", given).value or {}
            return self._from_mock(answer)
        from ._platform import shared_platform

        settings = resolve(config.get, {}) if config is not None else resolve(pulumi.runtime.get_config, os.environ)
        try:
            return self._ask(shared_platform(settings), settings, given)
        except PrevisionError as error:
            error.args = (redact(str(error), [settings.token or ""]), *error.args[1:])
            raise error from None


def _are_mocked() -> bool:
    from pulumi.runtime.mocks import MockMonitor

    return isinstance(pulumi.runtime.settings.get_monitor(), MockMonitor)


# What each lookup asks


def _one(platform: "Platform", kind: Kind, project_id: str | None, given: dict[str, Any]) -> Item:
    """The one object with the id or the name that is given."""
    name, id_ = given.get("name"), given.get("id")
    if (name is None) == (id_ is None):
        raise InputError(f"get {kind.noun}", ["name, id: give one of them"])
    if id_ is not None:
        item = platform.read_one(kind, id_)
        if item is None:
            raise LookupFailed(f"there is no {kind.noun} {id_} on {platform.url}")
        return item
    items = platform.listed(kind, project_id)
    matches = [item for item in items if item.get("name") == name]
    if len(matches) == 1:
        return matches[0]
    where = f"in project {project_id}" if project_id else f"on {platform.url}"
    if matches:
        raise LookupFailed(
            f"{len(matches)} {kind.noun}s {where} are named {name!r}: {_shown(matches)}. Give the id of one"
        )
    there = f"There are: {_shown(items)}" if items else "There is none at all"
    raise LookupFailed(f"there is no {kind.noun} named {name!r} {where}. {there}")


def _shown(items: list[Any]) -> str:
    names = ", ".join(f"{item.get('name')!r} ({item.get('_id')})" for item in items[:_SHOWN])
    return names + (f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else "")


def _project_of(settings: Settings, given: dict[str, Any]) -> str:
    project_id = given.get("project_id") or settings.project_id
    if not project_id:
        raise InputError("lookup", [f"project_id: {PROJECT.missing()}"])
    return str(project_id)


def _project_result(item: Item) -> ProjectResult:
    return ProjectResult(_id(item), item["name"], item.get("description") or None, item.get("color") or None)


def _connector_result(item: Item) -> ConnectorResult:
    port = item.get("port")
    return ConnectorResult(
        _id(item),
        item["name"],
        item["type"],
        item["project_id"],
        item.get("host") or None,
        int(port) if port not in (None, "") else None,
        item.get("username") or None,
    )


def _datasource_result(item: Item) -> DatasourceResult:
    source = {name: item.get(name) or None for name in SOURCE_INPUTS}
    source["g_cloud"] = source["g_cloud"] or item.get("gCloud") or None
    return DatasourceResult(_id(item), item["name"], item["connector_id"], item.get("project_id"), **source)


def _id(item: Item) -> str:
    return str(item.get("_id") or item.get("id"))


def _get(kind: Kind, result: Callable[[Item], T]) -> Callable[["Platform", Settings, dict[str, Any]], T]:
    def ask(platform: "Platform", settings: Settings, given: dict[str, Any]) -> T:
        by_name_in_project = kind is not PROJECT_KIND and "id" not in given
        return result(_one(platform, kind, _project_of(settings, given) if by_name_in_project else None, given))

    return ask


def _list(kind: Kind, result: Callable[[Item], T]) -> Callable[["Platform", Settings, dict[str, Any]], list[T]]:
    def ask(platform: "Platform", settings: Settings, given: dict[str, Any]) -> list[T]:
        return [result(item) for item in platform.listed(kind, _project_of(settings, given))]

    return ask


def _databases(platform: "Platform", _: Settings, given: dict[str, Any]) -> list[str]:
    return platform.databases(given["connector_id"]) or []


def _tables(platform: "Platform", _: Settings, given: dict[str, Any]) -> list[str]:
    return platform.tables(given["connector_id"], given["database"]) or []


def _items(result: Callable[[Item], T]) -> Callable[[Item], list[T]]:
    return lambda answer: [result(item) for item in answer.get("items", ())]


def _names(answer: Item) -> list[str]:
    return [str(item) for item in answer.get("items", ())]


_GET_PROJECT = _Lookup("getProject", _get(PROJECT_KIND, _project_result), _project_result)
_GET_CONNECTOR = _Lookup("getConnector", _get(SQL, _connector_result), _connector_result)
_LIST_CONNECTORS = _Lookup("listConnectors", _list(SQL, _connector_result), _items(_connector_result))
_GET_DATASOURCE = _Lookup("getDatasource", _get(DATASOURCE, _datasource_result), _datasource_result)
_LIST_DATASOURCES = _Lookup("listDatasources", _list(DATASOURCE, _datasource_result), _items(_datasource_result))
_LIST_DATABASES = _Lookup("listDatabases", _databases, _names)
_LIST_TABLES = _Lookup("listTables", _tables, _names)
