"""The steps of `adopt`, in order: plan, match, compare with the platform, import, and prove that nothing changes."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._platform import Platform
from .._settings import EXPLICIT
from . import adopt, export, inventory, plan, private, program
from .console import Console, count, shown
from .engine import OLDEST, Engine
from .errors import Declined, EngineFailed, Failure, NotDeclared, NotEmpty
from .literals import one_line
from .manifest import TYPE, Manifest, Wanted
from .plan import Declared, Plan
from .surroundings import connect, explicit


@dataclasses.dataclass
class Takeover:
    """One run of `adopt` on one stack."""

    engine: Engine
    console: Console
    allow_other_changes: bool = False

    def all(self, manifest: Manifest) -> None:
        """Adopt everything in the manifest that the program declares."""
        self._refuse_old_engine()
        with private.folder() as scratch:
            planned = self._plan(scratch, manifest)
            matches = adopt.match(manifest.wanted, planned, self.engine.resources())
            if not self.allow_other_changes:
                adopt.refuse_other_changes(matches, planned)
            self._import(scratch, matches, planned)
        self._prove(matches)

    def one(self, collection: str, id_: str, name: str, secrets: program.Secrets) -> None:
        """Adopt one object as the resource `name`; print the lines to paste when the program does not declare it."""
        self._refuse_old_engine()
        type_ = None if collection == "connectors" else TYPE + inventory.COLLECTIONS[collection].name
        with private.folder() as scratch:
            planned = self._plan(scratch, Manifest(()))
            stack = self.engine.resources()
            matches = adopt.match([Wanted(name, id_, type_)], planned, stack)
            if matches.undeclared:
                self._print_lines(collection, id_, name, secrets, stack)
            self.allow_other_changes = True
            self._import(scratch, matches, planned)
        self._prove(matches)

    def _refuse_old_engine(self) -> None:
        version = self.engine.version()
        if version and version < OLDEST:
            found, needed = (".".join(map(str, number)) for number in (version, OLDEST))
            raise Declined(f"Pulumi {found} cannot import what this needs: upgrade it to {needed} or later")

    # Plan

    def _plan(self, scratch: Path, manifest: Manifest) -> Plan:
        try:
            with self.console.working("previewing the program"):
                return self.engine.plan(scratch)
        except EngineFailed as failure:
            missing = self._missing_secrets(manifest)
            if missing:
                title = "secrets are missing; nothing was imported. Set them and run this again:"
                raise Declined(title, *missing) from None
            raise Failure("the program cannot be previewed; nothing was imported", *failure.details) from None

    def _missing_secrets(self, manifest: Manifest) -> list[str]:
        """The engine stops at the first missing secret; this is all of them."""
        config = self.engine.config() if manifest.config else {}
        there = {key.rpartition(":")[2] for key in config}
        keys = [key for key in manifest.config if key not in there]
        variables = [name for name in manifest.environment if not os.environ.get(name)]
        return [*export.secret_lines(keys, "config"), *export.secret_lines(variables, "env")]

    # Import

    def _import(self, scratch: Path, matches: adopt.Matches, planned: Plan) -> None:
        if matches.undeclared:
            self.console.say("not adopted, since the program does not declare them:", *adopt.names(matches.undeclared))
        if not matches.new:
            return
        with self.console.working("comparing with the platform"):
            platforms = self._platforms(matches)
            inputs = adopt.completed(matches, planned, platforms)
        file = scratch / "import.json"
        private.write(file, adopt.import_file(inputs, matches, planned))
        with self.console.working(f"importing {count(len(matches.new), 'object')}"):
            self.engine.import_file(file)

    def _platforms(self, matches: adopt.Matches) -> adopt.Platforms:
        """The platform behind each provider; the tokens of explicit ones are asked for only if there are any."""
        providers = {each.declared.explicit_provider for each in matches.new}
        states: dict[str, Mapping[str, Any]] = {}
        if providers - {None}:
            with private.folder() as inner:
                open_plan = self.engine.plan(inner, show_secrets=True)
            states = {urn: _revealed(open_plan.declared[urn]) for urn in providers if urn}
        platforms: dict[str | None, Platform] = {}

        def platform_of(declared: Declared) -> Platform:
            urn = declared.explicit_provider
            if urn not in platforms:
                if urn is None:
                    platforms[urn], _ = connect(self.engine.folder, self.engine.stack, self.console)
                else:
                    platforms[urn] = explicit(states[urn], self.console)
            return platforms[urn]

        return platform_of

    # Prove

    def _prove(self, matches: adopt.Matches) -> None:
        with self.console.working("previewing the result"):
            changes = self.engine.preview()
        adopted = {each.declared.urn for each in matches.new}
        own = [change for change in changes if change.urn in adopted or not self.allow_other_changes]
        if own:
            raise NotEmpty(
                f"{count(len(matches.new), 'object')} adopted, but the preview shows changes. "
                "Nothing on the platform was touched; do not run `pulumi up` before you know why:",
                *map(str, own),
            )
        others = [change for change in changes if change.urn not in adopted]
        if others:
            self.console.say("other changes that `pulumi up` would make:", *map(str, others))
        self.console.result(
            {
                "adopted": [
                    {"type": each.declared.type, "name": each.declared.name, "id": each.id} for each in matches.new
                ],
                "already_in_stack": [dataclasses.asdict(each) for each in matches.there],
                "not_declared": [dataclasses.asdict(each) for each in matches.undeclared],
                "other_changes": [{"op": change.op, "urn": change.urn} for change in others],
            },
            *_closing(matches, others),
        )

    # Lines to paste

    def _print_lines(
        self, collection: str, id_: str, name: str, secrets: program.Secrets, stack: list[dict[str, Any]]
    ) -> None:
        platform, settings = connect(self.engine.folder, self.engine.stack, self.console, project=True)
        found = inventory.look_up(platform, collection, id_)
        lines, places = program.one(found, name, program.Context(secrets, _variables(stack), settings.project_id))
        todo = export.secret_lines(places, secrets)
        raise NotDeclared(
            f"the program does not declare {found.kind.name} {shown(name)}, so nothing was imported. "
            f"Paste these lines into it and run this again{', with its secret in place:' if todo else ''}",
            *todo,
            lines=lines,
        )


def _variables(stack: list[dict[str, Any]]) -> dict[str, str]:
    """Id → the variable that a resource of the stack probably has in the program."""
    return {
        resource["id"]: program.variable(plan.Change("same", resource["urn"]).name, adopt.KINDS[resource["type"]])
        for resource in stack
        if resource["type"] in adopt.KINDS
    }


def _revealed(declared: Declared) -> dict[str, Any]:
    state = {key: plan.revealed(value) for key, value in declared.state.items()}
    if state.get(EXPLICIT) != "arguments":
        raise Declined(
            f"the explicit provider {shown(declared.name)} has settings from variables that env_var_mappings names, "
            "which the engine does not tell. Give it url= and token= while you adopt"
        )
    return state


def _closing(matches: adopt.Matches, others: list[plan.Change]) -> list[str]:
    lines = []
    if matches.new:
        lines.append(f"{count(len(matches.new), 'object')} adopted: {adopt.summary(matches)}")
    if matches.there:
        lines.append(f"{count(len(matches.there), 'object')} in the stack already")
    if not matches.new and not matches.there:
        lines.append("nothing to adopt")
    if others:
        lines.append("the preview shows no change to what was adopted")
    else:
        lines.append("the preview shows no change")
    if matches.new:
        lines.append("next: `pulumi up`, which changes nothing and lets the stack remember what depends on what")
    return [one_line(line, 500) for line in lines]
