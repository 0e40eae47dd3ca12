"""The program that `export` writes: typed resources as a person writes them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Literal

from .._core.kind import Field, Kind
from .._core.kinds import NAME_FIELD, PROJECT_FIELD
from .._platform.settings import SETTINGS
from . import names
from .inventory import Found, Inventory
from .literals import call, comment, literal, one_line

Secrets = Literal["config", "env"]
"""Where the program has its secrets from: the stack's configuration, or the environment."""

_WORDS_FOR = {
    "password": ("password",),
    "secret_access_key": ("secret", "key"),
    "google_credentials": ("credentials",),
}
_BLOCKS = frozenset({"request", "description"})
"""Inputs whose lines are written as lines."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """A resource of the program: an object with its names, and the place of each of its secrets."""

    found: Found
    name: str
    variable: str
    secrets: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Input → configuration key or environment variable."""


@dataclasses.dataclass(frozen=True)
class Known:
    """What the lines of a resource depend on beside the resource."""

    secrets: Secrets
    variables: Mapping[str, str]
    """Id → variable of the resources that others can refer to."""
    default_project: str | None
    project_variable: str | None = None
    """The variable of the project, where the program makes it."""


@dataclasses.dataclass(frozen=True)
class Program:
    """A program before it is written down. `project` is its entry if the program holds the project itself."""

    inventory: Inventory
    entries: tuple[Entry, ...]
    project: Entry | None
    secrets: Secrets

    @property
    def known(self) -> Known:
        return Known(
            self.secrets,
            {entry.found.id: entry.variable for entry in self.entries},
            self.inventory.project.id,
            self.project.variable if self.project else None,
        )

    @property
    def places(self) -> list[str]:
        """The configuration keys or environment variables that the program reads its secrets from."""
        return [place for entry in self.entries for place in entry.secrets.values()]


def name_resources(
    inventory: Inventory, secrets: Secrets, *, with_project: bool, kept: Mapping[str, str] | None = None
) -> Program:
    """Give every object its names; `kept` are those that objects have already, by id."""
    objects = [*([inventory.project] if with_project else []), *inventory.objects]
    variables = names.Unique(names.RESERVED)
    places = names.Unique(setting.variable for setting in SETTINGS)
    entries = [
        Entry(
            found,
            name,
            variables.pick(variable(name, found.kind), "_"),
            {input_: places.pick(place(name, found.kind, input_, secrets)) for input_ in found.kind.secrets},
        )
        for found, name in zip(objects, _resource_names(objects, kept or {}), strict=True)
    ]
    project = entries.pop(0) if with_project else None
    return Program(inventory, tuple(entries), project, secrets)


def write(program: Program) -> str:
    """The text of `__main__.py`."""
    head = [f'"""{_title(program.inventory)}"""', "", *_imports(program), ""]
    if program.secrets == "config" and program.places:
        head += ["config = pulumi.Config()", ""]
    known = program.known
    blocks = [resource(program.project, known)] if program.project else []
    blocks += ["\n".join(resource(entry, known) for entry in group) for group in _groups(program.entries)]
    if program.inventory.left_out:
        comments = ["Not in this program, because no resource can describe it:", *program.inventory.left_out]
        blocks.append("\n".join(comment(str(line)) for line in comments))
    return ("\n".join(head) + "\n" + "\n\n".join(blocks)).rstrip("\n") + "\n"


def one(found: Found, name: str, known: Known) -> tuple[str, list[str]]:
    """The lines of one resource of that name for an existing program, and the places of its secrets."""
    places = {input_: place(name, found.kind, input_, known.secrets) for input_ in found.kind.secrets}
    entry = Entry(found, name, variable(name, found.kind), places)
    return resource(entry, known), list(places.values())


def resource(entry: Entry, known: Known) -> str:
    """The lines that make one resource."""
    found = entry.found
    arguments = [literal(entry.name)]
    for field in found.kind.fields:
        if field in (NAME_FIELD, PROJECT_FIELD):
            continue
        if field.name in entry.secrets:
            arguments.append(f"{field.name}={_secret(entry.secrets[field.name], known.secrets)}")
        elif (value := found.values.get(field.name)) is not None and value != field.default:
            arguments.append(_argument(field, value, found.kind, known.variables))
    if found.name != entry.name:
        arguments.append(f"name={literal(found.name)}")
    return call(entry.variable, f"previsionio.{found.kind.name}", [*arguments, *_project_arguments(found, known)])


def variable(name: str, kind: Kind) -> str:
    """The variable for a resource of that name, as long as nothing else has it."""
    return names.identifier(name, noun(kind))


def noun(kind: Kind) -> str:
    """What a thing of this kind is called in names, such as `sql_connector`."""
    return kind.name.replace("Connector", "_connector").lower()


def place(name: str, kind: Kind, input_: str, secrets: Secrets) -> str:
    """The configuration key or the environment variable for a secret of the resource `name`."""
    words = names.setting_words(name, noun(kind), _WORDS_FOR[input_])
    return names.camel(words) if secrets == "config" else "_".join(words).upper()


def is_key(place: str) -> bool:
    """Whether the secret in that place is a service account's key, by how `place` names it."""
    return place.lower().rstrip("0123456789").endswith("credentials")


def _resource_names(objects: Iterable[Found], kept: Mapping[str, str]) -> list[str]:
    """Unique names: kept ones, else the platform's own where it is plain and free; that keeps `name=` out."""
    objects = list(objects)
    first: dict[str, Found] = {}
    for found in [each for each in objects if each.id in kept]:
        first.setdefault(kept[found.id], found)
    held = {id(found): name for name, found in first.items()}
    for found in objects:
        if id(found) not in held and names.is_plain(found.name):
            first.setdefault(found.name, found)
    owned = {id(found): name for name, found in first.items()}
    others = names.Unique(first)
    return [owned.get(id(found)) or others.pick(_other_name(found, first.get(found.name)), "-") for found in objects]


def _other_name(found: Found, owner: Found | None) -> str:
    """What to call an object whose own name is not plain, or belongs to `owner`."""
    own_noun = noun(found.kind).replace("_", "-")
    name = found.name if names.is_plain(found.name) else names.kebab(found.name, own_noun)
    return f"{name}-{own_noun}" if owner and owner.kind is not found.kind else name


def _groups(entries: tuple[Entry, ...]) -> list[list[Entry]]:
    """Each object that hangs on no other with all that hangs on it; what hangs on nothing here comes last."""
    groups: dict[str, list[Entry]] = {}
    group_of: dict[str, str] = {}
    for entry in entries:
        found = entry.found
        key = group_of.get(found.owner_id, "") if found.owner_id else found.id
        group_of[found.id] = key
        group = groups.setdefault(key, [])
        # Right behind what it hangs on, and what hangs on that already.
        behind = [at for at, other in enumerate(group, 1) if found.owner_id in (other.found.id, other.found.owner_id)]
        group.insert(behind[-1] if found.owner_id and behind else len(group), entry)
    last = groups.pop("", [])
    return [*groups.values(), *([last] if last else [])]


def _argument(field: Field, value: object, kind: Kind, variables: Mapping[str, str]) -> str:
    if any(field is reference for reference, _ in kind.references):
        return f"{field.argument}={variables.get(str(value)) or literal(value)}"
    return f"{field.name}={literal(value, block=field.name in _BLOCKS)}"


def _project_arguments(found: Found, known: Known) -> list[str]:
    """The project, where it is not the default one: what hangs on a resource of the program takes its project."""
    own = found.values.get("project_id")
    if own is None or found.owner_id in known.variables:
        return []
    if known.project_variable:
        return [f"project_id={known.project_variable}.id"]
    return [] if own == known.default_project else [f"project_id={literal(own)}"]


def _secret(place: str, secrets: Secrets) -> str:
    return f'config.require_secret("{place}")' if secrets == "config" else f'previsionio.from_env("{place}")'


def _imports(program: Program) -> list[str]:
    needs_pulumi = program.secrets == "config" and program.places
    return [*(["import pulumi"] if needs_pulumi else []), "import pulumi_previsionio as previsionio"]


def _title(inventory: Inventory) -> str:
    # In a docstring, so nothing that could end it or that a formatter would change.
    name = one_line(inventory.project.name, 50).replace("\\", "/").replace('"', "'")
    return f"The project '{name}' on Prevision.io."
