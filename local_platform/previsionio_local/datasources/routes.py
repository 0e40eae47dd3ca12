"""The calls about data sources."""

from __future__ import annotations

from starlette.responses import Response

from ..connectors.models import Connector
from ..crud import Collection, find, find_named, remembered
from ..database import Session
from ..errors import PlatformError
from ..schemas import Done, Page, Refusal, allow
from ..settings import API
from ..source_calls import asks_source
from ..sources import open_source
from ..state import PageNumber, Shared
from ..web import Router
from .models import Datasource, new_datasource
from .schemas import DatasourceBody, DatasourceUpdate, DatasourceView

router = Router(API, "data sources")
updates = Router(API, "data sources")
"""What is left out where updates are withheld."""

_datasources = Collection(Datasource, DatasourceView)


@router.call("GET", "/projects/{project_id}/data-sources", answer=Page[DatasourceView])
async def list_datasources(project_id: str, shared: Shared, page: PageNumber = 1) -> Response:
    """List the data sources of a project, oldest first."""
    return _datasources.page(shared, page, project_id)


@router.call("POST", "/projects/{project_id}/data-sources")
async def create_datasource(project_id: str, body: DatasourceBody, shared: Shared) -> DatasourceView:
    """Make a data source. Nothing is fetched: that is what the test is for."""

    def make(session: Session) -> Datasource:
        connector = find_named(session, Connector, project_id, "connector_id", body.connector_id)
        return new_datasource(project_id, connector.id, body.name, body.location(connector.type))

    return await _datasources.add(shared, make, project_id)


@router.call("GET", "/data-sources/{datasource_id}")
async def read_datasource(datasource_id: str, shared: Shared) -> DatasourceView:
    """Return a data source."""
    return _datasources.read(shared, datasource_id)


@router.call("DELETE", "/data-sources/{datasource_id}")
async def delete_datasource(datasource_id: str, shared: Shared) -> Done:
    """Delete a data source. Datasets made from it stay."""
    await _datasources.delete(shared, datasource_id)
    return Done(message=["deleted"])


@router.call("OPTIONS", "/data-sources/{datasource_id}", status=204)
async def datasource_options(datasource_id: str, shared: Shared) -> Response:
    """Say what can be done with a data source."""
    _datasources.read(shared, datasource_id)
    return allow(shared.settings.update)


@updates.call("PUT", "/data-sources/{datasource_id}")
async def update_datasource(datasource_id: str, body: DatasourceUpdate, shared: Shared) -> DatasourceView:
    """Change everything but the connector: what is left out is emptied."""

    def change(session: Session, datasource: Datasource) -> None:
        if body.connector_id not in (None, datasource.connector_id):
            raise PlatformError(400, "connector_id: a data source cannot move to another connector")
        connector = find(session, Connector, datasource.connector_id)
        datasource.move(body.location(connector.type))
        datasource.name = body.name

    return await _datasources.change(shared, datasource_id, change)


@router.call("POST", "/data-sources/{datasource_id}/test", refusals={400: Refusal})
@asks_source
def test_datasource(datasource_id: str, shared: Shared) -> Done:
    """Connect, and look up the table, query, file or object. A query is parsed by its source, not run."""
    with shared.database.read() as session:
        datasource = find(session, Datasource, datasource_id)
        connection = find(session, Connector, datasource.connector_id).connection(shared.cipher)
        location = datasource.location()
    with remembered(shared, Datasource, datasource_id), open_source(connection, shared.settings.sources) as source:
        source.find(location)
    return Done(message=["Data source found"])
