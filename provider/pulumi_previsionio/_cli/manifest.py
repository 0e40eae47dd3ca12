"""`import.json`: which object on the platform each resource of the program is.

It has the form of Pulumi's own import files, without what is secret; `adopt` completes it. What Pulumi does not know
is in `previsionio`, for `adopt` to say what is missing.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._platform.collections import Collection
from .errors import Declined
from .program import Program

TYPE = "pulumi-python:dynamic/previsionio:"
"""What the types of this package's resources start with."""


@dataclasses.dataclass(frozen=True)
class Wanted:
    """An object to adopt, as the resource of that name; `type` is its type, or its collection where that will do."""

    name: str
    id: str
    type: str | Collection

    @property
    def noun(self) -> str:
        """What it is called."""
        return self.type.noun if isinstance(self.type, Collection) else self.type.removeprefix(TYPE)

    def __str__(self) -> str:
        return f"{self.noun} {self.name!r} ({self.id})"


@dataclasses.dataclass(frozen=True)
class Manifest:
    """The objects to adopt, and the places that the program has its secrets from."""

    wanted: tuple[Wanted, ...]
    config: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()


def text(program: Program, url: str) -> str:
    """What `export` writes into `import.json`."""
    entries = [*([program.project] if program.project else []), *program.entries]
    about = {
        "platform": url,
        "project_id": program.inventory.project.id,
        "config": program.places if program.secrets == "config" else [],
        "environment": program.places if program.secrets == "env" else [],
    }
    resources = [{"type": TYPE + entry.found.kind.name, "name": entry.name, "id": entry.found.id} for entry in entries]
    return json.dumps({"previsionio": about, "resources": resources}, indent=2, ensure_ascii=False) + "\n"


def read(path: Path) -> Manifest:
    """An import file; `Declined` when it is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Declined(f"there is no {path}: `pulumi-previsionio export` writes one") from None
    except (OSError, ValueError) as error:
        raise Declined(f"cannot read {path}: {error}") from None
    try:
        about: Mapping[str, Any] = content.get("previsionio", {})
        return Manifest(
            tuple(Wanted(entry["name"], entry["id"], entry["type"]) for entry in content["resources"]),
            tuple(about.get("config", ())),
            tuple(about.get("environment", ())),
        )
    except (AttributeError, KeyError, TypeError):
        raise Declined(f"{path} is not an import file: each of its resources needs type, name and id") from None
