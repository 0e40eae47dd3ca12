"""Projects as they are stored."""

from __future__ import annotations

from dataclasses import dataclass

from ..database import Stored, now
from ..ids import new_id

DEFAULT_COLOR = "#a748f5"


@dataclass(eq=False)
class Project(Stored):
    """A project."""

    TABLE = "projects"
    NOUN = "project"

    name: str
    description: str | None
    color: str


def new_project(name: str, description: str | None = None, color: str | None = None, id: str | None = None) -> Project:  # noqa: A002
    """Return a project that is not stored yet."""
    return Project(
        number=0, id=id or new_id(), created_at=now(), name=name, description=description, color=color or DEFAULT_COLOR
    )
