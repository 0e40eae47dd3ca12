"""The dynamic providers: a thin adapter between Pulumi's provider host and `_lifecycle`.

The engine stores, with every resource, which provider class manages it: by this module's path and the class's name,
since the classes have no state (dill pickles such objects by reference). **Never move or rename a class of this
module**: a stack made years ago could no longer be refreshed or destroyed.

Programs import this module too, so whatever takes long to import is imported by the methods.
"""

from __future__ import annotations

import functools
import gc
import os
import pathlib
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import contains_unknowns

from . import _kinds, _one_line_errors, _thread_pool
from ._errors import PrevisionError
from ._redaction import redact, secrets_of
from ._settings import Settings, resolve
from ._values import UNKNOWN, dump, load

if TYPE_CHECKING:
    from ._platform import Platform

Properties = dict[str, Any]
Method = TypeVar("Method", bound=Callable[..., Any])


def _guarded(method: Method) -> Method:
    """Let nothing out of a provider method but a `PrevisionError` with one line that holds no secret.

    `SystemExit` and its like too: the host would never answer the engine (it catches `Exception` only).
    """

    @functools.wraps(method)
    def guarded(self: Provider, *args: Any) -> Any:
        try:
            return method(self, *args)
        except BaseException as error:  # noqa: BLE001
            text = str(error) if isinstance(error, PrevisionError) else _internal(error)
        raise PrevisionError(_line(_about(self.kind, text, *args), self.secrets(*args))) from None

    return cast(Method, guarded)


def _line(text: str, secrets: list[str]) -> str:
    return " ".join(redact(text, secrets).split())


def _about(kind: _kinds.Kind, text: str, *args: Any) -> str:
    """The text, with the resource that it is about in front."""
    names = [arg["name"] for arg in args if isinstance(arg, dict) and isinstance(arg.get("name"), str)]
    whose = f"{kind.name} {names[-1]!r}" if names else kind.name
    return text if text.startswith(kind.name) else f"{whose}: {text}"


def _internal(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{pathlib.Path(frame.filename).name}:{frame.lineno}"
    return f"pulumi-previsionio failed in a way it should not ({where}, {type(error).__name__}): {error}"


class Provider(ResourceProvider):
    """Check, diff, create, read, update and delete for one kind of object."""

    serialize_as_secret_always = False
    kind: ClassVar[_kinds.Kind]
    _settings: Settings

    def configure(self, req: ConfigureRequest) -> None:
        _one_line_errors.install()
        self._settings = resolve(req.config.get, os.environ)
        _thread_pool.widen(self._settings.parallelism)
        gc.freeze()  # what the host has loaded stays: no collection, nor the last one at its end, need look through it

    @_guarded
    def check(self, olds: Properties, news: Properties) -> CheckResult:
        from . import _lifecycle

        hidden = {name: value for name, value in news.items() if contains_unknowns(value)}
        values, problems = _lifecycle.check(self.kind, self._load(olds), self._load(news), self._settings)
        inputs = {**dump(values), **{name: hidden[name] for name in hidden.keys() & values.keys()}}
        inputs = {name: value for name, value in inputs.items() if value is not UNKNOWN}
        secrets = self.secrets(olds, news)
        # Never with a property's name: the engine would print the value beside it, also a secret one.
        return CheckResult(inputs, [CheckFailure("", _line(problem, secrets)) for problem in problems])

    @_guarded
    def diff(self, id_: str, olds: Properties, news: Properties) -> DiffResult:
        from . import _lifecycle

        plan = _lifecycle.plan(self.kind, id_, self._load(olds), self._load(news), self._platform)
        if plan.action == "same":
            return DiffResult(changes=False)
        # None lets the engine find the changed keys itself: only then does it honor replace_on_changes and show
        # no key that did not change.
        return DiffResult(changes=None, replaces=list(plan.replaces))

    @_guarded
    def create(self, props: Properties) -> CreateResult:
        from . import _lifecycle

        id_, values = _lifecycle.create(self.kind, self._load(props), self._platform)
        return CreateResult(id_, dump(values))

    @_guarded
    def read(self, id_: str, props: Properties) -> ReadResult:
        from . import _lifecycle

        values = self._load(props)
        if "platform_url" not in values:  # a `get`, not a refresh: there is no earlier state
            return ReadResult(id_, dump(_lifecycle.look_up(self.kind, id_, self._platform)))
        live = _lifecycle.read(self.kind, id_, values, self._platform)
        if live is None:
            return ReadResult(None, {})
        return ReadResult(id_, dump(live), dump(live))

    @_guarded
    def update(self, id_: str, olds: Properties, news: Properties) -> UpdateResult:
        from . import _lifecycle

        return UpdateResult(dump(_lifecycle.update(self.kind, id_, self._load(olds), self._load(news), self._platform)))

    @_guarded
    def delete(self, id_: str, props: Properties) -> None:
        from . import _lifecycle

        _lifecycle.delete(self.kind, id_, self._load(props), self._platform)

    def secrets(self, *args: Any) -> list[str]:
        """Every secret text among a method's arguments, and the token."""
        values = [self._load(arg) for arg in args if isinstance(arg, dict)]
        return [self._settings.token or "", *secrets_of(self.kind, *values)]

    @property
    def _platform(self) -> Platform:
        from ._platform import shared_platform

        return shared_platform(self._settings)

    def _load(self, properties: Properties) -> dict[str, Any]:
        known = {name: UNKNOWN if contains_unknowns(value) else value for name, value in properties.items()}
        return load(self.kind, known)


class SQLConnectorProvider(Provider):
    kind = _kinds.SQL


class FTPConnectorProvider(Provider):
    kind = _kinds.FTP


class SFTPConnectorProvider(Provider):
    kind = _kinds.SFTP


class S3ConnectorProvider(Provider):
    kind = _kinds.S3


class GCPConnectorProvider(Provider):
    kind = _kinds.GCP


class DatasourceProvider(Provider):
    kind = _kinds.DATASOURCE


class ProjectProvider(Provider):
    kind = _kinds.PROJECT_KIND


class DatasetProvider(Provider):
    kind = _kinds.DATASET
