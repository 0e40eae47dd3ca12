"""The steps of `adopt`, in order: plan, match, compare with the platform, import, and prove that nothing changes."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._core.context import Context
from .._platform.collections import Collection
from .._platform.settings import EXPLICIT
from . import export, import_file, inventory, matching, program, temp_folder, update_plan
from .connection import connect, explicit
from .console import Console, count, shown
from .engine import OLDEST, Engine
from .errors import Declined, EngineFailed, Failure, NotDeclared, NotEmpty
from .literals import one_line
from .manifest import Manifest, Wanted
from .update_plan import Declared, UpdatePlan


@dataclasses.dataclass
class Adoption:
    """One run of `adopt` on one stack."""

    engine: Engine
    console: Console
    allow_other_changes: bool = False

    def all(self, manifest: Manifest) -> None:
        """Adopt everything in the manifest that the program declares."""
        self._refuse_old_engine()
        with temp_folder.folder() as scratch:
            planned = self._plan(scratch, manifest)
            matches = matching.match(manifest.wanted, planned, self._stack())
            if not self.allow_other_changes:
                matching.refuse_other_changes(matches, planned)
            self._import(scratch, matches, planned)
        self._prove(matches)

    def one(self, collection: Collection, id_: str, name: str, secrets: program.Secrets) -> None:
        """Adopt one object as the resource `name`; print the lines to paste when the program does not declare it."""
        self._refuse_old_engine()
        wanted = Wanted(name, id_, collection)
        stack = self._stack()
        matching.refuse_held(wanted, stack)
        with temp_folder.folder() as scratch:
            planned = self._plan(scratch, Manifest(()))
            matches = matching.match([wanted], planned, stack)
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

    def _stack(self) -> list[dict[str, Any]]:
        with self.console.working("reading the stack"):
            return self.engine.resources()

    # Plan

    def _plan(self, scratch: Path, manifest: Manifest) -> UpdatePlan:
        try:
            with self.console.working("previewing the program"):
                return self.engine.save_plan(scratch)
        except EngineFailed as failure:
            missing = self._missing_secrets(manifest)
            if missing:
                title = "secrets are missing; nothing was imported. Set them and run this again:"
                raise Declined(title, *missing) from None
            raise Failure("the program cannot be previewed; nothing was imported", *failure.details) from None

    def _missing_secrets(self, manifest: Manifest) -> list[str]:
        """The engine stops at the first missing secret; this is all of them."""
        with self.console.working("reading the stack's configuration"):
            config = self.engine.config() if manifest.config else {}
        there = {key.rpartition(":")[2] for key in config}
        keys = [key for key in manifest.config if key not in there]
        variables = [name for name in manifest.environment if not os.environ.get(name)]
        return [*export.secret_lines(keys, "config"), *export.secret_lines(variables, "env")]

    # Import

    def _import(self, scratch: Path, matches: matching.Matches, planned: UpdatePlan) -> None:
        if matches.undeclared:
            self.console.say(
                "not adopted, since the program does not declare them:", *matching.names(matches.undeclared)
            )
        if not matches.new:
            return
        with self.console.working("comparing with the platform"):
            contexts = self._contexts(matches)
            inputs = matching.completed(matches, planned, contexts)
        file = scratch / "import.json"
        temp_folder.write(file, import_file.text(inputs, matches, planned))
        with self.console.working(f"importing {count(len(matches.new), 'object')}"):
            self.engine.import_file(file)

    def _contexts(self, matches: matching.Matches) -> matching.Contexts:
        """The platform behind each provider; explicit ones' tokens are asked for only if there are any."""
        providers = {each.declared.explicit_provider for each in matches.new}
        states: dict[str, Mapping[str, Any]] = {}
        if providers - {None}:
            with temp_folder.folder() as inner:
                open_plan = self.engine.save_plan(inner, show_secrets=True)
            states = {urn: _revealed(open_plan.declared[urn]) for urn in providers if urn}
        contexts: dict[str | None, Context] = {}

        def context_of(declared: Declared) -> Context:
            urn = declared.explicit_provider
            if urn not in contexts:
                if urn is None:
                    contexts[urn] = connect(self.engine.folder, self.engine.stack, self.console)
                else:
                    contexts[urn] = explicit(states[urn], self.console)
            return contexts[urn]

        return context_of

    # Prove

    def _prove(self, matches: matching.Matches) -> None:
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
        self, collection: Collection, id_: str, name: str, secrets: program.Secrets, stack: list[dict[str, Any]]
    ) -> None:
        with self.console.working(f"reading the {collection.noun}"):
            context = connect(self.engine.folder, self.engine.stack, self.console)
            found = inventory.look_up(context.session, collection, id_)
        known = program.Known(secrets, _variables(stack), context.settings.project_id)
        lines, places = program.one(found, name, known)
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
        resource["id"]: program.variable(
            update_plan.Change("same", resource["urn"]).name, matching.KINDS_BY_TYPE[resource["type"]]
        )
        for resource in stack
        if resource["type"] in matching.KINDS_BY_TYPE
    }


def _revealed(declared: Declared) -> dict[str, Any]:
    state = {key: update_plan.revealed(value) for key, value in declared.state.items()}
    if state.get(EXPLICIT) != "arguments":
        raise Declined(
            f"the explicit provider {shown(declared.name)} has settings from variables that env_var_mappings names, "
            "which the engine does not tell. Give it url= and token= while you adopt"
        )
    return state


def _closing(matches: matching.Matches, others: list[update_plan.Change]) -> list[str]:
    lines = []
    if matches.new:
        lines.append(f"{count(len(matches.new), 'object')} adopted: {matching.summary(matches)}")
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
