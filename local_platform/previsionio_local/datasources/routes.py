"""The calls about data sources."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from ..connectors.models import Connector, get_connector
from ..database import page_of
from ..errors import PlatformError
from ..projects.models import get_project
from ..schemas import Done, Page, Refusal, allow
from ..source_calls import asks_source
from ..sources import open_source
from ..state import PageNumber, Shared
from .models import Datasource, get_datasource, new_datasource
from .schemas import DatasourceBody, DatasourceUpdate, DatasourceView


def router(update: bool) -> APIRouter:
    """Return the routes, with `PUT` only where updates are offered."""
    routes = APIRouter(tags=["data sources"])

    @routes.get("/projects/{project_id}/data-sources")
    def list_datasources(project_id: str, shared: Shared, page: PageNumber = 1) -> Page[DatasourceView]:
        """List the data sources of a project, oldest first."""
        query = select(Datasource).where(Datasource.project_id == project_id).order_by(Datasource.number)
        with shared.database.read() as session:
            get_project(session, project_id)
            items, meta = page_of(session, query, page, shared.settings.page_size)
            return Page[DatasourceView].model_validate({"items": items, "metaData": meta})

    @routes.post("/projects/{project_id}/data-sources")
    def create_datasource(project_id: str, body: DatasourceBody, shared: Shared) -> DatasourceView:
        """Make a data source. Nothing is fetched: that is what the test is for."""
        with shared.database.write() as session:
            get_project(session, project_id)
            connector = _connector_in(session, project_id, body.connector_id)
            datasource = new_datasource(project_id, connector.id, body.name, body.location(connector.type))
            session.add(datasource)
        return DatasourceView.model_validate(datasource)

    @routes.get("/data-sources/{datasource_id}")
    def read_datasource(datasource_id: str, shared: Shared) -> DatasourceView:
        """Return a data source."""
        with shared.database.read() as session:
            return DatasourceView.model_validate(get_datasource(session, datasource_id))

    @routes.delete("/data-sources/{datasource_id}")
    def delete_datasource(datasource_id: str, shared: Shared) -> Done:
        """Delete a data source. Datasets made from it stay."""
        with shared.database.write() as session:
            session.delete(get_datasource(session, datasource_id))
        return Done(message=["deleted"])

    @routes.options("/data-sources/{datasource_id}", status_code=204)
    def datasource_options(datasource_id: str, shared: Shared) -> Response:
        """Say what can be done with a data source."""
        read_datasource(datasource_id, shared)
        return allow(update)

    if update:

        @routes.put("/data-sources/{datasource_id}")
        def update_datasource(datasource_id: str, body: DatasourceUpdate, shared: Shared) -> DatasourceView:
            """Change everything but the connector: what is left out is emptied."""
            with shared.database.write() as session:
                datasource = get_datasource(session, datasource_id)
                if body.connector_id not in (None, datasource.connector_id):
                    raise PlatformError(400, "connector_id: a data source cannot move to another connector")
                connector = get_connector(session, datasource.connector_id)
                datasource.move(body.location(connector.type))
                datasource.name = body.name
            return DatasourceView.model_validate(datasource)

    @routes.post("/data-sources/{datasource_id}/test", responses={400: {"model": Refusal}})
    @asks_source
    def test_datasource(datasource_id: str, shared: Shared) -> Done:
        """Connect, and look up the table, query, file or object. A query is parsed by its source, not run."""
        with shared.database.read() as session:
            datasource = get_datasource(session, datasource_id)
            connection = get_connector(session, datasource.connector_id).connection(shared.cipher)
            location = datasource.location()
        with open_source(connection, shared.settings.sources) as source:
            source.find(location)
        return Done(message=["Data source found"])

    return routes


def _connector_in(session: Session, project_id: str, connector_id: str) -> Connector:
    query = select(Connector).where(Connector.id == connector_id, Connector.project_id == project_id)
    connector = session.scalar(query)
    if connector is None:
        raise PlatformError(400, "connector_id: no such connector in this project")
    return connector
