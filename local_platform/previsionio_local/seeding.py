"""The objects as a whole: the project that is always there, bulk seeds, and a fresh start."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from pydantic import BaseModel, Field

from .connectors.models import new_connector
from .connectors.schemas import ConnectorBody
from .database import Session, Stored
from .datasources.models import new_datasource
from .datasources.schemas import DatasourceBody
from .errors import PlatformError
from .projects.models import Project, new_project
from .projects.schemas import ProjectBody
from .state import State

_DEFAULT_PROJECT = "default project"


class SeedProject(ProjectBody):
    """A project to seed, under an id of your choice."""

    id: str | None = Field(None, alias="_id", pattern="^[0-9a-f]{24}$")


class SeedConnector(ConnectorBody):
    """A connector to seed, by default in the default project."""

    id: str | None = Field(None, alias="_id", pattern="^[0-9a-f]{24}$")
    project_id: str | None = None


class SeedDatasource(DatasourceBody):
    """A data source to seed, by default in the project of its connector."""

    id: str | None = Field(None, alias="_id", pattern="^[0-9a-f]{24}$")


class Seed(BaseModel):
    """Objects to store at once, without the checks that their calls make."""

    projects: list[SeedProject] = []
    connectors: list[SeedConnector] = []
    data_sources: list[SeedDatasource] = []


def default_project(state: State) -> str:
    """Return the id of the default project; make the project if it is not there. Its id stays the same for ever."""
    with state.database.write() as session:
        noted = session.scalars("SELECT value FROM notes WHERE name = ?", _DEFAULT_PROJECT)
        if noted and session.first(Project, "WHERE id = ?", noted[0]):
            return str(noted[0])
        project = new_project("default", "Made by the local platform", id=noted[0] if noted else None)
        session.execute("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)", _DEFAULT_PROJECT, project.id)
        session.add(project)
        return project.id


def reset(state: State) -> str:
    """Drop all objects, calls, faults and latency; return the id of the default project, which is made again.

    Calls that a fault or the latency holds up are cut.
    """

    def delete_all(session: Session) -> Sequence[str]:
        datasets = session.scalars("SELECT id FROM datasets")
        # Everything else belongs to a project and goes with it.
        session.execute("DELETE FROM projects")
        return datasets

    # First, so that no call that they hold up comes true afterwards.
    state.faults.set([])
    state.faults.latency = 0.0
    state.faults.end_pauses()
    datasets = state.database.delete(delete_all)
    state.database.forget_lists()
    state.copier.forget(datasets)
    state.copier.sweep()
    state.calls.clear()
    state.events.forget()
    return default_project(state)


def seed(state: State, objects: Seed) -> dict[str, list[str]]:
    """Store many objects in one go; return their ids by kind."""
    home = default_project(state)
    try:
        with state.database.write() as session:
            return {
                "projects": _seed_projects(session, objects.projects),
                "connectors": _seed_connectors(session, objects.connectors, home, state),
                "data_sources": _seed_datasources(session, objects.data_sources),
            }
    except sqlite3.IntegrityError:
        raise PlatformError(400, "_id: taken already") from None


def _seed_projects(session: Session, bodies: Sequence[SeedProject]) -> list[str]:
    projects = [new_project(body.name, body.description, body.color, body.id) for body in bodies]
    return _added(session, projects)


def _seed_connectors(session: Session, bodies: Sequence[SeedConnector], home: str, state: State) -> list[str]:
    projects = set(session.scalars("SELECT id FROM projects"))
    connectors = []
    for body in bodies:
        project_id = body.project_id or home
        if project_id not in projects:
            raise PlatformError(400, "project_id: no such project")
        body.require(body.type)
        connectors.append(new_connector(project_id, body, state.cipher, body.id))
    return _added(session, connectors)


def _seed_datasources(session: Session, bodies: Sequence[SeedDatasource]) -> list[str]:
    rows = session.execute("SELECT id, project_id, type FROM connectors")
    connectors = {connector_id: (project_id, kind) for connector_id, project_id, kind in rows}
    datasources = []
    for body in bodies:
        if body.connector_id not in connectors:
            raise PlatformError(400, "connector_id: no such connector")
        project_id, kind = connectors[body.connector_id]
        location = body.location(kind)
        datasources.append(new_datasource(project_id, body.connector_id, body.name, location, body.id))
    return _added(session, datasources)


def _added(session: Session, objects: Sequence[Stored]) -> list[str]:
    for each in objects:
        session.add(each)
    return [each.id for each in objects]
