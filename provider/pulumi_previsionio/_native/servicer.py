"""Pulumi's provider protocol over `_core.lifecycle`: one method for each call of the engine.

Nothing here knows a kind of object. The engine tells this door more than it tells a dynamic provider: the resource's
name, whether it previews, and the old inputs beside the old outputs.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from .._core import lifecycle
from .._core.context import Context, shared_context
from .._core.engine_memory import DEFAULT_NAME
from .._core.error_lines import about, label, one_line, reason
from .._core.kind import Kind
from .._core.lookups import ANSWERS, Question
from .._core.names import KINDS_BY_TOKEN, camel, semantic_version, snake, token
from .._core.redaction import secrets_of
from .._core.secret import reference_of
from .._core.values import UNKNOWN, UNTOLD, Values, from_engine, inputs_of, outputs_of, to_engine
from .._errors import PrevisionError
from .._platform import operation
from .._platform.session import new_session
from .._platform.settings import EXPLICIT, NAMESPACE, resolve
from .._version import __version__
from .codec import UNKNOWN_TEXT, Properties, decode, encode
from .wording import in_camel_case

SCHEMA: Final = Path(__file__).with_name("schema.json")
MIGRATED: Final = "__provider"
"""In a state that a dynamic provider has made."""

_FUNCTIONS: Final = {token(camel(name)): name for name in ANSWERS}
_NONE: Final = provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)


def _guarded(method: Callable[[Servicer, Any], Any]) -> Callable[[Servicer, Any, grpc.ServicerContext], Any]:
    """Let nothing out of a method but its answer, or one line that holds no secret.

    `SystemExit` and its like too: the engine would wait for ever.
    """

    @functools.wraps(method)
    def guarded(self: Servicer, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            with operation.limited(self._seconds(request), _label(request)):
                return method(self, request)
        except BaseException as error:  # noqa: BLE001
            line = self.error_line(error, request)
        return context.abort(grpc.StatusCode.UNKNOWN, line)

    return guarded


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """One provider of one stack: the engine starts a process for each."""

    def __init__(self) -> None:
        self._settings = resolve(dict[str, Any]().get, {})
        self._token = ""

    # The provider itself

    @_guarded
    def Handshake(self, _request: Any) -> Any:  # noqa: N802
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    @_guarded
    def GetPluginInfo(self, _request: Any) -> Any:  # noqa: N802
        return plugin_pb2.PluginInfo(version=semantic_version(__version__))

    @_guarded
    def GetSchema(self, _request: Any) -> Any:  # noqa: N802
        return provider_pb2.GetSchemaResponse(schema=SCHEMA.read_text(encoding="utf-8"))

    @_guarded
    def CheckConfig(self, request: Any) -> Any:  # noqa: N802
        given = decode(request.news)
        return provider_pb2.CheckResponse(inputs=encode(given.values, given.secrets | {"token"}, given.wire))

    @_guarded
    def DiffConfig(self, request: Any) -> Any:  # noqa: N802
        # Never a replacement: each resource tells that it was made on another platform, and nothing is touched.
        same = decode(request.olds).values == decode(request.news).values
        return _NONE if same else provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_SOME)

    @_guarded
    def Configure(self, request: Any) -> Any:  # noqa: N802
        given = decode(request.args).values
        self._token = str(given.get("token") or "")
        config = {f"{NAMESPACE}:{camel(name)}": value for name, value in given.items() if value is not UNKNOWN}
        if _is_explicit(request):
            config.setdefault(EXPLICIT, "arguments")
        self._settings = resolve(config.get, os.environ)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @_guarded
    def Cancel(self, _request: Any) -> Any:  # noqa: N802
        return Empty()

    @_guarded
    def Attach(self, _request: Any) -> Any:  # noqa: N802
        return Empty()

    # Resources

    @_guarded
    def Check(self, request: Any) -> Any:  # noqa: N802
        kind = _kind(request)
        given = decode(request.news)
        olds, news = _before(kind, request.olds), _load(kind, given)
        if "name" not in news:
            news[DEFAULT_NAME] = _name(request)
        values, problems = lifecycle.check(kind, olds, news, self._context)
        secrets = self._secrets(request) if problems else []
        lines = [in_camel_case(one_line(text, secrets), kind) for text in problems]
        # Never with a property's name: the engine would print the value beside it, also a secret one.
        failures = [provider_pb2.CheckFailure(property="", reason=line) for line in lines]
        return provider_pb2.CheckResponse(inputs=_dump(kind, values, given), failures=failures)

    @_guarded
    def Diff(self, request: Any) -> Any:  # noqa: N802
        kind = _kind(request)
        before, news = decode(request.olds), _load(kind, decode(request.news))
        olds = _before(kind, request.olds, request.old_inputs)
        decision = lifecycle.diff(kind, request.id, olds, news, self._context)
        diffs = {
            camel(name): _difference(name, olds, news, before, is_replacement=name in decision.replaces)
            for name in decision.changed
        }
        if MIGRATED in before.values:
            diffs[MIGRATED] = provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.DELETE)
        if not diffs:
            return _NONE
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME,
            replaces=list(map(camel, decision.replaces)),
            detailedDiff=diffs,
            hasDetailedDiff=True,
        )

    @_guarded
    def Create(self, request: Any) -> Any:  # noqa: N802
        kind, given = _kind(request), decode(request.properties)
        if request.preview:
            properties = _dump(kind, _load(kind, given), given)
            for output in kind.outputs:
                properties.fields[camel(output.name)].string_value = UNKNOWN_TEXT
            return provider_pb2.CreateResponse(properties=properties)
        id_, values = lifecycle.create(kind, _load(kind, given), self._context)
        return provider_pb2.CreateResponse(id=id_, properties=_dump(kind, values, given))

    @_guarded
    def Read(self, request: Any) -> Any:  # noqa: N802
        kind = _kind(request)
        before, inputs = decode(request.properties), decode(request.inputs)
        if "platform_url" not in before.values:  # an import or a `get`, not a refresh: there is no earlier state
            found = lifecycle.look_up(kind, request.id, self._context)
            told = encode(to_engine(kind, inputs_of(kind, found)))
            outputs = encode(to_engine(kind, {**_defaults(kind), **found}))
            return provider_pb2.ReadResponse(id=request.id, properties=outputs, inputs=told)
        values = _before(kind, request.properties, request.inputs)
        live = lifecycle.read(kind, request.id, values, self._context)
        if live is None:
            return provider_pb2.ReadResponse()
        answer = provider_pb2.ReadResponse(id=request.id, properties=_dump(kind, _told(kind, live, before), before))
        if inputs.values:  # a `get` has none: the next preview would show them all as lost
            live = lifecycle.refreshed_inputs(kind, live, self._context)
            answer.inputs.CopyFrom(_dump(kind, _told(kind, live, inputs), inputs))
        return answer

    @_guarded
    def Update(self, request: Any) -> Any:  # noqa: N802
        kind, given = _kind(request), decode(request.news)
        values, olds = _load(kind, given), _before(kind, request.olds, request.old_inputs)
        if request.preview:
            values = {**values, **outputs_of(kind, olds)}
        else:
            values = lifecycle.update(kind, request.id, olds, values, self._context)
        return provider_pb2.UpdateResponse(properties=_dump(kind, values, given))

    @_guarded
    def Delete(self, request: Any) -> Any:  # noqa: N802
        kind = _kind(request)
        values = _before(kind, request.properties, request.old_inputs)
        lifecycle.delete(kind, request.id, values, self._context)
        return Empty()

    # Functions

    @_guarded
    def Invoke(self, request: Any) -> Any:  # noqa: N802
        if request.tok not in _FUNCTIONS:
            raise PrevisionError(f"there is no function {request.tok}")
        name = _FUNCTIONS[request.tok]
        given = {key: value for key, value in decode(request.args).values.items() if value is not None}
        # Another process may have made just now what is asked for: a session that has read nothing yet.
        context = Context(self._settings, new_session(self._settings))
        answer = ANSWERS[name](Question(name, given, context))
        found = {"items": list(map(_result, answer))} if isinstance(answer, list) else _result(answer)
        return provider_pb2.InvokeResponse(**{"return": encode(found)})

    # What all share

    @property
    def _context(self) -> Context:
        return shared_context(self._settings)

    def _seconds(self, request: Any) -> float:
        """How long an operation may take: what the resource's `customTimeouts` say, else the settings."""
        return getattr(request, "timeout", 0.0) or self._settings.operation_timeout

    def error_line(self, error: BaseException, request: Any) -> str:
        """What the engine is told of an error."""
        try:
            return in_camel_case(one_line(_about(request, reason(error)), self._secrets(request)))
        except BaseException as second:  # noqa: BLE001
            return f"pulumi-previsionio failed in a way it should not ({type(second).__name__} in an error's message)"

    def _secrets(self, request: Any) -> list[str]:
        """Every secret text in a request, and the token."""
        structs = [value for _field, value in request.ListFields() if isinstance(value, Struct)]
        found = list(map(decode, structs))
        kind = KINDS_BY_TOKEN.get(_type(request))
        values = [_load(kind, each) for each in found] if kind else []
        texts = [text for each in found for text in each.texts()]
        return [self._token, self._settings.token or "", *texts, *(secrets_of(kind, *values) if kind else ())]


# What a request is about


def _type(request: Any) -> str:
    """The token of a request's resource; callers other than the engine give its URN only."""
    type_: str = getattr(request, "type", "")
    return type_ or _urn(request)[0].rpartition("$")[2]


def _name(request: Any) -> str:
    name: str = getattr(request, "name", "")
    return name or _urn(request)[1]


def _urn(request: Any) -> tuple[str, str]:
    """Type and name in `urn:pulumi:STACK::PROJECT::TYPE::NAME`."""
    parts = getattr(request, "urn", "").split("::", 3)
    return (parts[2], parts[3]) if len(parts) == 4 else ("", "")


def _kind(request: Any) -> Kind:
    type_ = _type(request)
    if type_ not in KINDS_BY_TOKEN:
        raise PrevisionError(f"there is no resource {type_} in version {__version__} of pulumi-previsionio")
    return KINDS_BY_TOKEN[type_]


def _about(request: Any, text: str) -> str:
    subject, name = _subject(request)
    return about(subject, name, text) if subject else text


def _label(request: Any) -> str:
    return label(*_subject(request))


def _subject(request: Any) -> tuple[str, str | None]:
    """What a request is about: a kind of resource and its name, or a function; nothing, for the provider itself."""
    if kind := KINDS_BY_TOKEN.get(_type(request)):
        return kind.name, _name(request) or None
    return _FUNCTIONS.get(getattr(request, "tok", ""), ""), None


def _is_explicit(request: Any) -> bool:
    """Whether the program made the provider: the engine calls its own `default`, with the version that they are of."""
    return bool(request.name) and not re.fullmatch(r"default(_\d+_.*)?", request.name)


# Values


def _load(kind: Kind, properties: Properties) -> Values:
    """What the engine has sent, as the core takes it."""
    values = properties.values
    return from_engine(kind, {**values, **{name: _reference(values[name]) for name in kind.secrets if name in values}})


def _reference(secret: Any) -> Any:
    """`{"fromEnv": …}`, which languages write, is what the core calls `{"from_env": …}`; others as they are."""
    if isinstance(secret, dict):
        renamed = _renamed(snake, secret)
        return renamed if reference_of(renamed) else secret
    return secret


def _renamed(rename: Callable[[str], str], value: dict[str, Any]) -> dict[str, Any]:
    return {rename(key): part for key, part in value.items()}


def _dump(kind: Kind, values: Values, given: Properties) -> Struct:
    """Values for the engine: secret are those of the kind, and those that came as secrets."""
    shown, secrets = to_engine(kind, values), kind.secrets
    shown |= {name: _renamed(camel, shown[name]) for name in secrets if reference_of(shown.get(name))}
    return encode(shown, {*secrets, *given.secrets}, given.wire)


def _before(kind: Kind, state: Struct, inputs: Struct | None = None) -> Values:
    """The state of an object; none when it is to be made.

    Its secrets may stand among the inputs only: an import knows none, and the outputs stay as they are until an
    update. Those that stand nowhere are not told yet.
    """
    values = _load(kind, decode(state))
    if not values:
        return {}
    told = _load(kind, decode(inputs)) if inputs is not None else {}
    return {**{name: told.get(name, UNTOLD) for name in kind.secrets}, **values}


def _told(kind: Kind, values: Values, before: Properties) -> Values:
    """The values without secrets that were not there before."""
    return {name: value for name, value in values.items() if name in before.values or name not in kind.secrets}


def _defaults(kind: Kind) -> Values:
    """What only the provider reads of an object that no program has made."""
    return {field.name: field.default for field in kind.fields if field.default is not None and not field.wire}


def _difference(name: str, olds: Values, news: Values, outputs: Properties, *, is_replacement: bool) -> Any:
    kinds = provider_pb2.PropertyDiff
    plain, replacing = (
        (kinds.ADD, kinds.ADD_REPLACE)
        if name not in olds
        else (kinds.DELETE, kinds.DELETE_REPLACE)
        if name not in news
        else (kinds.UPDATE, kinds.UPDATE_REPLACE)
    )
    return kinds(kind=replacing if is_replacement else plain, inputDiff=name not in outputs.values)


def _result(answer: Any) -> Any:
    """What a lookup has found, for the engine."""
    if not dataclasses.is_dataclass(answer) or isinstance(answer, type):
        return answer
    return {camel(name): value for name, value in dataclasses.asdict(answer).items() if value is not None}
