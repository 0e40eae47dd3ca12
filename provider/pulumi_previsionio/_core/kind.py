"""What a kind of object is made of: fields, shapes of data sources, and the steps that are its own."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from .._platform.collections import Collection
from .field_types import TEXT, FieldType, ReferenceType
from .wording import with_article

if TYPE_CHECKING:
    from .steps.base import Steps


SOURCE_INPUTS: Final = ("database", "table", "request", "bucket", "path", "g_cloud")
"""The inputs that name a source behind a connector, in the order in which messages name them."""


ADDRESS: Final = ("host", "port")
"""What a connector says of where its source is; its credentials do not matter."""


@dataclasses.dataclass(frozen=True)
class Field:
    """One input of a resource.

    `wire` is its key in the platform's JSON; None for inputs that only the provider reads. `aliases` are other keys
    under which some answers show it.
    `default` is used when the input is not given; a field without default is either required or optional.
    `fixed` inputs can never be changed in place.
    `is_sent_unused`: the key goes to the platform as null when the input is not given.
    `is_filled_in`: the provider knows a value when the program gives none.
    `alias_in_programs` is what the typed class calls it.
    `is_late`: states of earlier versions lack it, which makes no difference.
    """

    name: str
    type: FieldType = TEXT
    wire: str | None = None
    aliases: tuple[str, ...] = ()
    required: bool = False
    default: Any = None
    fixed: bool = False
    is_sent_unused: bool = False
    is_filled_in: bool = False
    is_late: bool = False
    alias_in_programs: str | None = None

    @property
    def argument(self) -> str:
        """What a program calls it."""
        return self.alias_in_programs or self.name

    @property
    def is_secret(self) -> bool:
        """Whether its value must be seen by nobody."""
        return self.type.is_secret

    def is_shown_in(self, item: Mapping[str, Any]) -> bool:
        """Whether the platform's object tells this field at all."""
        return any(key in item for key in (self.wire, *self.aliases))

    def from_wire(self, item: Mapping[str, Any]) -> Any:
        """The live value, or None: for the platform a missing key, null and "" are the same (platform-api.md §2)."""
        values = (item.get(key) for key in (self.wire, *self.aliases) if key)
        value = next((value for value in values if value is not None and value != ""), None)
        return None if value is None else self.type.from_wire(value)


def _as_it_is(value: Any) -> Any:
    return value


@dataclasses.dataclass(frozen=True)
class OutputField:
    """One output that is no input: what only the platform can tell of an object.

    `keys` are those of the platform's JSON that tell it, `combine` makes one value of theirs. `description` says what
    it is, in words that follow its name.
    """

    name: str
    type: FieldType
    keys: tuple[str, ...]
    description: str
    combine: Callable[..., Any] = _as_it_is

    def from_wire(self, item: Mapping[str, Any]) -> Any:
        """The live value; None where the platform does not tell it."""
        value = self.combine(*(item.get(key) for key in self.keys))
        return None if value is None else self.type.from_wire(value)


@dataclasses.dataclass(frozen=True)
class Shape:
    """A combination of inputs that names one source behind a connector."""

    name: str
    inputs: tuple[str, ...]
    g_cloud: str | None = None

    @property
    def all_inputs(self) -> tuple[str, ...]:
        """The inputs, with the one that chooses the service of Google Cloud."""
        return (*(("g_cloud",) if self.g_cloud else ()), *self.inputs)

    def __str__(self) -> str:
        cloud = [f'g_cloud="{self.g_cloud}"'] if self.g_cloud else []
        *most, last = [*cloud, *self.inputs]
        return f"{', '.join(most)} and {last}" if most else last


@dataclasses.dataclass(frozen=True, eq=False)
class Kind:
    """One kind of object on the platform.

    `name` is that of its resource, `noun` what a person calls it. `constants` are sent with each creation.
    `is_updatable` is false where a change can only ever be a replacement. `shapes` are those of the data sources that
    such an object can serve. `outputs` are those that are no inputs.
    """

    name: str
    noun: str
    collection: Collection
    fields: tuple[Field, ...]
    steps: Steps
    constants: Mapping[str, str] = dataclasses.field(default_factory=dict)
    is_updatable: bool = True
    shapes: tuple[Shape, ...] = ()
    outputs: tuple[OutputField, ...] = ()

    def __getitem__(self, name: str) -> Field:
        return self.by_name[name]

    def __str__(self) -> str:
        return self.name

    @functools.cached_property
    def by_name(self) -> Mapping[str, Field]:
        """The fields by their names."""
        return {field.name: field for field in self.fields}

    @functools.cached_property
    def types(self) -> Mapping[str, FieldType]:
        """The types of inputs and outputs by their names."""
        outputs = {output.name: output.type for output in self.outputs}
        return {**outputs, **{field.name: field.type for field in self.fields}}

    @functools.cached_property
    def required(self) -> frozenset[str]:
        """The names of the inputs that must be there."""
        return frozenset(field.name for field in self.fields if field.required)

    @functools.cached_property
    def wire_fields(self) -> tuple[Field, ...]:
        """The fields that the platform knows."""
        return tuple(field for field in self.fields if field.wire)

    @functools.cached_property
    def shown_fields(self) -> tuple[Field, ...]:
        """The fields that the platform tells."""
        return tuple(field for field in self.wire_fields if not field.is_secret)

    @functools.cached_property
    def secrets(self) -> tuple[str, ...]:
        """The names of the secret inputs."""
        return tuple(field.name for field in self.fields if field.is_secret)

    @functools.cached_property
    def references(self) -> tuple[tuple[Field, Collection], ...]:
        """The inputs that are ids of other objects, each with their collection."""
        found = ((field, field.type) for field in self.fields)
        return tuple((field, type_.collection) for field, type_ in found if isinstance(type_, ReferenceType))

    def is_managed(self, outputs: Mapping[str, Any]) -> bool:
        """Whether a state's outputs are those of a resource that the program manages, not of one it only reads.

        What only the provider reads is kept with each managed resource, and the platform tells nothing of it.
        """
        return any(field.name in outputs for field in self.fields if field.default is not None and not field.wire)

    def mismatch(self, item: Mapping[str, Any]) -> str | None:
        """Why the platform's object is of another kind of its collection; None when it is of this one."""
        for key, value in self.constants.items():
            if item.get(key, value) != value:
                return f"is a {self.collection.noun} of {key} {item[key]}, no {self.noun}"
        return None

    def label(self, values: Mapping[str, Any]) -> str:
        """What messages call an object: `SQLConnector 'crm'`."""
        return f"{self.name} {values.get('name', '')!r}"


def shape_problems(given: Mapping[str, Any], shapes: Iterable[Shape], whose: str = "connector") -> list[str]:
    """What is wrong with the combination of inputs that names a source; empty when it is one of the shapes.

    `given` holds the inputs that are set; values may still be unknown, then only their presence counts. `whose` is
    the noun of what the shapes belong to.
    """
    shapes = tuple(dict.fromkeys(shapes))
    names = [name for name in SOURCE_INPUTS if given.get(name) is not None]
    cloud = given.get("g_cloud")
    for shape in shapes:
        if set(names) == set(shape.all_inputs) and (not isinstance(cloud, str) or cloud == shape.g_cloud):
            return []
    choices = "; or ".join(map(str, shapes))
    return [f"a data source of {with_article(whose)} takes {choices}. Given: {', '.join(names) or 'none of them'}"]
