"""Projects and what is in them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import asdict, replace
from typing import Any, TypeAlias, TypeVar

from starlette.responses import HTMLResponse, RedirectResponse, Response

from ..connectors import routes as connectors
from ..connectors.models import Connector
from ..connectors.schemas import ConnectorView
from ..crud import find
from ..database import Owned, Session
from ..datasets import routes as datasets
from ..datasets.models import Dataset
from ..datasets.schemas import DatasetView, Extension
from ..datasets.snapshots import column_types, first_rows, shown_rows
from ..datasources import routes as datasources
from ..datasources.models import Datasource
from ..datasources.schemas import DatasourceView
from ..overview import SHOWN, connector_line, dataset_line, datasource_line, overview, project_overview
from ..projects.models import Project
from ..projects.schemas import ProjectView
from ..schemas import View
from ..source_calls import asks_source
from ..sources import SourceError, open_source
from ..state import PageNumber, Shared, State
from ..web import Router
from .picture import draw
from .program_lines import program_lines
from .rendering import HEADERS, page

SHOWN_ROWS = 10

Rows: TypeAlias = tuple[list[str], list[list[Any]]]
"""Names of columns, and rows."""

router = Router()

O = TypeVar("O", bound=Owned)  # noqa: E741


@router.call("GET", "/")
def show_projects(shared: Shared) -> HTMLResponse:
    """List the projects; show the only one at once."""
    projects = overview(shared, shown=0).projects
    if len(projects) == 1:
        return show_project(projects[0].id, shared)
    return page("projects.html", projects=projects)


@router.call("GET", "/project/{project_id}")
def show_project(
    project_id: str,
    shared: Shared,
    connectors: PageNumber = 1,
    data_sources: PageNumber = 1,
    datasets: PageNumber = 1,
) -> HTMLResponse:
    """Show a project with what is in it, the newest first page by page."""
    with shared.database.read() as session:
        project = find(session, Project, project_id)
    pages = (connectors, data_sources, datasets)
    shown = project_overview(shared, project, pages)
    program = program_lines("project", _item(ProjectView, project), {})
    return page("project.html", project=shown, picture=draw(shown), program=program, pages=pages, size=SHOWN)


@router.call("GET", "/connector/{connector_id}")
def show_connector(connector_id: str, shared: Shared) -> HTMLResponse:
    """Show a connector, and the data sources that use it."""
    with shared.database.read() as session:
        connector = find(session, Connector, connector_id)
        users = _newest(session, Datasource, "connector_id", connector_id)
        project = find(session, Project, connector.project_id)
    return page(
        "connector.html",
        project=project,
        connector=connector,
        line=connector_line(connector),
        users=[datasource_line(each) for each in users],
        program=program_lines("connector", _item(ConnectorView, connector), {}),
    )


@router.call("POST", "/connector/{connector_id}/test")
async def test_connector(connector_id: str, shared: Shared) -> Response:
    """Test a connector now; its page says how that went."""
    with suppress(SourceError):
        await connectors.test_connector(connector_id, shared)
    return RedirectResponse(f"/connector/{connector_id}", 303, HEADERS)


@router.call("GET", "/data-source/{datasource_id}")
def show_datasource(datasource_id: str, shared: Shared) -> HTMLResponse:
    """Show a data source."""
    return _datasource_page(datasource_id, shared)


@router.call("GET", "/data-source/{datasource_id}/rows")
@asks_source
def show_source_rows(datasource_id: str, shared: Shared) -> HTMLResponse:
    """Show a data source with the first rows that its source has now."""
    try:
        return _datasource_page(datasource_id, shared, _first_rows_of_source(datasource_id, shared))
    except SourceError as error:
        return _datasource_page(datasource_id, shared, reason=str(error))


@router.call("POST", "/data-source/{datasource_id}/test")
async def test_datasource(datasource_id: str, shared: Shared) -> Response:
    """Look a data source up now; its page says how that went."""
    with suppress(SourceError):
        await datasources.test_datasource(datasource_id, shared)
    return RedirectResponse(f"/data-source/{datasource_id}", 303, HEADERS)


@router.call("GET", "/dataset/{dataset_id}")
def show_dataset(dataset_id: str, shared: Shared) -> HTMLResponse:
    """Show a dataset, how far its copy is, and its first rows."""
    with shared.database.read() as session:
        dataset = find(session, Dataset, dataset_id)
        project = find(session, Project, dataset.project_id)
        datasource = session.first(Datasource, "WHERE id = ?", dataset.datasource_id)
    sample = reason = None
    types: dict[str, str] = {}
    if dataset.state == "done":
        try:
            types = column_types(shared.copier.path(dataset_id))
            sample = first_rows(shared.copier.path(dataset_id).open("rb"), SHOWN_ROWS)
        except (OSError, ValueError) as error:  # also the base of what pyarrow raises
            reason = f"The rows are damaged: {error}"
    owners = {} if datasource is None else {datasource.id: _item(DatasourceView, datasource)}
    return page(
        "dataset.html",
        project=project,
        dataset=dataset,
        datasource=datasource,
        line=dataset_line(dataset, shared),
        under_way=dataset.state in ("pending", "running"),
        sample=sample,
        reason=reason,
        types=types,
        program=program_lines("dataset", _item(DatasetView, dataset), owners),
    )


@router.call("GET", "/dataset/{dataset_id}/download/{extension}")
def download(dataset_id: str, extension: Extension, shared: Shared) -> Response:
    """Return all rows as a file."""
    return datasets.download(dataset_id, shared, extension)


def _datasource_page(
    datasource_id: str, shared: State, sample: Rows | None = None, reason: str | None = None
) -> HTMLResponse:
    with shared.database.read() as session:
        datasource = find(session, Datasource, datasource_id)
        connector = find(session, Connector, datasource.connector_id)
        users = _newest(session, Dataset, "datasource_id", datasource_id)
        project = find(session, Project, datasource.project_id)
    owners = {connector.id: _item(ConnectorView, connector)}
    return page(
        "data_source.html",
        project=project,
        datasource=datasource,
        place={name: value for name, value in asdict(datasource.location()).items() if value},
        connector=connector,
        line=datasource_line(datasource),
        users=[dataset_line(each, shared) for each in users],
        sample=sample,
        reason=reason,
        program=program_lines("datasource", _item(DatasourceView, datasource), owners),
    )


def _first_rows_of_source(datasource_id: str, shared: State) -> Rows:
    with shared.database.read() as session:
        datasource = find(session, Datasource, datasource_id)
        connection = find(session, Connector, datasource.connector_id).connection(shared.cipher)
        location = datasource.location()
    # Somebody waits for it: no longer than for any other look-up.
    settings = replace(shared.settings.sources, copy_timeout=shared.settings.sources.read_timeout)
    with open_source(connection, settings) as source:
        timer = threading.Timer(settings.lookup_timeout, source.cancel)
        timer.daemon = True
        timer.start()
        try:
            with closing(source.batches(location)) as batches:  # type: ignore[type-var]
                return shown_rows(next(batches), SHOWN_ROWS)
        finally:
            timer.cancel()


def _newest(session: Session, model: type[O], column: str, object_id: str) -> Sequence[O]:
    return session.all(model, f"WHERE {column} = ? ORDER BY number DESC LIMIT ?", object_id, SHOWN)[::-1]


def _item(view: type[View], stored: object) -> dict[str, Any]:
    return view.model_validate(stored).model_dump(by_alias=True, mode="json")
