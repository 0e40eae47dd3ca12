"""Projects as they travel."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from ..account import EMAIL, USER_ID
from ..schemas import Body, View


class ProjectBody(Body):
    """What a project is made from."""

    name: str
    description: str | None = None
    color: str | None = Field(None, description="`#RRGGBB`; purple by default")


class ProjectView(View):
    """A project."""

    name: str
    description: str | None
    color: str
    created_by: str = USER_ID
    admins: tuple[str, ...] = (USER_ID,)
    contributors: tuple[str, ...] = ()
    viewers: tuple[str, ...] = ()
    pipelines_count: int = 0
    experiments_count: int = 0


Role = Literal["admin", "contributor", "viewer", "end_user"]


class UserBody(Body):
    """Whom to add to a project, and as what."""

    email: str
    projectRole: Role  # noqa: N815


class RoleBody(Body):
    """What a user of a project becomes."""

    projectRole: Role  # noqa: N815


class UserView(BaseModel):
    """A user of a project."""

    id: str = USER_ID
    email: str = EMAIL
    first_name: str = "Local"
    last_name: str = "User"
    projectRole: Role = "admin"  # noqa: N815
