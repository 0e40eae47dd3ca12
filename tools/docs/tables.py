"""The tables of the reference, as Markdown: made from the kinds, the typed classes and the settings, never by hand."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import pulumi_previsionio
from pulumi_previsionio._core import kinds
from pulumi_previsionio._core.kind import Field, Kind
from pulumi_previsionio._platform.settings import SETTINGS, Settings

from tools.schema import docstrings

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in kinds.KINDS}
_OPTIONAL: Final = "optional"


def inputs(name: str) -> str:
    """The inputs of a resource: what each takes, its default, and what a change of it does."""
    cls = getattr(pulumi_previsionio, name)
    kind = KINDS.get(name)
    told = described(cls)
    rows = [
        (f"`{argument}`", *_about(kind or KINDS["SQLConnector"], argument, parameter), told[argument])
        for argument, parameter in _parameters(cls)
    ]
    head = ("Input", "Takes", "Default", "A change", "")
    return _table(head if kind else (*head[:3], *head[4:]), rows if kind else [(*row[:3], *row[4:]) for row in rows])


def outputs(name: str) -> str:
    """The outputs of a resource: its inputs as they became, and what the platform adds."""
    kind = KINDS[name]
    rows = [("`id`", "the id that the platform gave it")]
    for field in kind.fields:
        if field.name == "platform_url":
            rows.append((f"`{field.name}`", "the address of the platform that holds it"))
        elif field.is_secret:
            rows.append((f"`{field.name}`", "as given; secret, in every display and in the state"))
        else:
            as_given = f"the id of `{field.argument}`" if field.argument != field.name else _output(field)
            rows.append((f"`{field.name}`", as_given))
    rows += [(f"`{output.name}`", output.description) for output in kind.outputs]
    return _table(("Output", ""), rows)


def shapes(name: str) -> str:
    """The shapes of data source behind a kind of connector, or all of them."""
    chosen = [KINDS[name]] if name in KINDS and KINDS[name].shapes else list(kinds.CONNECTOR_KINDS.values())
    rows = [
        (shape.name, f"[{kind.noun}]({kind.name}.md)", _shape_inputs(shape.inputs, shape.g_cloud))
        for kind in chosen
        for shape in kind.shapes
    ]
    return _table(("Shape", "Behind", "Inputs"), rows)


def settings(_: str = "") -> str:
    """Every setting with its default and the three places where it may be."""
    rows = []
    for setting in SETTINGS:
        key = f"`{setting.full_key}`{' (`--secret`)' if setting.secret else ''}"
        default = getattr(Settings, setting.argument, None)
        title = setting.title if default is None else f"{setting.title} ({str(default).lower()})"
        rows.append((title, key, f"`{setting.variable}`", f"`{setting.argument}`"))
    return _table(("Setting (default)", "Stack configuration", "Environment", "Provider argument"), rows)


def lookups(_: str = "") -> str:
    """Every lookup: how it is called, and what it gives."""
    names = [name for name in pulumi_previsionio.__all__ if re.match("(get|list)_", name) and "_output" not in name]
    rows = []
    for name in names:
        function = getattr(pulumi_previsionio, name)
        rows.append((f"`{name}{_signature(function)}`", " ".join((inspect.getdoc(function) or "").split())))
    return _table(("Lookup", ""), rows)


TABLES: Final[Mapping[str, Callable[[str], str]]] = {
    "inputs": inputs,
    "outputs": outputs,
    "shapes": shapes,
    "settings-table": settings,
    "lookups": lookups,
}
"""By the name of the directive that stands for the table in a page."""


def described(cls: type) -> dict[str, str]:
    """Argument → what the docstrings of the constructor and of the arguments in common say of it."""
    own = docstrings.arguments(vars(cls)["__init__"])
    takes_common = "common" in inspect.signature(cls).parameters
    return own | (docstrings.keys(pulumi_previsionio.ConnectorArgs) if takes_common else {})


def _parameters(cls: type) -> Iterable[tuple[str, inspect.Parameter]]:
    """The arguments of a class, those in common to all connectors at their end."""
    for name, parameter in inspect.signature(cls).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            for common in pulumi_previsionio.ConnectorArgs.__annotations__:
                yield common, inspect.Parameter(common, inspect.Parameter.KEYWORD_ONLY, default=None)
        elif name != "resource_name":
            yield name, parameter


def _about(kind: Kind, argument: str, parameter: inspect.Parameter) -> tuple[str, str, str]:
    """What an input takes, its default, and what a change does."""
    field = next((field for field in kind.fields if field.argument == argument), None)
    required = "**required**" if parameter.default is parameter.empty else _OPTIONAL
    if field is None:
        return _OTHER_TYPES[argument], required, ""
    takes = _REFERENCES.get(argument, field.type.description)
    default = required if field.default is None else f"`{field.default}`"
    if argument == "port" and kind.name == "SQLConnector":
        default = required
    return takes, default, _change(kind, field)


def _change(kind: Kind, field: Field) -> str:
    if not field.wire and not field.fixed:
        return "for the provider alone"
    return "replaces" if field.fixed or not kind.is_updatable else "in place"


def _output(field: Field) -> str:
    return _OUTPUTS.get(field.name, "as given, or its default")


_REFERENCES: Final = {
    "connector": "a connector, what `get_connector` found, or an id",
    "datasource": "a data source, what `get_datasource` found, or an id",
}
_OTHER_TYPES: Final = {
    "opts": "`pulumi.ResourceOptions`",
    "database": "text",
    "tables": "list of names",
    "queries": "SQL text by name",
    "verify_source": "true or false",
}
_OUTPUTS: Final = {
    "name": "its name on the platform",
    "project_id": "the id of the project that holds it",
    "source": "what it is a snapshot of: the address of the connector and the location behind it",
}


def _shape_inputs(names: Iterable[str], g_cloud: str | None) -> str:
    cloud = [f'`g_cloud="{g_cloud}"`'] if g_cloud else []
    return ", ".join([*cloud, *(f"`{name}`" for name in names)])


def _signature(function: Callable[..., Any]) -> str:
    parameters = inspect.signature(function).parameters.values()
    words = [p.name if p.default is p.empty else f"{p.name}=None" for p in parameters]
    star = next((at for at, p in enumerate(parameters) if p.kind is p.KEYWORD_ONLY), None)
    if star is not None:
        words.insert(star, "*")
    return f"({', '.join(words)})"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
