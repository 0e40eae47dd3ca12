"""The dynamic providers: a thin adapter between Pulumi's provider host and `_core.lifecycle`.

The engine stores, with every resource, which provider class manages it: by this module's path and the class's name,
since the classes have no state (dill pickles such objects by reference). **Never move or rename a class of this
module**: a stack made years ago could no longer be refreshed or destroyed.

Programs import this module too, so nothing that takes long to import, such as an HTTP library, is imported here.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar, cast

from ._host.standard_library import prefer_the_standard_library

prefer_the_standard_library()  # before anything of this package is imported that imports more of it

from pulumi.dynamic import (  # noqa: E402
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import contains_unknowns  # noqa: E402

from . import _host  # noqa: E402
from ._core import kinds, lifecycle  # noqa: E402
from ._core.context import Context, shared_context  # noqa: E402
from ._core.error_lines import about, label, one_line, reason  # noqa: E402
from ._core.kind import Kind  # noqa: E402
from ._core.redaction import secrets_of  # noqa: E402
from ._core.values import UNKNOWN, Values, from_engine, to_engine  # noqa: E402
from ._errors import PrevisionError  # noqa: E402
from ._platform import operation  # noqa: E402
from ._platform.settings import Settings, resolve  # noqa: E402

Properties = dict[str, Any]
Method = TypeVar("Method", bound=Callable[..., Any])


def _guarded(method: Method) -> Method:
    """Let nothing out of a provider method but a `PrevisionError` with one line that holds no secret.

    `SystemExit` and its like too: the host would never answer the engine (it catches `Exception` only).
    """

    @functools.wraps(method)
    def guarded(self: Provider, *args: Any) -> Any:
        try:
            with operation.limited(self._settings.operation_timeout, label(self.kind.name, _name(args))):
                return method(self, *args)
        except BaseException as error:  # noqa: BLE001
            text = about(self.kind.name, _name(args), reason(error))
        raise PrevisionError(one_line(text, self.secrets(*args))) from None

    return cast(Method, guarded)


def _is_unknown(value: Any) -> bool:
    """Whether a preview cannot know it, or a part of it. Most values are plain ones, of which no one needs to ask."""
    return not isinstance(value, (str, float, bool)) and contains_unknowns(value)


def _name(args: Sequence[Any]) -> str | None:
    """The name of the resource that a method's arguments are about, the newest one."""
    names = [arg["name"] for arg in args if isinstance(arg, dict) and isinstance(arg.get("name"), str)]
    return names[-1] if names else None


class Provider(ResourceProvider):
    """Check, diff, create, read, update and delete for one kind of object."""

    serialize_as_secret_always = False
    kind: ClassVar[Kind]
    _settings: Settings

    def configure(self, req: ConfigureRequest) -> None:
        """Find the settings; called by the host before anything else."""
        self._settings = resolve(req.config.get, os.environ)
        _host.install(threads=self._settings.parallelism)

    @_guarded
    def check(self, olds: Properties, news: Properties) -> CheckResult:
        """Complete and validate the inputs of a resource."""
        hidden = {name: value for name, value in news.items() if _is_unknown(value)}
        values, problems = lifecycle.check(self.kind, self._load(olds), self._load(news), self._context)
        inputs = {**self._dump(values), **{name: hidden[name] for name in hidden.keys() & values.keys()}}
        inputs = {name: value for name, value in inputs.items() if value is not UNKNOWN}
        secrets = self.secrets(olds, news) if problems else []
        # Never with a property's name: the engine would print the value beside it, also a secret one.
        return CheckResult(inputs, [CheckFailure("", one_line(problem, secrets)) for problem in problems])

    @_guarded
    def diff(self, id_: str, olds: Properties, news: Properties) -> DiffResult:
        """Tell what a difference between state and program leads to."""
        decision = lifecycle.diff(self.kind, id_, self._load(olds), self._load(news), self._context)
        if decision.action == "same":
            return DiffResult(changes=False)
        # None lets the engine find the changed keys itself: only then does it honor replace_on_changes and show
        # no key that did not change.
        return DiffResult(changes=None, replaces=list(decision.replaces))

    @_guarded
    def create(self, props: Properties) -> CreateResult:
        """Make the object."""
        id_, values = lifecycle.create(self.kind, self._load(props), self._context)
        return CreateResult(id_, self._dump(values))

    @_guarded
    def read(self, id_: str, props: Properties) -> ReadResult:
        """Tell how the object is now."""
        values = self._load(props)
        if "platform_url" not in values:  # a `get`, not a refresh: there is no earlier state
            return ReadResult(id_, self._dump(lifecycle.look_up(self.kind, id_, self._context)))
        live = lifecycle.read(self.kind, id_, values, self._context)
        if live is None:
            return ReadResult(None, {})
        # What a `get` resource reads stands for no inputs: the next preview would show them all as lost.
        if not self.kind.is_managed(values):
            return ReadResult(id_, self._dump(live))
        inputs = lifecycle.refreshed_inputs(self.kind, live, self._context)
        return ReadResult(id_, self._dump(live), self._dump(inputs))

    @_guarded
    def update(self, id_: str, olds: Properties, news: Properties) -> UpdateResult:
        """Change the object in place."""
        values = lifecycle.update(self.kind, id_, self._load(olds), self._load(news), self._context)
        return UpdateResult(self._dump(values))

    @_guarded
    def delete(self, id_: str, props: Properties) -> None:
        """Delete the object."""
        lifecycle.delete(self.kind, id_, self._load(props), self._context)

    def secrets(self, *args: Any) -> list[str]:
        """Every secret text among a method's arguments, and the token."""
        values = [self._load(arg) for arg in args if isinstance(arg, dict)]
        return [self._settings.token or "", *secrets_of(self.kind, *values)]

    @property
    def _context(self) -> Context:
        return shared_context(self._settings, _host.managed_blocking)

    def _load(self, properties: Properties) -> Values:
        known = {name: UNKNOWN if _is_unknown(value) else value for name, value in properties.items()}
        return from_engine(self.kind, known)

    def _dump(self, values: Values) -> Properties:
        return to_engine(self.kind, values)


class SQLConnectorProvider(Provider):
    """Manages connectors to SQL servers."""

    kind = kinds.SQL


class FTPConnectorProvider(Provider):
    """Manages connectors to FTP servers."""

    kind = kinds.FTP


class SFTPConnectorProvider(Provider):
    """Manages connectors to SFTP servers."""

    kind = kinds.SFTP


class S3ConnectorProvider(Provider):
    """Manages connectors to Amazon S3."""

    kind = kinds.S3


class GCPConnectorProvider(Provider):
    """Manages connectors to Google Cloud."""

    kind = kinds.GCP


class DatasourceProvider(Provider):
    """Manages data sources."""

    kind = kinds.DATASOURCE


class ProjectProvider(Provider):
    """Manages projects."""

    kind = kinds.PROJECT


class DatasetProvider(Provider):
    """Manages datasets."""

    kind = kinds.DATASET
