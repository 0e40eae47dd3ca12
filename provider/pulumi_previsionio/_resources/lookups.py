"""Lookups: what is on the platform already, for a program to build on.

They run in the program, in previews too. Each has a twin, named `…_output`, that takes Outputs and gives an Output.
All take `provider`, an explicit `Provider`; without it the settings of the environment and the stack count.

In unit tests under `pulumi.runtime.set_mocks` they ask no platform but the mocks' `call`: with a token such as
`previsionio:index:getConnector` and those arguments of the lookup that are given (an explicit provider is not among
them). `call` returns the fields of the result, such as `{"id": …, "name": …, "type": "SQL", "project_id": …}`, and
a list as `{"items": [...]}`.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import pulumi
from pulumi import Input, Output
from pulumi.runtime.sync_await import _sync_await

from .._core.context import Context
from .._core.lookups import ANSWERS, Question
from .._core.redaction import redact
from .._core.results import (
    ConnectorResult,
    DatasourceResult,
    ProjectResult,
    connector_result,
    datasource_result,
    items_of,
    names_of,
    project_result,
)
from .._errors import InputError, PrevisionError
from .._platform.settings import Settings, resolve
from . import program_run
from .provider import Provider

T = TypeVar("T")
Item = Mapping[str, Any]


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
    """One lookup: asked now with plain values, or later with Outputs; of the platform, or of a test's mocks.

    `from_mock` reads what a test's mocks return.
    """

    def __init__(self, function: str, from_mock: Callable[[Item], T]) -> None:
        self._function = function
        self._answer: Callable[[Question], T] = ANSWERS[function]
        self._from_mock = from_mock

    def now(self, provider: Provider | None, **arguments: Any) -> T:
        pending = [name for name, value in arguments.items() if isinstance(value, Output)]
        if pending:
            raise InputError(
                self._function,
                [f"{name}: is an Output, whose value comes later: use {self._function}_output" for name in pending],
            )
        return self._run(
            None if provider is None else self._known(provider), arguments, program_run.context_of_this_run
        )

    def later(self, provider: Provider | None, **arguments: Any) -> Output[T]:
        async def run(config: dict[str, Any] | None, arguments: dict[str, Any]) -> T:
            if program_run.is_mocked():
                return self._run(config, arguments, program_run.new_context)
            return await asyncio.to_thread(self._run, config, arguments, program_run.new_context)

        # The token makes nothing secret that is found with it.
        config = None if provider is None else Output.unsecret(Output.all(**provider.lookup_config))
        return Output.all(config, Output.all(**arguments)).apply(lambda values: run(*values))

    def _known(self, provider: Provider) -> dict[str, Any]:
        """The provider's settings; those from secret configuration are Outputs that have their value already."""
        given = provider.lookup_config
        if not any(isinstance(value, Output) for value in given.values()):
            return dict(given)
        if _is_beside_the_program():
            whose = "provider: its settings are Outputs, which a thread of its own cannot wait for"
            raise InputError(
                self._function, [f"{whose}: call it outside of the thread, or use {self._function}_output"]
            )
        config = Output.all(**given)
        if not _sync_await(config.is_known()):
            raise InputError(self._function, [f"provider: its settings are not known yet: use {self._function}_output"])
        known: dict[str, Any] | None = _sync_await(config.future())
        return known or {}

    def _run(
        self,
        config: Mapping[str, Any] | None,
        arguments: Mapping[str, Any],
        context: Callable[[Settings], Context],
    ) -> T:
        given = {name: value for name, value in arguments.items() if value is not None}
        if program_run.is_mocked():
            answer = pulumi.runtime.invoke(f"previsionio:index:{_camel_case(self._function)}", given).value or {}
            return self._from_mock(answer)
        settings = resolve(config.get, {}) if config is not None else resolve(pulumi.runtime.get_config, os.environ)
        try:
            return self._answer(Question(self._function, given, context(settings)))
        except PrevisionError as error:
            message = str(error)
            if not message.startswith(self._function):
                message = f"{self._function}: {message}"
            error.args = (redact(message, [settings.token or ""]),)
            raise error.with_traceback(None) from None


def _is_beside_the_program() -> bool:
    """Whether a thread that the program has started calls: the event loop that Outputs need runs in another one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return threading.current_thread() is not threading.main_thread()
    return False


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


_GET_PROJECT = _Lookup("get_project", project_result)
_GET_CONNECTOR = _Lookup("get_connector", connector_result)
_LIST_CONNECTORS = _Lookup("list_connectors", items_of(connector_result))
_GET_DATASOURCE = _Lookup("get_datasource", datasource_result)
_LIST_DATASOURCES = _Lookup("list_datasources", items_of(datasource_result))
_LIST_DATABASES = _Lookup("list_databases", names_of)
_LIST_TABLES = _Lookup("list_tables", names_of)
