"""The platform as an ASGI application."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import anyio.to_thread
from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Scope

from . import account, admin, errors, events
from .connectors import routes as connectors
from .database import Database
from .datasets import routes as datasets
from .datasets.copier import Copier
from .datasources import routes as datasources
from .encryption import Cipher, token
from .events import EventHub
from .middleware import API, Gate
from .projects import routes as projects
from .seeding import default_project
from .settings import Settings
from .state import State

THREADS = 64
"""Calls that may wait for the database at once."""


class FolderInUseError(RuntimeError):
    """Another platform runs on the same data folder."""


@contextmanager
def open_state(settings: Settings) -> Iterator[State]:
    """Open the data folder, making what it lacks, and let go of it at the end.

    Raises:
        FolderInUseError: another platform runs on it.
        OSError: it cannot be used.
    """
    folder = settings.data
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _lock(folder), closing(Database(folder / "platform.sqlite")) as database:
        spool = folder / "spool"
        # What was on its way when the platform was last stopped.
        shutil.rmtree(spool, ignore_errors=True)
        hub = EventHub()
        copier = Copier(folder / "snapshots", database, hub, settings.copies)
        state = State(
            settings=replace(settings, sources=replace(settings.sources, spool=spool)),
            database=database,
            cipher=Cipher(folder / "key"),
            token=settings.token or token(folder),
            events=hub,
            copier=copier,
        )
        default_project(state)
        try:
            yield state
        finally:
            copier.stop()


def create_app(state: State, cut: Callable[[Scope], None]) -> ASGIApp:
    """Return the application. `cut` closes the connection of a scope without an answer."""
    return Gate(create_api(state), state, cut)


def create_api(state: State) -> FastAPI:
    """Return the application without its outermost layer: no token, no record of calls, no faults."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        state.events.start()
        yield

    api = FastAPI(
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
    for module in (account, events, projects, connectors, datasources, datasets):
        api.include_router(module.router, prefix=API)
    if state.settings.update:
        for module in (projects, connectors, datasources):
            api.include_router(module.updates, prefix=API)
    api.include_router(admin.router)
    api.include_router(_description(api), prefix=API)
    return api


def _lock(folder: Path) -> IO[str]:
    """Keep a second platform out of the folder for as long as the returned file is open."""
    path = folder / "lock"
    path.touch(mode=0o600)
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise FolderInUseError(f"the folder {folder} is in use by another local platform") from None
    return file


def _description(api: FastAPI) -> APIRouter:
    routes = APIRouter()

    @routes.get("/openapi.json", include_in_schema=False)
    async def description() -> dict[str, Any]:
        return api.openapi()

    return routes
