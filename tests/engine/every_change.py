"""Every change that can be made to every input of every kind of resource, generated from the kinds' own descriptions.

A `Row` is one resource that undergoes one change between two runs of a program. Rows do not disturb each other, so
one stack holds them all.
"""

import base64
import dataclasses
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pulumi_previsionio._core import field_types, kinds
from pulumi_previsionio._core.field_types import FieldType
from pulumi_previsionio._core.kind import SOURCE_INPUTS, Field, Kind, Shape

Effect = Literal["nothing", "provider only", "platform", "fixed", "create", "delete"]
"""What a change means: nothing; something for the provider alone; other values on the platform; another object."""


Inputs = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Resource:
    """A resource of a program, as JSON can say it; values may be references, see `PROGRAM`."""

    cls: str
    name: str
    inputs: Inputs
    replace_on_changes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Row:
    """One change of one resource. Inputs are None where the resource is not in the program."""

    cls: str
    title: str
    """What kind of resource, and of which shape."""
    input: str
    """Which input changes; empty for the resource as a whole."""
    change: str
    before: Inputs | None
    after: Inputs | None
    announced: Effect
    """What a preview can know of it."""
    done: Effect
    """What it is: less than announced where an unknown value turns out to be the old one."""

    @property
    def name(self) -> str:
        """Of the resource."""
        return "-".join(filter(None, (self.title, self.input, self.change))).replace(" ", "-")


# Values

NOT_GIVEN = object()

_KEYS = [
    {"type": "service_account", "project_id": "p", "client_email": f"{name}@example.org", "private_key": "k\n"}
    for name in "ab"
]
_VALUES: dict[FieldType, tuple[Any, Any]] = {
    field_types.TEXT: ("text a", "text b"),
    field_types.HOST: ("a.example", "b.example"),
    field_types.PORT: (1001, 1002),
    field_types.SECRET: ("secret a", "secret b"),
    field_types.PASSWORD: ("secret a", "secret b"),
    field_types.CREDENTIALS: (_KEYS[0], _KEYS[1]),
    field_types.COLOR: ("#0000aa", "#0000bb"),
    field_types.SECONDS: (100, 200),
    field_types.VALUES: (["a"], ["b"]),
}
_OTHER_WORDS: dict[FieldType, tuple[Any, Any]] = {
    field_types.PORT: (1001, "1001"),
    field_types.CREDENTIALS: (_KEYS[0], base64.b64encode(json.dumps(_KEYS[0], indent=1).encode()).decode()),
    field_types.COLOR: ("#0000aa", "#0000AA"),
}
"""The same value, written in another way."""


def values(field: Field) -> tuple[Any, Any]:
    """Two different values; the first one is the default of a flag."""
    return (field.default, not field.default) if field.type is field_types.FLAG else _VALUES[field.type]


def later(value: Any) -> dict[str, Any]:
    """A value that the preview of the second run cannot know."""
    return {"later": value}


def id_of(name: str) -> dict[str, str]:
    return {"id": name}


def resource(name: str) -> dict[str, str]:
    return {"resource": name}


# Resources that rows refer to

PLACES = ("a", "b", "replaced", "elsewhere", "moving")
"""What there is of everything that others refer to: two; one whose id is new and unknown in the preview of the second
run; one in another project; and one in a project that is itself new then."""


def helpers(changed: bool) -> Iterator[Resource]:
    """Projects, connectors and data sources to refer to, before or after the change."""
    yield Resource("Project", "project-elsewhere", {})
    yield Resource("Project", "project-replaced", {"description": str(changed)}, ("description",))
    for kind in kinds.CONNECTOR_KINDS.values():
        for place in PLACES:
            inputs = {**_needed(kind), **_project_of(place), "force_destroy": place == "replaced" and changed}
            yield Resource(kind.name, f"{kind.name}-{place}", inputs, ("force_destroy",))
    for place in PLACES:
        inputs = {"connector": resource(f"FTPConnector-{place}"), "path": "p", **_project_of(place)}
        yield Resource("Datasource", f"Datasource-{place}", inputs)


def _project_of(place: str) -> dict[str, Any]:
    projects = {"elsewhere": id_of("project-elsewhere"), "moving": id_of("project-replaced")}
    return {"project_id": projects[place]} if place in projects else {}


# Rows


def rows() -> list[Row]:
    """Every kind of resource, every shape, every input, every change."""
    return [
        *(row for kind in kinds.CONNECTOR_KINDS.values() for row in _rows(kind.name, kind, _needed(kind))),
        *_rows("Project", kinds.PROJECT, {}),
        *_rows("Dataset", kinds.DATASET, {"datasource": id_of("Datasource-a")}),
        *(
            row
            for kind in kinds.CONNECTOR_KINDS.values()
            for shape in kind.shapes
            for row in _datasource_rows(kind, shape)
        ),
    ]


def inputs_of(kind: Kind) -> list[Field]:
    """The fields that a program can give; the others the provider fills in by itself."""
    return [field for field in kind.fields if field not in (kinds.PLATFORM_FIELD, kinds.DATASET["source"])]


def _needed(kind: Kind) -> Inputs:
    """The inputs without which a resource cannot be made."""
    filled_in = (kinds.NAME_FIELD, kinds.PROJECT_FIELD)
    return {field.name: values(field)[0] for field in inputs_of(kind) if field.required and field not in filled_in}


def _rows(title: str, kind: Kind, needed: Inputs) -> Iterator[Row]:
    def row(input_: str, change: str, before: Inputs | None, after: Inputs | None, *effects: Effect) -> Row:
        return Row(kind.name, title, input_, change, before, after, effects[0], effects[-1])

    unknown = {name: value if name in REFERENCES.values() else later(value) for name, value in needed.items()}
    yield row("", "created", None, needed, "create")
    yield row("", "created and unknown", None, unknown, "create")
    yield row("", "deleted", needed, None, "delete")
    for field in inputs_of(kind):
        if field is kinds.PROJECT_FIELD:
            for change, before, after in _moves():
                yield row(field.name, change, _at(before, needed), _at(after, needed), "fixed")
        elif field.name in REFERENCES:
            name = REFERENCES[field.name]
            for change, old, new in _references(needed[name]["id"]):
                yield row(name, change, {**needed, name: old}, {**needed, name: new}, "fixed")
        else:
            for change, old, new, *effects in _changes(field, is_needed=field.name in needed):
                yield row(field.name, change, _with(needed, field, old), _with(needed, field, new), *effects)


def _changes(field: Field, is_needed: bool) -> Iterator[tuple[Any, ...]]:
    """Change, old value, new value, its effect as announced, and as it is."""
    a, b = values(field)
    effect: Effect = "fixed" if field.fixed else "platform" if field.wire else "provider only"
    yield "changed", a, b, effect
    yield "unknown", a, later(b), effect
    yield "unknown and equal", a, later(a), effect, "nothing"
    if not is_needed:
        yield "set", NOT_GIVEN, b, effect
        yield "set and unknown", NOT_GIVEN, later(b), effect
        # The name that an object was made with stays when the program gives none any more.
        yield "unset", b, NOT_GIVEN, "nothing" if field is kinds.NAME_FIELD else effect
    if field.default is not None:
        yield "default written out", NOT_GIVEN, field.default, "nothing"
    if field.type in _OTHER_WORDS:
        yield "in other words", *_OTHER_WORDS[field.type], "nothing"


REFERENCES = {"connector_id": "connector", "datasource_id": "datasource"}
"""Fields that a program gives as a whole resource."""


def _references(name: str) -> Iterator[tuple[Any, ...]]:
    family = name.rpartition("-")[0]
    a, b, replaced = (f"{family}-{place}" for place in ("a", "b", "replaced"))
    yield "changed", resource(a), resource(b)
    yield "changed id", id_of(a), id_of(b)
    yield "unknown", resource(replaced), resource(replaced)
    yield "unknown id", id_of(replaced), id_of(replaced)


def _moves() -> Iterator[tuple[str, str, str]]:
    """From which place to which: a change of project."""
    yield "set", "a", "elsewhere"
    yield "changed", "moving", "elsewhere"
    yield "unset", "elsewhere", "a"
    yield "unknown", "moving", "moving"


def _at(place: str, needed: Inputs) -> Inputs:
    """The inputs in another project, with what they refer to in the same one."""
    moved = {
        name: id_of(f"{value['id'].rpartition('-')[0]}-{place}") if name in REFERENCES.values() else value
        for name, value in needed.items()
    }
    return {**moved, **_project_of(place)}


def _datasource_rows(connector: Kind, shape: Shape) -> Iterator[Row]:
    title = f"{shape.name} of {connector.constants['type']}"
    needed = {"connector": id_of(f"{connector.name}-a"), **_source(shape)}
    for row in _rows(title, kinds.DATASOURCE, needed):
        # To set or unset an input of a shape, or to change the service, is to go over to another shape.
        if row.input not in SOURCE_INPUTS or row.input in shape.inputs:
            yield row
    for other in connector.shapes:
        if other != shape:
            after = {"connector": needed["connector"], **_source(other)}
            for name in sorted(
                set(shape.all_inputs) ^ set(other.all_inputs) | ({"g_cloud"} if shape.g_cloud else set())
            ):
                change = f"makes it a {other.name}"
                yield Row("Datasource", title, name, change, needed, after, "platform", "platform")


def _source(shape: Shape) -> dict[str, Any]:
    cloud = {"g_cloud": shape.g_cloud} if shape.g_cloud else {}
    return {**cloud, **{name: f"{name} a" for name in shape.inputs}}


def _with(inputs: Inputs, field: Field, value: Any) -> Inputs:
    return {name: item for name, item in {**inputs, field.name: value}.items() if item is not NOT_GIVEN}


# The program

LATER = """\
from pulumi import Output
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider


class LaterProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, inputs):
        return CreateResult(str(inputs["run"]), {**inputs, "known": inputs["values"]})

    def diff(self, id, old, new):
        changed = [name for name in ("run", "values") if old[name] != new[name]]
        return DiffResult(changes=None if changed else False, replaces=changed)


class Later(Resource, module="later", name="Later"):
    known: Output

    def __init__(self, run, values):
        super().__init__(LaterProvider(), "later", {"run": run, "values": values, "known": None})
"""
"""Hands out values; replaced in each run, so that none of them is known in its preview."""

PROGRAM = """\
import importlib, json, pathlib
import pulumi
from later import Later

run = json.loads(pathlib.Path("run.json").read_text())
previsionio = importlib.import_module(run["door"])
later = Later(run["number"], run["later"]) if run["later"] else None
made = {}


def resolved(value):
    match value:
        case {"later": key}:
            return later.known[key]
        case {"id": name}:
            return made[name].id
        case {"resource": name}:
            return made[name]
    return value


for resource in run["resources"]:
    inputs = {name: resolved(value) for name, value in resource["inputs"].items()}
    opts = pulumi.ResourceOptions(replace_on_changes=resource["replace_on_changes"])
    made[resource["name"]] = getattr(previsionio, resource["cls"])(resource["name"], **inputs, opts=opts)
"""


def run(number: int, resources: list[Resource], door: str = "pulumi_previsionio") -> str:
    """What `run.json` holds: the resources, the values that are known later, and the module of the classes."""
    keys = (str(key) for key in itertools.count())
    known_later: dict[str, Any] = {}
    described = []
    for each in resources:
        inputs = dict(each.inputs)
        for name, value in inputs.items():
            if isinstance(value, dict) and "later" in value:
                key = next(keys)
                known_later[key] = value["later"]
                inputs[name] = {"later": key}
        described.append({**dataclasses.asdict(each), "inputs": inputs})
    return json.dumps({"door": door, "number": number, "later": known_later, "resources": described})
