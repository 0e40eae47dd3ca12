"""What all resources of this package share: how inputs become properties, secrets stay secrets, mistakes are caught."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, TypeVar, cast

import pulumi
from pulumi.dynamic import Resource

from ._dynamic import Provider
from ._errors import InputError
from ._kinds import Kind
from ._values import SecretReference

DEFAULT_NAME = "default_name"

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
        inherited_types = {key: type_ for base in cls.__mro__[1:-1] for key, type_ in _annotations(base).items()}
        cls.__annotations__ = {**inherited_types, **_annotations(cls)}
        if not name and inherited != "dynamic:Resource":
            cls._resource_type_name = inherited

    def __init__(
        self,
        resource_name: str,
        inputs: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        **more_inputs: Any,
    ) -> None:
        inputs = {**inputs, **more_inputs}
        kind = self._provider_class.kind
        opts = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(additional_secret_outputs=list(kind.secrets)), opts)
        if opts.id is not None:  # a `get`: everything comes from the platform
            properties: dict[str, Any] = {field.name: None for field in kind.fields if not field.secret}
        else:
            properties = _properties(kind, resource_name, inputs)
        super().__init__(self._provider_class(), resource_name, properties, opts)
        for field in kind.fields:
            if field.name not in properties:  # not set: nothing for the engine to keep, but an attribute all the same
                setattr(self, field.name, pulumi.Output.from_input(None))

    @classmethod
    def _get(cls: type[Self], name: str, id_: pulumi.Input[str], opts: pulumi.ResourceOptions | None) -> Self:
        resource = cls.__new__(cls)
        PrevisionResource.__init__(
            resource, name, {}, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id_))
        )
        return resource


def _annotations(cls: type) -> dict[str, Any]:
    return inspect.get_annotations(cls) if issubclass(cls, PrevisionResource) else {}


def _properties(kind: Kind, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in inputs.items() if value is not None}
    missing = [
        f"{field.name}: is required"
        for field in kind.fields
        if field.required and field.name not in given and field.name not in _FILLED_IN
    ]
    if missing:
        raise InputError(f"{kind.name} {name!r}", missing)
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


_FILLED_IN = frozenset({"name", "project_id", "platform_url"})


def as_id(resource: Any) -> pulumi.Input[str]:
    """The id of a resource, of a lookup's result, or the id itself."""
    return cast("pulumi.Input[str]", resource.id if hasattr(resource, "id") else resource)
