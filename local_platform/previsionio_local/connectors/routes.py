"""The calls about connectors."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from ..crud import Collection, find, remembered
from ..database import Session
from ..datasources.models import Datasource
from ..datasources.schemas import LocationBody
from ..errors import PlatformError
from ..schemas import Done, Names, Page, Paths, Refusal, allow
from ..settings import API
from ..source_calls import asks_source
from ..sources import NotFoundInSource, Source, open_source
from ..state import PageNumber, Shared, State
from ..web import Router
from .models import Connector, new_connector
from .schemas import SECRETS, ConnectorBody, ConnectorUpdate, ConnectorView, Found, NotFound
from .types import CONNECTOR_TYPES

_NAMED_IN_REFUSAL = 10

router = Router(API, "connectors")
updates = Router(API, "connectors")
"""What is left out where updates are withheld."""

_connectors = Collection(Connector, ConnectorView)


@router.call("GET", "/projects/{project_id}/connectors", answer=Page[ConnectorView])
async def list_connectors(project_id: str, shared: Shared, page: PageNumber = 1) -> Response:
    """List the connectors of a project, oldest first."""
    return _connectors.page(shared, page, project_id)


@router.call("POST", "/projects/{project_id}/connectors")
async def create_connector(project_id: str, body: ConnectorBody, shared: Shared) -> ConnectorView:
    """Make a connector. Nothing is connected to: that is what the test is for."""
    body.require(body.type)
    return await _connectors.add(shared, lambda _: new_connector(project_id, body, shared.cipher), project_id)


@router.call("GET", "/connectors/{connector_id}")
async def read_connector(connector_id: str, shared: Shared) -> ConnectorView:
    """Return a connector, without its secrets."""
    return _connectors.read(shared, connector_id)


@router.call("DELETE", "/connectors/{connector_id}", refusals={409: Refusal})
async def delete_connector(connector_id: str, shared: Shared) -> Done:
    """Delete a connector that no data source uses."""
    await _connectors.delete(shared, connector_id, _refuse_if_used)
    return Done(message=["deleted"])


@router.call("OPTIONS", "/connectors/{connector_id}", status=204)
async def connector_options(connector_id: str, shared: Shared) -> Response:
    """Say what can be done with a connector, and which extensions of a local platform its type has."""
    lists = CONNECTOR_TYPES[_connectors.read(shared, connector_id).type].lists
    return allow(shared.settings.update, **{"Prevision-Local": ", ".join([*lists, "verify"])})


@updates.call("PUT", "/connectors/{connector_id}")
async def update_connector(connector_id: str, body: ConnectorUpdate, shared: Shared) -> ConnectorView:
    """Change everything but the type. A secret left out stays, any other field left out is refused."""

    def change(_: Session, connector: Connector) -> None:
        if body.type not in (None, connector.type):
            raise PlatformError(400, f"type: an {connector.type} connector cannot become another kind")
        body.require(connector.type, but=SECRETS)
        connector.update(body, shared.cipher)

    return await _connectors.change(shared, connector_id, change)


@router.call("POST", "/connectors/{connector_id}/test", refusals={400: Refusal})
@asks_source
def test_connector(connector_id: str, shared: Shared) -> Done:
    """Connect to the source with the stored credentials."""
    with remembered(shared, Connector, connector_id), _source(connector_id, shared) as source:
        source.check()
    return Done(message=["Connection successful"])


@router.call("GET", "/connectors/{connector_id}/databases", refusals={400: Refusal})
@asks_source
def list_databases(connector_id: str, shared: Shared) -> Names:
    """List the databases (BigQuery: datasets)."""
    with _source(connector_id, shared) as source:
        return Names(items=source.databases())


@router.call("GET", "/connectors/{connector_id}/databases/{database:path}/tables", refusals={400: Refusal})
@asks_source
def list_tables(connector_id: str, database: str, shared: Shared) -> Names:
    """List the tables and views of a database. A slash in its name is welcome, encoded or not."""
    with _source(connector_id, shared) as source:
        return Names(items=source.tables(database))


@router.call("GET", "/connectors/{connector_id}/buckets", refusals={400: Refusal})
@asks_source
def list_buckets(connector_id: str, shared: Shared) -> Names:
    """List the buckets. An extension of the local platform."""
    with _source(connector_id, shared) as source:
        return Names(items=source.buckets())


@router.call("GET", "/connectors/{connector_id}/paths", refusals={400: Refusal})
@asks_source
def list_paths(
    connector_id: str, shared: Shared, bucket: Annotated[str | None, Field(description="S3 and GCP only")] = None
) -> Paths:
    """List the files, 10,000 at most. For buckets an extension of the local platform."""
    with _source(connector_id, shared) as source:
        paths = source.paths(bucket)
    return Paths(items=paths, complete=paths.complete)


@router.call(
    "POST",
    "/connectors/{connector_id}/verify",
    refusals={400: Refusal, 422: NotFound},
)
@asks_source
def verify(connector_id: str, body: LocationBody, shared: Shared) -> Found:
    """Look up what a data source would point at, without making it. An extension of the local platform.

    A query is parsed by the source and not run. 422 says that the source does not have it, and what it has
    instead; 400 that the source cannot be asked.
    """
    location = body.location(_connectors.read(shared, connector_id).type)
    with _source(connector_id, shared) as source:
        try:
            source.find(location)
        except NotFoundInSource as error:
            raise PlatformError(422, str(error), field=error.field, candidates=error.candidates) from None
    return Found()


def _refuse_if_used(session: Session, connector: Connector) -> None:
    used = f"SELECT id, name FROM {Datasource.TABLE} WHERE connector_id = ? ORDER BY number"  # noqa: S608 - ours
    datasources = session.execute(used, connector.id).fetchall()
    if not datasources:
        return
    names = [f"'{name}' ({datasource_id})" for datasource_id, name in datasources[:_NAMED_IN_REFUSAL]]
    more = f" and {len(datasources) - len(names)} more" if len(datasources) > len(names) else ""
    raise PlatformError(
        409,
        f"connector '{connector.name}' is used by data sources: {', '.join(names)}{more}",
        data_sources=[{"_id": datasource_id, "name": name} for datasource_id, name in datasources],
    )


def _source(connector_id: str, shared: State) -> Source:
    # The session ends before the source is asked: a slow source must not hold a place in the database's pool.
    with shared.database.read() as session:
        connection = find(session, Connector, connector_id).connection(shared.cipher)
    return open_source(connection, shared.settings.sources)
