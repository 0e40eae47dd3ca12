"""What all resources of this package share: how inputs become properties, secrets stay secrets, mistakes are caught."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar, cast

import pulumi
from pulumi.dynamic import Resource
from pulumi.dynamic.dynamic import serialize_provider

from .._core.engine_memory import DEFAULT_NAME
from .._core.kind import Kind
from .._core.secret import SecretReference
from .._dynamic import Provider
from .._errors import InputError
from .._host.debug_messages import leave_out_steps, registration_without_steps
from .._host.garbage import collect_garbage_less_often
from .._host.output_types import remember_output_types
from .._host.process import end_at_once_when_interrupted
from .._host.stack_traces import tell_of_the_program_only
from . import program_run

Self = TypeVar("Self", bound="PrevisionResource")

remember_output_types()
tell_of_the_program_only()
leave_out_steps()


class PrevisionResource(Resource):
    """Base of the resources of this package."""

    _provider_class: type[Provider]
    _can_be_imported: ClassVar[bool] = False

    def __init_subclass__(cls, module: str = "", name: str = "", **kwargs: Any) -> None:
        """Give a subclass its parent's type token and output types."""
        # A plain subclass of a dynamic resource gets the token of all nameless ones (pulumi/pulumi#20073), which
        # would replace every object it manages: it inherits its parent's instead.
        inherited = getattr(cls, "_resource_type_name", "dynamic:Resource")
        super().__init_subclass__(module=module, name=name or "Resource", **kwargs)
        # Pulumi looks for the outputs' types at the class itself only.
        inherited_types = {key: type_ for base in cls.__mro__[:0:-1] for key, type_ in _annotations(base).items()}
        cls.__annotations__ = {**inherited_types, **_annotations(cls)}
        if not name and inherited != "dynamic:Resource":
            cls._resource_type_name = inherited

    def __init__(self, resource_name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        """Register the resource; called by the typed classes only.

        Args:
            resource_name: its name in the program.
            inputs: what the program gives; None stands for nothing.
            opts: Pulumi's resource options.

        Raises:
            InputError: an input is wrong.
        """
        end_at_once_when_interrupted()
        collect_garbage_less_often()
        kind = self._provider_class.kind
        if opts is not None and opts.import_ is not None and not self._can_be_imported:
            raise InputError(f"{kind.name} {resource_name!r}", [_no_import(kind, opts.import_)])
        program_run.note_resource()
        if kind.secrets:
            secret = pulumi.ResourceOptions(additional_secret_outputs=list(kind.secrets))
            opts = pulumi.ResourceOptions.merge(secret, opts)
        if opts is not None and opts.id is not None:  # a `get`: everything comes from the platform
            properties: dict[str, Any] = {field.name: None for field in kind.fields if not field.is_secret}
        else:
            properties = _properties(kind, resource_name, inputs)
        properties |= dict.fromkeys(output.name for output in kind.outputs)
        nothing = pulumi.Output.from_input(None)
        for field in kind.fields:
            if field.name not in properties:  # not set: nothing for the engine to keep, but an attribute all the same
                setattr(self, field.name, nothing)
        with registration_without_steps():
            self._register(resource_name, properties, opts)

    def _register(self, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        """What `Resource` does in its constructor, without serializing the provider for each resource anew."""
        properties["__provider"] = _serialized(self._provider_class)
        pulumi.CustomResource.__init__(self, f"pulumi-python:{self._resource_type_name}", name, properties, opts)

    @classmethod
    def _get(cls: type[Self], name: str, id_: pulumi.Input[str], opts: pulumi.ResourceOptions | None) -> Self:
        resource = cls.__new__(cls)
        by_id = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id_))
        PrevisionResource.__init__(resource, name, {}, by_id)
        # SDK 3.272 waits for the engine to repeat the id, and older engines (3.259) do not: it would be unknown in
        # every preview, and all that depend on it announced as replaced.
        resource.__dict__["id"] = pulumi.Output.all(resource.urn, id_).apply(lambda known: known[1])
        return resource


_references: dict[type[Provider], str] = {}
"""How states name each provider class: none has a state of its own, so that all of its resources name it alike."""


def _serialized(provider_class: type[Provider]) -> str:
    if provider_class not in _references:
        _references[provider_class] = str(serialize_provider(provider_class()))
    return _references[provider_class]


def _annotations(cls: type) -> dict[str, Any]:
    return inspect.get_annotations(cls) if issubclass(cls, PrevisionResource) else {}


def _properties(kind: Kind, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in inputs.items() if value is not None}
    if problems := [*_missing(kind, given), *_unknown_inputs(kind, inputs)]:
        raise InputError(f"{kind.name} {name!r}", problems)
    for key in kind.secrets:
        if key in given:
            value = given[key]
            given[key] = pulumi.Output.secret(value.as_property() if isinstance(value, SecretReference) else value)
    # Those that the provider fills in are declared, so that their values come back.
    for field in kind.fields:
        if field.default is not None or field.is_filled_in:
            given.setdefault(field.name, None)
    if given["name"] is None:
        given[DEFAULT_NAME] = name
    if program_run.is_mocked():
        given |= {key: value for key, value in _defaults(kind, name).items() if given[key] is None}
    return given


def _defaults(kind: Kind, name: str) -> dict[str, Any]:
    """What the provider fills in, for a test whose mocks have none."""
    return {"name": name, **{field.name: field.default for field in kind.fields if field.default is not None}}


def _missing(kind: Kind, given: Mapping[str, Any]) -> list[str]:
    return [
        f"{field.argument}: {'must not be empty' if field.name in given else 'is required'}"
        for field in kind.fields
        if field.required and not field.is_filled_in and not _is_given(given.get(field.name), field.type.may_be_empty)
    ]


def _is_given(value: Any, may_be_empty: bool) -> bool:
    return value is not None and (may_be_empty or not (isinstance(value, str) and value == ""))


def _unknown_inputs(kind: Kind, inputs: Mapping[str, Any]) -> list[str]:
    names = [field.name for field in kind.fields]
    return [_unknown_input(key, names) for key in inputs if key not in names]


def _unknown_input(name: str, names: Sequence[str]) -> str:
    from .._core.wording import did_you_mean, nearest

    close = nearest(name, names)[:1]
    return f"{name}: is not an input of this resource{f'. {did_you_mean(close)}' if close else ''}"


def _no_import(kind: Kind, id_: object) -> str:
    option = kind.collection.noun.replace(" ", "")
    id_ = id_ if isinstance(id_, str) else "ID"
    return (
        "import_: the engine cannot import a resource of a Python dynamic provider by its id (pulumi/pulumi#16175). "
        f"Leave the option out, and run: pulumi-previsionio adopt --{option} {id_} --as NAME"
    )


def as_id(resource: Any) -> pulumi.Input[str]:
    """The id of a resource, of a lookup's result, of an exported resource, or the id itself; each may be an Output."""
    return cast("pulumi.Input[str]", attribute(resource, "id", resource))


def attribute(holder: Any, name: str, default: Any = None) -> Any:
    """What a resource or a lookup's result says of itself; `default` for a mere id. Each may come in an Output."""
    # An Output claims to have any attribute (pulumi/output.py, `__getattr__`): only what is in it can tell.
    if isinstance(holder, pulumi.Output):
        return holder.apply(lambda held: attribute(held, name, held if default is holder else default))
    if isinstance(holder, Mapping):  # a resource that another stack exports whole
        return holder.get(name, default)
    return getattr(holder, name, default)
