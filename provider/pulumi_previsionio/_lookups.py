"""Lookups: what is on the platform already, for a program to build on.

They run in the program, in previews too. Each has a twin, named `…_output`, that takes Outputs and gives an Output.
All take `provider`, an explicit `Provider`; without it the settings of the environment and the stack count.

In unit tests under `pulumi.runtime.set_mocks` they ask no platform but the mocks' `call`: with a token such as
`previsionio:index:getConnector` and those arguments of the lookup that are given (an explicit provider is not among
them). `call` returns the fields of the result, such as `{"id": …, "name": …, "type": "SQL", "project_id": …}`, and
a list as `{"items": [...]}`.
"""

import asyncio
import dataclasses
import os
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pulumi
from pulumi import Input, Output
from pulumi.runtime.sync_await import _sync_await

from ._errors import InputError, LookupFailed, NotFound, PrevisionError
from ._kinds import CONNECTORS, DATASOURCE, PROJECT_KIND, SOURCE_INPUTS, SQL, ConnectorKind, Kind
from ._provider import Provider
from ._redaction import redact
from ._settings import PROJECT, Settings, resolve

if TYPE_CHECKING:
    from ._platform import Platform

T = TypeVar("T")
Item = Mapping[str, Any]
_SHOWN = 10
"""Objects that an error lists; there may be thousands."""


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


@dataclasses.dataclass(frozen=True)
class _Question:
    """One lookup being asked: its arguments that are given, on one platform."""

    function: str
    given: dict[str, Any]
    settings: Settings
    platform: "Platform"

    @property
    def project_id(self) -> str:
        """The project to look in: the one given, else the provider's; `InputError` when there is none."""
        project_id = self.given.get("project_id") or self.settings.project_id
        if not project_id:
            raise InputError(self.function, [f"project_id: {PROJECT.missing()}"])
        return str(project_id)


class _Lookup(Generic[T]):
    """One lookup: asked now with plain values, or later with Outputs; of the platform, or of a test's mocks.

    `answer` asks the platform; `from_mock` reads what a test's mocks return.
    """

    def __init__(self, function: str, answer: Callable[[_Question], T], from_mock: Callable[[Item], T]) -> None:
        self._function = function
        self._answer = answer
        self._from_mock = from_mock

    def now(self, provider: Provider | None, **arguments: Any) -> T:
        pending = [name for name, value in arguments.items() if isinstance(value, Output)]
        if pending:
            raise InputError(
                self._function,
                [f"{name}: is an Output, whose value comes later: use {self._function}_output" for name in pending],
            )
        return self._run(None if provider is None else self._known(provider), arguments, _platform_of_this_run)

    def later(self, provider: Provider | None, **arguments: Any) -> Output[T]:
        async def run(config: dict[str, Any] | None, arguments: dict[str, Any]) -> T:
            if _are_mocked():
                return self._run(config, arguments, _new_platform)
            return await asyncio.to_thread(self._run, config, arguments, _new_platform)

        # The token makes nothing secret that is found with it.
        config = None if provider is None else Output.unsecret(Output.all(**provider.lookup_config))
        return Output.all(config, Output.all(**arguments)).apply(lambda values: run(*values))

    def _known(self, provider: Provider) -> dict[str, Any]:
        """The provider's settings; those from secret configuration are Outputs that have their value already."""
        config = Output.all(**provider.lookup_config)
        if not _sync_await(config.is_known()):
            raise InputError(self._function, [f"provider: its settings are not known yet: use {self._function}_output"])
        known: dict[str, Any] | None = _sync_await(config.future())
        return known or {}

    def _run(
        self,
        config: Mapping[str, Any] | None,
        arguments: Mapping[str, Any],
        platform: Callable[[Settings], "Platform"],
    ) -> T:
        given = {name: value for name, value in arguments.items() if value is not None}
        if _are_mocked():
            answer = pulumi.runtime.invoke(f"previsionio:index:{_camel_case(self._function)}", given).value or {}
            return self._from_mock(answer)
        settings = resolve(config.get, {}) if config is not None else resolve(pulumi.runtime.get_config, os.environ)
        try:
            return self._answer(_Question(self._function, given, settings, platform(settings)))
        except PrevisionError as error:
            message = str(error)
            if not message.startswith(self._function):
                message = f"{self._function}: {message}"
            error.args = (redact(message, [settings.token or ""]),)
            raise error.with_traceback(None) from None


def _are_mocked() -> bool:
    from pulumi.runtime.mocks import MockMonitor

    return isinstance(pulumi.runtime.settings.get_monitor(), MockMonitor)


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _new_platform(settings: Settings) -> "Platform":
    """A platform that has read nothing yet: what is asked later may have been made by this very run."""
    from ._platform import Platform, shared_platform

    shared = shared_platform(settings)
    return Platform(shared.url, lambda: shared.client)


_of_runs: "weakref.WeakKeyDictionary[object, dict[Settings, Platform]]" = weakref.WeakKeyDictionary()


def _platform_of_this_run(settings: Settings) -> "Platform":
    """What one run of a program has read serves all its lookups; another run reads anew.

    With the Automation API one process runs many programs, each with a monitor of its own.
    """
    monitor = pulumi.runtime.settings.get_monitor()
    if monitor is None:
        return _new_platform(settings)
    platforms = _of_runs.setdefault(monitor, {})
    if settings not in platforms:
        platforms[settings] = _new_platform(settings)
    return platforms[settings]


# What each lookup asks


def _get(kind: Kind, noun: str, result: Callable[[Item], T]) -> Callable[[_Question], T]:
    """The one object with the id or the name that is given."""

    def answer(question: _Question) -> T:
        name, id_ = question.given.get("name"), question.given.get("id")
        if (name is None) == (id_ is None):
            raise InputError(question.function, ["give either name or id"])
        if id_ is None:
            return result(_named(question, kind, noun, str(name)))
        item = question.platform.read_one(kind, str(id_))
        if item is None:
            raise LookupFailed(f"there is no {noun} {id_} on {question.platform.url}")
        return result(item)

    return answer


def _named(question: _Question, kind: Kind, noun: str, name: str) -> Item:
    everywhere = kind is PROJECT_KIND
    items = question.platform.listed(kind, None) if everywhere else _in_project(question, kind)
    where = f"on {question.platform.url}" if everywhere else f"in project {question.project_id}"
    matches = [item for item in items if item.get("name") == name]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise LookupFailed(
            f"{len(matches)} {noun}s {where} are named {name!r}: {_shown(matches)}. Give the id of one instead"
        )
    import difflib  # programs that find what they look for need none of it

    alike_first = sorted(items, key=lambda item: difflib.SequenceMatcher(None, name, str(item.get("name"))).ratio())
    there = f"There are {len(items)}: {_shown(alike_first[::-1])}" if items else "There is none at all"
    raise LookupFailed(f"there is no {noun} named {name!r} {where}. {there}")


def _list(kind: Kind, result: Callable[[Item], T]) -> Callable[[_Question], list[T]]:
    return lambda question: [result(item) for item in _in_project(question, kind)]


def _in_project(question: _Question, kind: Kind) -> Sequence[Item]:
    try:
        return question.platform.listed(kind, question.project_id)
    except NotFound:
        raise LookupFailed(f"there is no project {question.project_id} on {question.platform.url}") from None


def _shown(items: Sequence[Item]) -> str:
    names = ", ".join(f"{item.get('name')!r} ({', '.join(_marks(item))})" for item in items[:_SHOWN])
    return names + (f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else "")


def _marks(item: Item) -> list[str]:
    """What tells objects of one name apart."""
    return [_id(item), *(str(item[key]) for key in ("type", "host") if item.get(key))]


def _databases(question: _Question) -> list[str]:
    return _listed_behind(question, lambda connector_id: question.platform.databases(connector_id))


def _tables(question: _Question) -> list[str]:
    database = question.given["database"]
    return _listed_behind(question, lambda connector_id: question.platform.tables(connector_id, database))


def _listed_behind(question: _Question, names_of: Callable[[str], list[str] | None]) -> list[str]:
    connector_id = question.given["connector_id"]
    try:
        names = names_of(connector_id)
    except NotFound:
        raise LookupFailed(f"there is no connector {connector_id} on {question.platform.url}") from None
    if names is None:
        raise LookupFailed("the platform does not give names")
    return list(names)


# What the answers become


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


def _items(result: Callable[[Item], T]) -> Callable[[Item], list[T]]:
    return lambda answer: [result(item) for item in answer.get("items", ())]


def _names(answer: Item) -> list[str]:
    return [str(item) for item in answer.get("items", ())]


# Any kind of connector stands for all of them: they share one list.
_GET_PROJECT = _Lookup("get_project", _get(PROJECT_KIND, "project", _project_result), _project_result)
_GET_CONNECTOR = _Lookup("get_connector", _get(SQL, "connector", _connector_result), _connector_result)
_LIST_CONNECTORS = _Lookup("list_connectors", _list(SQL, _connector_result), _items(_connector_result))
_GET_DATASOURCE = _Lookup("get_datasource", _get(DATASOURCE, "data source", _datasource_result), _datasource_result)
_LIST_DATASOURCES = _Lookup("list_datasources", _list(DATASOURCE, _datasource_result), _items(_datasource_result))
_LIST_DATABASES = _Lookup("list_databases", _databases, _names)
_LIST_TABLES = _Lookup("list_tables", _tables, _names)
