"""All projects and what is in them, in short: for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel

from ._version import __version__
from .connectors.models import Connector
from .database import Owned, Session, Tested
from .datasets.models import Dataset
from .datasources.models import Datasource
from .projects.models import Project
from .state import State

SHOWN = 200
"""Objects of one kind in one project that are shown at once, the newest unless others are asked for."""

Pages: TypeAlias = tuple[int, int, int]
"""Which connectors, data sources and datasets of a project are shown; the first page is that of the newest."""

O = TypeVar("O", bound=Owned)  # noqa: E741


class Line(BaseModel):
    """One object in short."""

    id: str
    name: str
    what: str
    """What it is: a kind and an address, a place, a size."""
    state: str
    """How its last test or its copy ended."""
    ok: bool | None
    """The same: whether well; None if that is not known."""
    uses: str | None = None
    """The id of what it hangs on."""


class Lines(BaseModel):
    """Objects of one kind."""

    total: int
    items: list[Line]


class ProjectOverview(BaseModel):
    """A project with what is in it."""

    id: str
    name: str
    description: str | None
    color: str
    connectors: Lines
    data_sources: Lines
    datasets: Lines


class Overview(BaseModel):
    """All projects."""

    version: str = __version__
    projects: list[ProjectOverview]


def overview(state: State, shown: int = SHOWN) -> Overview:
    """Return everything in short, with `shown` objects of each kind in each project."""
    with state.database.read() as session:
        projects = session.all(Project, "ORDER BY number LIMIT ?", SHOWN)
        return Overview(projects=[_project(session, project, state, shown) for project in projects])


def project_overview(state: State, project: Project, pages: Pages) -> ProjectOverview:
    """Return one project in short."""
    with state.database.read() as session:
        return _project(session, project, state, SHOWN, pages)


def connector_line(connector: Connector) -> Line:
    """Return a connector in short."""
    return Line(
        id=connector.id,
        name=connector.name,
        what=f"{connector.type} {address_of(connector)}".rstrip(),
        **_test(connector),
    )


def datasource_line(datasource: Datasource) -> Line:
    """Return a data source in short."""
    return Line(
        id=datasource.id,
        name=datasource.name,
        what=place_of(datasource),
        uses=datasource.connector_id,
        **_test(datasource),
    )


def dataset_line(dataset: Dataset, state: State) -> Line:
    """Return a dataset in short."""
    shown = dataset.state
    if dataset.state == "failed":
        shown = f"failed: {dataset.error}"
    elif (rows := state.copier.progress(dataset.id)) is not None and dataset.state == "running":
        shown = f"running, {rows:,} rows so far"
    ended = {"done": True, "failed": False}.get(dataset.state)
    return Line(
        id=dataset.id, name=dataset.name, what=size_of(dataset), state=shown, ok=ended, uses=dataset.datasource_id
    )


def address_of(connector: Connector) -> str:
    """Return where a connector leads, as a person writes it."""
    user = f"{connector.username}@" if connector.username else ""
    port = f":{connector.port}" if connector.port else ""
    return f"{user}{connector.host or ''}{port}".removesuffix("@")


def place_of(datasource: Datasource) -> str:
    """Return what a data source points at, on one line."""
    location = datasource.location()
    if location.request:
        return f"{location.database}: {' '.join(location.request.split())}"[:200]
    if location.table:
        return f"{location.database}.{location.table}"
    return f"{location.bucket}/{location.path}" if location.bucket else str(location.path)


def size_of(dataset: Dataset) -> str:
    """Return how much a dataset holds."""
    if dataset.rows is None:
        return "no rows yet"
    return f"{dataset.rows:,} rows, {dataset.columns} columns, {_bytes(dataset.size or 0)}"


def _bytes(size: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"


def _test(tested: Tested) -> dict[str, Any]:
    if tested.tested_at is None:
        return {"state": "not tested", "ok": None}
    if tested.test_error is not None:
        return {"state": f"failed: {tested.test_error}", "ok": False}
    return {"state": "works", "ok": True}


def _project(session: Session, project: Project, state: State, shown: int, pages: Pages = (1, 1, 1)) -> ProjectOverview:
    def lines(model: type[O], line: Callable[[O], Line], page: int) -> Lines:
        total, found = session.page_from_end(model, project.id, page, shown)
        return Lines(total=total, items=[line(each) for each in found])

    connectors, data_sources, datasets = pages

    return ProjectOverview(
        id=project.id,
        name=project.name,
        description=project.description,
        color=project.color,
        connectors=lines(Connector, connector_line, connectors),
        data_sources=lines(Datasource, datasource_line, data_sources),
        datasets=lines(Dataset, lambda dataset: dataset_line(dataset, state), datasets),
    )
