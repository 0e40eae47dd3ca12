"""The file for `pulumi import`: resources with inputs and outputs, their parents and providers.

The engine cannot read a dynamic resource by type and id (pulumi/pulumi#16175), but it takes one over from a file that
holds its inputs and outputs. Both come from the program itself: a preview with a plan says which inputs it gives to
each resource, after `check`, with secrets encrypted by the stack's own key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._platform.settings import EXPLICIT
from . import update_plan
from .errors import Declined
from .matching import Matches
from .update_plan import Declared, UpdatePlan


def text(inputs: Mapping[str, Mapping[str, Any]], matches: Matches, planned: UpdatePlan) -> str:
    """The text of the file for `pulumi import`: the resources, with their parents and providers."""
    writer = _Writer(planned, {each.declared.urn for each in matches.new})
    for each in matches.new:
        declared = each.declared
        own = dict(inputs[declared.urn])
        hidden = {name: update_plan.hidden(value) for name, value in own.items() if name in declared.secret_outputs}
        entry = {"id": each.id, "inputs": own, "outputs": own | hidden}
        if provider := declared.explicit_provider:
            entry["provider"] = writer.name(provider)
        writer.add(declared, entry)
    return writer.text()


class _Writer:
    """Names the entries of an import file: its own for those in it, a table for what the stack holds already."""

    def __init__(self, planned: UpdatePlan, adopted: set[str]) -> None:
        self._planned = planned
        self._adopted = adopted
        self._names: dict[str, str] = {}
        self._table: dict[str, str] = {}
        self._entries: list[dict[str, Any]] = []

    def add(self, declared: Declared, entry: Mapping[str, Any]) -> None:
        head = {"type": declared.type, "name": self._own_name(declared.urn), "logicalName": declared.name}
        parent = self._planned.declared.get(declared.parent)
        link = {"parent": self.name(parent.urn)} if parent and not parent.is_builtin else {}
        self._entries.append({**head, **link, **entry})

    def name(self, urn: str) -> str:
        """What the file calls a resource that another one refers to; new parents and providers are put in with it."""
        declared = self._planned.declared[urn]
        if urn in self._names or urn in self._adopted:
            return self._own_name(urn)
        name = self._own_name(urn)
        if not declared.is_new:
            self._table[name] = urn
        elif not declared.custom:
            self.add(declared, {"component": True})
        elif declared.type == update_plan.PROVIDER and declared.state.get(EXPLICIT) == "arguments":
            self.add(declared, {"inputs": dict(declared.inputs)})
        else:
            raise Declined(
                f"{update_plan.Change('create', urn)}: the engine cannot make this along with an import. "
                f"Make it first: pulumi up --target '{urn}'"
            )
        return name

    def text(self) -> str:
        return json.dumps({"nameTable": self._table, "resources": self._entries})

    def _own_name(self, urn: str) -> str:
        return self._names.setdefault(urn, f"resource{len(self._names)}")
