"""The platform as an ASGI application."""

from __future__ import annotations

import functools
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import anyio.to_thread
from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Scope

from . import account, admin, errors, events, folder, unserved
from .connectors import routes as connectors
from .database import Database, explained
from .datasets import routes as datasets
from .datasets.copier import Copier
from .datasources import routes as datasources
from .encryption import Cipher, token
from .events import EventHub
from .middleware import Gate
from .projects import routes as projects
from .seeding import default_project
from .settings import API, Settings
from .state import State

THREADS = 64
"""Calls that may wait for the database at once."""


@contextmanager
def open_state(settings: Settings) -> Iterator[State]:
    """Open the data folder, making what it lacks, and let go of it at the end.

    Raises:
        FolderInUseError: another platform runs on it.
        FolderError: it cannot be used.
    """
    data = settings.data
    path = data / "platform.sqlite"
    with folder.opened(data), closing(_database(path)) as database:
        with folder.explained(data), explained(path):
            state = _prepare(settings, database)
        try:
            yield state
        finally:
            state.copier.stop()


def _database(path: Path) -> Database:
    with folder.explained(path):
        # The key is made after the database.
        return Database(path, is_new=not path.with_name("key").exists())


def _prepare(settings: Settings, database: Database) -> State:
    data = settings.data
    spool = data / "spool"
    # What was on its way when the platform was last stopped.
    shutil.rmtree(spool, ignore_errors=True)
    hub = EventHub()
    state = State(
        settings=replace(settings, sources=replace(settings.sources, spool=spool)),
        database=database,
        cipher=Cipher(data / "key"),
        token=token(data, settings.token),
        events=hub,
        copier=Copier(data / "snapshots", database, hub, settings.copies),
    )
    default_project(state)
    database.keep_reserve()
    return state


def create_app(state: State, cut: Callable[[Scope], None]) -> ASGIApp:
    """Return the application. `cut` closes the connection of a scope without an answer."""
    api = create_api(state)

    @functools.cache
    def pages() -> ASGIApp:
        from .pages.app import create_pages

        return create_pages(state, api)

    return Gate(api, pages, state, cut)


def create_api(state: State) -> FastAPI:
    """Return the application without its outermost layer: no token, no record of calls, no faults."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        state.events.start()
        yield

    api = _API(
        title="Prevision.io local platform",
        version="1",
        description="Projects, connectors, data sources and datasets, as on the hosted platform.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    api.state.platform = state
    errors.install(api)
    routers = [each.router for each in (datasources, connectors, datasets, projects, account, events, admin, unserved)]
    if state.settings.update:
        routers = [*(each.updates for each in (datasources, connectors, projects)), *routers]
    for router in (*routers, _description(api)):
        # Side by side: each call is compared with the routes in turn, and an included router asks its own twice.
        api.router.routes.extend(router.routes)
    return api


class _API(FastAPI):
    """The framework's application, described by one thread at a time.

    Meanwhile the framework hides a warning, for the whole process: two platforms in one would undo that for each other.
    """

    _describing: ClassVar = threading.Lock()

    def openapi(self) -> dict[str, Any]:
        with self._describing:
            return super().openapi()


def _description(api: FastAPI) -> APIRouter:
    routes = APIRouter(prefix=API)

    @routes.get("/openapi.json", include_in_schema=False, response_model=None)
    def description() -> dict[str, Any]:
        return api.openapi()

    return routes
