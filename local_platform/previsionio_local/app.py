"""The platform as an ASGI application."""

from __future__ import annotations

import functools
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio.to_thread
from starlette.applications import Starlette
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
from .web import Router, application

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

        return create_pages(state, api.state.described)

    return Gate(api, pages, state, cut)


def create_api(state: State) -> Starlette:
    """Return the application without its outermost layer: no token, no record of calls, no faults."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        state.events.start()
        yield

    @functools.cache
    def described() -> dict[str, Any]:
        from .description import describe

        return describe(api.routes)

    routers = [each.router for each in (datasources, connectors, datasets, projects, account, events, admin, unserved)]
    if state.settings.update:
        routers = [*(each.updates for each in (datasources, connectors, projects)), *routers]
    routers.append(_description(described))
    api = application(state, [route for router in routers for route in router.routes], errors.HANDLERS, lifespan)
    api.state.described = described
    return api


def _description(described: Callable[[], dict[str, Any]]) -> Router:
    router = Router()

    def description() -> dict[str, Any]:
        return described()

    for path in ("/openapi.json", f"{API}/openapi.json"):
        router.call("GET", path, hidden=True)(description)
    return router
