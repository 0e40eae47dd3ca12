"""The calls about projects and their users."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy import select

from ..account import EMAIL, USER_ID
from ..database import page_of
from ..datasets.models import Dataset
from ..errors import PlatformError
from ..schemas import Page, allow
from ..state import PageNumber, Shared
from .models import DEFAULT_COLOR, Project, get_project, new_project
from .schemas import ProjectBody, ProjectView, RoleBody, UserBody, UserView


def router(update: bool) -> APIRouter:
    """Return the routes, with `PUT` only where updates are offered."""
    routes = APIRouter(tags=["projects"])

    @routes.get("/projects")
    def list_projects(shared: Shared, page: PageNumber = 1) -> Page[ProjectView]:
        """List the projects, oldest first."""
        with shared.database.read() as session:
            items, meta = page_of(session, select(Project).order_by(Project.number), page, shared.settings.page_size)
            return Page[ProjectView].model_validate({"items": items, "metaData": meta})

    # One of the vendor's SDKs posts with a slash at the end and follows no redirect.
    @routes.post("/projects/", include_in_schema=False)
    @routes.post("/projects")
    def create_project(body: ProjectBody, shared: Shared) -> ProjectView:
        """Make a project."""
        with shared.database.write() as session:
            project = new_project(body.name, body.description, body.color)
            session.add(project)
        return ProjectView.model_validate(project)

    @routes.get("/projects/{project_id}")
    def read_project(project_id: str, shared: Shared) -> ProjectView:
        """Return a project."""
        with shared.database.read() as session:
            return ProjectView.model_validate(get_project(session, project_id))

    @routes.delete("/projects/{project_id}", status_code=204)
    def delete_project(project_id: str, shared: Shared) -> None:
        """Delete a project with everything in it."""
        with shared.database.write() as session:
            datasets = session.scalars(select(Dataset.id).where(Dataset.project_id == project_id)).all()
            session.delete(get_project(session, project_id))
        shared.copier.forget(datasets)

    @routes.options("/projects/{project_id}", status_code=204)
    def project_options(project_id: str, shared: Shared) -> Response:
        """Say what can be done with a project."""
        with shared.database.read() as session:
            get_project(session, project_id)
        return allow(update)

    if update:

        @routes.put("/projects/{project_id}")
        def update_project(project_id: str, body: ProjectBody, shared: Shared) -> ProjectView:
            """Change name, description and colour: what is left out is emptied."""
            with shared.database.write() as session:
                project = get_project(session, project_id)
                project.name = body.name
                project.description = body.description
                project.color = body.color or DEFAULT_COLOR
            return ProjectView.model_validate(project)

    @routes.get("/projects/{project_id}/users")
    def list_users(project_id: str, shared: Shared) -> list[UserView]:
        """List the users of a project: a bare list, without pages."""
        with shared.database.read() as session:
            get_project(session, project_id)
        return [UserView()]

    @routes.post("/projects/{project_id}/users")
    def add_user(project_id: str, body: UserBody, shared: Shared) -> ProjectView:
        """Add somebody who has an account; here there is but one account, which is in already."""
        project = read_project(project_id, shared)
        if body.email != EMAIL:
            raise PlatformError(400, "nobody with that e-mail address has an account on this platform")
        return _keep_admin(project, body.projectRole)

    @routes.put("/projects/{project_id}/users/{user_id}")
    def change_user(project_id: str, user_id: str, body: RoleBody, shared: Shared) -> ProjectView:
        """Change a user's role."""
        project = read_project(project_id, shared)
        _known_user(user_id)
        return _keep_admin(project, body.projectRole)

    @routes.delete("/projects/{project_id}/users/{user_id}")
    def remove_user(project_id: str, user_id: str, shared: Shared) -> ProjectView:
        """Remove a user, though never the last admin."""
        project = read_project(project_id, shared)
        _known_user(user_id)
        return _keep_admin(project, "none")

    return routes


def _known_user(user_id: str) -> None:
    if user_id != USER_ID:
        raise PlatformError(404, "no such user in this project")


def _keep_admin(project: ProjectView, role: str) -> ProjectView:
    if role != "admin":
        raise PlatformError(400, "a project needs at least one admin")
    return project
