"""The objects as a whole: the project that is always there, bulk seeds, and a fresh start."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from .connectors.models import Connector, new_connector
from .connectors.schemas import ConnectorBody
from .database import Base
from .datasets.models import Dataset
from .datasources.models import new_datasource
from .datasources.schemas import DatasourceBody
from .errors import PlatformError
from .projects.models import Project, new_project
from .projects.schemas import ProjectBody
from .state import State

_DEFAULT_PROJECT = "default project"


class Note(Base):
    """Something that the platform remembers about itself."""

    __tablename__ = "notes"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


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
        note = session.get(Note, _DEFAULT_PROJECT)
        if note is None:
            project = new_project("default", "Made by the local platform")
            session.add(Note(name=_DEFAULT_PROJECT, value=project.id))
        elif session.scalar(select(Project.id).where(Project.id == note.value)):
            return note.value
        else:
            project = new_project("default", "Made by the local platform", id=note.value)
        session.add(project)
        return project.id


def reset(state: State) -> str:
    """Drop all objects, calls, faults and latency; return the id of the default project, which is made again."""

    def delete_all(session: Session) -> Sequence[str]:
        datasets = session.scalars(select(Dataset.id)).all()
        # Everything else belongs to a project and goes with it.
        session.execute(delete(Project))
        return datasets

    datasets = state.database.delete(delete_all)
    state.copier.forget(datasets)
    state.copier.sweep()
    state.faults.set([])
    state.faults.latency = 0.0
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
    except IntegrityError:
        raise PlatformError(400, "_id: taken already") from None


def _seed_projects(session: Session, bodies: Sequence[SeedProject]) -> list[str]:
    projects = [new_project(body.name, body.description, body.color, body.id) for body in bodies]
    session.add_all(projects)
    session.flush()
    return [project.id for project in projects]


def _seed_connectors(session: Session, bodies: Sequence[SeedConnector], home: str, state: State) -> list[str]:
    projects = set(session.scalars(select(Project.id)))
    connectors = []
    for body in bodies:
        project_id = body.project_id or home
        if project_id not in projects:
            raise PlatformError(400, "project_id: no such project")
        body.require(body.type)
        connectors.append(new_connector(project_id, body, state.cipher, body.id))
    session.add_all(connectors)
    session.flush()
    return [connector.id for connector in connectors]


def _seed_datasources(session: Session, bodies: Sequence[SeedDatasource]) -> list[str]:
    rows = session.execute(select(Connector.id, Connector.project_id, Connector.type)).all()
    connectors = {connector_id: (project_id, kind) for connector_id, project_id, kind in rows}
    datasources = []
    for body in bodies:
        if body.connector_id not in connectors:
            raise PlatformError(400, "connector_id: no such connector")
        project_id, kind = connectors[body.connector_id]
        location = body.location(kind)
        datasources.append(new_datasource(project_id, body.connector_id, body.name, location, body.id))
    session.add_all(datasources)
    session.flush()
    return [datasource.id for datasource in datasources]
