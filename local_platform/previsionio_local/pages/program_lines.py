"""The lines of a Pulumi program that would make an object, where the package that writes them is installed as well."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Item = Mapping[str, Any]


@dataclass(frozen=True)
class ProgramLines:
    """What to paste, and how to take the object over. Secrets are read from the configuration."""

    program: str
    adopt: str


def program_lines(noun: str, item: Item, owners: Mapping[str, Item]) -> ProgramLines | None:
    """Return the lines for an object as the platform shows it.

    Args:
        noun: `connector`, `datasource`, `dataset` or `project`.
        item: the object.
        owners: by their ids, what it hangs on.

    Returns:
        None if pulumi-previsionio is not installed, or no resource can describe the object.
    """
    try:
        from pulumi_previsionio._cli import inventory, program
        from pulumi_previsionio._platform import collections
    except ImportError:
        return None
    of_noun = {
        "connector": collections.CONNECTORS,
        "datasource": collections.DATASOURCES,
        "dataset": collections.DATASETS,
        "project": collections.PROJECTS,
    }
    found = inventory.describe(of_noun[noun], item, owners)
    if isinstance(found, inventory.LeftOut):
        return None
    variables = {}
    for owner_id, owner in owners.items():
        of_owner = collections.CONNECTORS if noun == "datasource" else collections.DATASOURCES
        described = inventory.describe(of_owner, owner, {})
        if isinstance(described, inventory.Found):
            variables[owner_id] = program.variable(described.name, described.kind)
    known = program.Known("config", variables, item.get("project_id"))
    text, places = program.one(found, found.name, known)
    head = ["config = pulumi.Config()"] if places else []
    return ProgramLines(
        "\n".join([*head, text]), f"pulumi-previsionio adopt --{noun} {found.id} --as {shlex.quote(found.name)}"
    )
