"""The calls about projects and their users."""

from __future__ import annotations

import anyio.to_thread
from starlette.responses import Response

from ..account import EMAIL, USER_ID
from ..crud import Collection
from ..database import Session
from ..errors import PlatformError
from ..schemas import Page, allow
from ..settings import API
from ..state import PageNumber, Shared
from ..web import Router
from .models import DEFAULT_COLOR, Project, new_project
from .schemas import ProjectBody, ProjectView, RoleBody, UserBody, UserView

router = Router(API, "projects")
updates = Router(API, "projects")
"""What is left out where updates are withheld."""

_projects = Collection(Project, ProjectView)


@router.call("GET", "/projects", answer=Page[ProjectView])
async def list_projects(shared: Shared, page: PageNumber = 1) -> Response:
    """List the projects, oldest first."""
    return _projects.page(shared, page)


# One of the vendor's SDKs posts with a slash at the end and follows no redirect.
@router.call("POST", "/projects/", hidden=True)
@router.call("POST", "/projects")
async def create_project(body: ProjectBody, shared: Shared) -> ProjectView:
    """Make a project."""
    return await _projects.add(shared, lambda _: new_project(body.name, body.description, body.color))


@router.call("GET", "/projects/{project_id}")
async def read_project(project_id: str, shared: Shared) -> ProjectView:
    """Return a project."""
    return _projects.read(shared, project_id)


@router.call("DELETE", "/projects/{project_id}", status=204)
async def delete_project(project_id: str, shared: Shared) -> None:
    """Delete a project with everything in it."""
    datasets: list[str] = []

    def note_datasets(session: Session, _: Project) -> None:
        datasets.extend(session.scalars("SELECT id FROM datasets WHERE project_id = ?", project_id))

    await _projects.delete(shared, project_id, note_datasets, in_thread=True)
    shared.database.forget_lists(project_id)
    await anyio.to_thread.run_sync(shared.copier.forget, datasets)


@router.call("OPTIONS", "/projects/{project_id}", status=204)
async def project_options(project_id: str, shared: Shared) -> Response:
    """Say what can be done with a project."""
    _projects.read(shared, project_id)
    return allow(shared.settings.update)


@updates.call("PUT", "/projects/{project_id}")
async def update_project(project_id: str, body: ProjectBody, shared: Shared) -> ProjectView:
    """Change name, description and color: what is left out is emptied."""

    def change(_: Session, project: Project) -> None:
        project.name = body.name
        project.description = body.description
        project.color = body.color or DEFAULT_COLOR

    return await _projects.change(shared, project_id, change)


@router.call("GET", "/projects/{project_id}/users")
async def list_users(project_id: str, shared: Shared) -> list[UserView]:
    """List the users of a project: a bare list, without pages."""
    _projects.read(shared, project_id)
    return [UserView()]


@router.call("POST", "/projects/{project_id}/users")
def add_user(project_id: str, body: UserBody, shared: Shared) -> ProjectView:
    """Add somebody who has an account; here there is but one account, which is in already."""
    project = _projects.read(shared, project_id)
    if body.email != EMAIL:
        raise PlatformError(400, "nobody with that e-mail address has an account on this platform")
    return _keep_admin(project, body.projectRole)


@router.call("PUT", "/projects/{project_id}/users/{user_id}")
def change_user(project_id: str, user_id: str, body: RoleBody, shared: Shared) -> ProjectView:
    """Change a user's role."""
    project = _projects.read(shared, project_id)
    _known_user(user_id)
    return _keep_admin(project, body.projectRole)


@router.call("DELETE", "/projects/{project_id}/users/{user_id}")
def remove_user(project_id: str, user_id: str, shared: Shared) -> ProjectView:
    """Remove a user, though never the last admin."""
    project = _projects.read(shared, project_id)
    _known_user(user_id)
    return _keep_admin(project, "none")


def _known_user(user_id: str) -> None:
    if user_id != USER_ID:
        raise PlatformError(404, "no such user in this project")


def _keep_admin(project: ProjectView, role: str) -> ProjectView:
    if role != "admin":
        raise PlatformError(400, "a project needs at least one admin")
    return project
