"""The calls about connectors."""

from __future__ import annotations

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy import select

from ..database import page_of
from ..datasources.models import Datasource
from ..datasources.schemas import LocationBody
from ..errors import PlatformError, error_response
from ..projects.models import get_project
from ..services import PageNumber, Services, Shared
from ..source_calls import asks_source
from ..sources import NotFoundInSource, Source, open_source
from ..wire import Done, Names, Page, Paths, Refusal, allow
from .kinds import KINDS
from .models import Connector, get_connector, new_connector
from .schemas import SECRETS, ConnectorBody, ConnectorUpdate, ConnectorView, Found, NotFound

_NAMED_IN_REFUSAL = 10


def router(update: bool) -> APIRouter:
    """Return the routes, with `PUT` only where updates are offered."""
    routes = APIRouter(tags=["connectors"])

    @routes.get("/projects/{project_id}/connectors")
    def list_connectors(project_id: str, shared: Shared, page: PageNumber = 1) -> Page[ConnectorView]:
        """List the connectors of a project, oldest first."""
        query = select(Connector).where(Connector.project_id == project_id).order_by(Connector.number)
        with shared.database.read() as session:
            get_project(session, project_id)
            items, meta = page_of(session, query, page, shared.settings.page_size)
            return Page[ConnectorView].model_validate({"items": items, "metaData": meta})

    @routes.post("/projects/{project_id}/connectors")
    def create_connector(project_id: str, body: ConnectorBody, shared: Shared) -> ConnectorView:
        """Make a connector. Nothing is connected to: that is what the test is for."""
        body.require(body.type)
        with shared.database.write() as session:
            get_project(session, project_id)
            connector = new_connector(project_id, body, shared.vault)
            session.add(connector)
        return ConnectorView.model_validate(connector)

    @routes.get("/connectors/{connector_id}")
    def read_connector(connector_id: str, shared: Shared) -> ConnectorView:
        """Return a connector, without its secrets."""
        with shared.database.read() as session:
            return ConnectorView.model_validate(get_connector(session, connector_id))

    @routes.delete("/connectors/{connector_id}", responses={409: {"model": Refusal}})
    def delete_connector(connector_id: str, shared: Shared) -> Done:
        """Delete a connector that no data source uses."""
        users = select(Datasource).where(Datasource.connector_id == connector_id).order_by(Datasource.number)
        with shared.database.write() as session:
            connector = get_connector(session, connector_id)
            if datasources := session.scalars(users).all():
                names = [f"'{each.name}' ({each.id})" for each in datasources[:_NAMED_IN_REFUSAL]]
                more = f" and {len(datasources) - len(names)} more" if len(datasources) > len(names) else ""
                raise PlatformError(
                    409,
                    f"connector '{connector.name}' is used by data sources: {', '.join(names)}{more}",
                    data_sources=[{"_id": each.id, "name": each.name} for each in datasources],
                )
            session.delete(connector)
        return Done(message=["deleted"])

    @routes.options("/connectors/{connector_id}", status_code=204)
    def connector_options(connector_id: str, shared: Shared) -> Response:
        """Say what can be done with a connector, and which extensions of a local platform its kind has."""
        kind = KINDS[read_connector(connector_id, shared).type]
        return allow(update, **{"Prevision-Local": ", ".join([*kind.lists, "verify"])})

    if update:

        @routes.put("/connectors/{connector_id}")
        def update_connector(connector_id: str, body: ConnectorUpdate, shared: Shared) -> ConnectorView:
            """Change everything but the type. A secret left out stays, any other field left out is refused."""
            with shared.database.write() as session:
                connector = get_connector(session, connector_id)
                if body.type not in (None, connector.type):
                    raise PlatformError(400, f"type: an {connector.type} connector cannot become another kind")
                body.require(connector.type, but=SECRETS)
                connector.update(body, shared.vault)
            return ConnectorView.model_validate(connector)

    @routes.post("/connectors/{connector_id}/test", responses={400: {"model": Refusal}})
    @asks_source
    def test_connector(connector_id: str, shared: Shared) -> Done:
        """Connect to the source with the stored credentials."""
        with _source(connector_id, shared) as source:
            source.check()
        return Done(message=["Connection successful"])

    @routes.get("/connectors/{connector_id}/databases", responses={400: {"model": Refusal}})
    @asks_source
    def list_databases(connector_id: str, shared: Shared) -> Names:
        """List the databases (BigQuery: datasets)."""
        with _source(connector_id, shared) as source:
            return Names(items=source.databases())

    @routes.get("/connectors/{connector_id}/databases/{database:path}/tables", responses={400: {"model": Refusal}})
    @asks_source
    def list_tables(connector_id: str, database: str, shared: Shared) -> Names:
        """List the tables and views of a database. A slash in its name is welcome, encoded or not."""
        with _source(connector_id, shared) as source:
            return Names(items=source.tables(database))

    @routes.get("/connectors/{connector_id}/buckets", responses={400: {"model": Refusal}})
    @asks_source
    def list_buckets(connector_id: str, shared: Shared) -> Names:
        """List the buckets. An extension of the local platform."""
        with _source(connector_id, shared) as source:
            return Names(items=source.buckets())

    @routes.get("/connectors/{connector_id}/paths", responses={400: {"model": Refusal}})
    @asks_source
    def list_paths(
        connector_id: str, shared: Shared, bucket: str | None = Query(None, description="S3 and GCP only")
    ) -> Paths:
        """List the files, 10,000 at most. For buckets an extension of the local platform."""
        with _source(connector_id, shared) as source:
            paths = source.paths(bucket)
        return Paths(items=paths, complete=paths.complete)

    @routes.post(
        "/connectors/{connector_id}/verify",
        response_model=Found,
        responses={400: {"model": Refusal}, 422: {"model": NotFound}},
    )
    @asks_source
    def verify(connector_id: str, body: LocationBody, shared: Shared) -> Found | JSONResponse:
        """Look up what a data source would point at, without making it. An extension of the local platform.

        A query is parsed by the source and not run. 422 says that the source does not have it, and what it has
        instead; 400 that the source cannot be asked.
        """
        location = body.location(read_connector(connector_id, shared).type)
        with _source(connector_id, shared) as source:
            try:
                source.find(location)
            except NotFoundInSource as error:
                return error_response(422, [str(error)], field=error.field, candidates=error.candidates)
        return Found()

    return routes


def _source(connector_id: str, shared: Services) -> Source:
    # The session ends before the source is asked: a slow source must not hold a place in the database's pool.
    with shared.database.read() as session:
        connection = get_connector(session, connector_id).connection(shared.vault)
    return open_source(connection, shared.settings.sources)
