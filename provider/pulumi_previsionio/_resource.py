"""What all resources of this package share: how inputs become properties, secrets stay secrets, mistakes are caught."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

import pulumi
from pulumi.dynamic import Resource

from . import _program
from ._dynamic import Provider
from ._errors import InputError
from ._kinds import Kind
from ._names import DEFAULT_NAME
from ._values import SecretReference

Self = TypeVar("Self", bound="PrevisionResource")


class PrevisionResource(Resource):
    """Base of the resources of this package."""

    _provider_class: type[Provider]

    def __init_subclass__(cls, module: str = "", name: str = "", **kwargs: Any) -> None:
        # A plain subclass of a dynamic resource gets the token of all nameless ones (pulumi/pulumi#20073), which
        # would replace every object it manages: it inherits its parent's instead.
        inherited = getattr(cls, "_resource_type_name", "dynamic:Resource")
        super().__init_subclass__(module=module, name=name or "Resource", **kwargs)
        # Pulumi looks for the outputs' types at the class itself only.
        inherited_types = {key: type_ for base in cls.__mro__[:0:-1] for key, type_ in _annotations(base).items()}
        cls.__annotations__ = {**inherited_types, **_annotations(cls)}
        if not name and inherited != "dynamic:Resource":
            cls._resource_type_name = inherited

    def _arguments(
        self,
        resource_name: str,
        inputs: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        **more_inputs: Any,
    ) -> tuple[Provider, str, dict[str, Any], pulumi.ResourceOptions | None]:
        """What a concrete class hands to Pulumi's constructor, which it calls without one of ours in between.

        The engine keeps each frame of the stack on which a resource is made, and file backends write all that they
        keep again at each step: a frame less makes the creation of a hundred resources 3 % faster.
        """
        _program.prepare()
        inputs = {**inputs, **more_inputs}
        kind = self._provider_class.kind
        if kind.secrets:
            secret = pulumi.ResourceOptions(additional_secret_outputs=list(kind.secrets))
            opts = pulumi.ResourceOptions.merge(secret, opts)
        if opts is not None and opts.id is not None:  # a `get`: everything comes from the platform
            properties: dict[str, Any] = {field.name: None for field in kind.fields if not field.secret}
        else:
            properties = _properties(kind, resource_name, inputs)
        nothing = pulumi.Output.from_input(None)
        for field in kind.fields:
            if field.name not in properties:  # not set: nothing for the engine to keep, but an attribute all the same
                setattr(self, field.name, nothing)
        return self._provider_class(), resource_name, properties, opts

    @classmethod
    def _get(cls: type[Self], name: str, id_: pulumi.Input[str], opts: pulumi.ResourceOptions | None) -> Self:
        resource = cls.__new__(cls)
        by_id = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id_))
        Resource.__init__(resource, *resource._arguments(name, {}, by_id))
        # SDK 3.272 waits for the engine to repeat the id, and older engines (3.259) do not: it would be unknown in
        # every preview, and all that depend on it announced as replaced.
        resource.__dict__["id"] = pulumi.Output.all(resource.urn, id_).apply(lambda known: known[1])
        return resource


def _annotations(cls: type) -> dict[str, Any]:
    return inspect.get_annotations(cls) if issubclass(cls, PrevisionResource) else {}


def _properties(kind: Kind, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in inputs.items() if value is not None}
    problems = [
        f"{field.name}: {'must not be empty' if field.name in given else 'is required'}"
        for field in kind.fields
        if field.required and not _is_given(given.get(field.name)) and field.name not in _FILLED_IN
    ]
    names = [field.name for field in kind.fields]
    problems += [_no_input(key, names) for key in inputs if key not in names]
    if problems:
        raise InputError(f"{kind.name} {name!r}", problems)
    for key in kind.secrets:
        if key in given:
            value = given[key]
            given[key] = pulumi.Output.secret(value.as_property() if isinstance(value, SecretReference) else value)
    # Those that the provider fills in are declared, so that their values come back.
    for field in kind.fields:
        if field.default is not None or field.name in _FILLED_IN:
            given.setdefault(field.name, None)
    if given.get("name") is None:
        given[DEFAULT_NAME] = name
    return given


def _no_input(name: str, names: Sequence[str]) -> str:
    import difflib  # takes long to import, and hardly any program needs it

    nearest = difflib.get_close_matches(name, names, n=1)
    return f"{name}: is not an input of this resource{f'. Did you mean {nearest[0]!r}?' if nearest else ''}"


_FILLED_IN = frozenset({"name", "project_id", "platform_url"})


def _is_given(value: Any) -> bool:
    return value is not None and not (isinstance(value, str) and value == "")


def as_id(resource: Any) -> pulumi.Input[str]:
    """The id of a resource, of a lookup's result, or the id itself; each may come in an Output."""
    return cast("pulumi.Input[str]", attribute(resource, "id", resource))


def attribute(holder: Any, name: str, default: Any = None) -> Any:
    """What a resource or a lookup's result says of itself; `default` for a mere id. Each may come in an Output."""
    # An Output claims to have any attribute (pulumi/output.py, `__getattr__`): only what is in it can tell.
    if isinstance(holder, pulumi.Output):
        return holder.apply(lambda held: getattr(held, name, held if default is holder else default))
    return getattr(holder, name, default)
