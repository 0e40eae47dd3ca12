"""Projects as they are stored."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session

from ..database import Stored, now
from ..errors import PlatformError
from ..ids import new_id

DEFAULT_COLOR = "#a748f5"


class Project(Stored):
    """A project."""

    __tablename__ = "projects"

    name: Mapped[str]
    description: Mapped[str | None]
    color: Mapped[str]


def new_project(name: str, description: str | None = None, color: str | None = None, id: str | None = None) -> Project:  # noqa: A002
    """Return a project that is not stored yet."""
    return Project(
        id=id or new_id(), created_at=now(), name=name, description=description, color=color or DEFAULT_COLOR
    )


def get_project(session: Session, project_id: str) -> Project:
    """Return a project; 404 if there is none."""
    project = session.scalar(select(Project).where(Project.id == project_id))
    if project is None:
        raise PlatformError(404, "no such project")
    return project
