"""What all objects have in common: they are listed, read, added, changed and deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Generic, TypeVar

import anyio.to_thread
from starlette.responses import Response

from .database import BusyError, Owned, Session, Stored, Tested, now
from .errors import PlatformError
from .projects.models import Project
from .schemas import Meta, View
from .sources import SourceError
from .state import State

M = TypeVar("M", bound=Stored)
V = TypeVar("V", bound=View)
T = TypeVar("T")


def find(session: Session, model: type[M], object_id: str, project_id: str | None = None) -> M:
    """Return a stored object, of that project if one is given.

    Raises:
        PlatformError: 404, there is none.
    """
    found = session.first(model, "WHERE id = ?", object_id)
    if found is None or (project_id is not None and isinstance(found, Owned) and found.project_id != project_id):
        raise PlatformError(404, f"no such {model.NOUN}")
    return found


def find_named(session: Session, model: type[M], project_id: str, field: str, object_id: str) -> M:
    """Return the object of a project that a request's `field` names.

    Raises:
        PlatformError: 400, there is none.
    """
    try:
        return find(session, model, object_id, project_id)
    except PlatformError as error:
        raise PlatformError(400, f"{field}: {error} in this project") from None


@contextmanager
def remembered(state: State, model: type[Tested], object_id: str) -> Iterator[None]:
    """Remember how the test of an object in the block ended."""
    try:
        yield
    except SourceError as error:
        _remember(state, model, object_id, str(error))
        raise
    _remember(state, model, object_id, None)


def _remember(state: State, model: type[Tested], object_id: str, error: str | None) -> None:
    # Where the disk has no room for it, the caller hears how the test ended all the same.
    with suppress(sqlite3.DatabaseError), state.database.write() as session:
        tested = f"UPDATE {model.TABLE} SET tested_at = ?, test_error = ? WHERE id = ?"  # noqa: S608 - our own name
        session.execute(tested, now(), error, object_id)


class Collection(Generic[M, V]):
    """The objects of one model, and how they are shown.

    Neither reading nor writing takes time that is worth a thread of its own; waiting for other writers is.
    """

    def __init__(self, model: type[M], view: type[V]) -> None:
        self._model = model
        self._view = view
        self._item = view.in_sql()

    def page(self, state: State, number: int, project_id: str | None = None) -> Response:
        """Return one page of all objects, or of those in a project, oldest first: a `schemas.Page`."""
        size = state.settings.page_size
        with state.database.read() as session:
            if project_id is not None:
                find(session, Project, project_id)
            total, items = session.page(self._model, self._item, project_id, number, size)
        meta = Meta(totalItems=total, rowsPerPage=size, page=number, nextPage=number * size < total)
        content = f'{{"items":[{",".join(items)}],"metaData":{meta.model_dump_json()}}}'
        return Response(content, media_type="application/json")

    def read(self, state: State, object_id: str) -> V:
        """Return an object; 404 if there is none."""
        with state.database.read() as session:
            return self._view.model_validate(find(session, self._model, object_id))

    async def add(self, state: State, make: Callable[[Session], M], project_id: str | None = None) -> V:
        """Store the object that `make` returns; 404 if its project is not there."""

        def add(session: Session) -> M:
            if project_id is not None:
                find(session, Project, project_id)
            made = make(session)
            session.add(made)
            return made

        return self._view.model_validate(await _at_once(partial(state.database.store, add)))

    async def change(self, state: State, object_id: str, change: Callable[[Session, M], None]) -> V:
        """Let `change` change an object; 404 if there is none."""

        def save(session: Session) -> M:
            found = find(session, self._model, object_id)
            change(session, found)
            session.save(found)
            return found

        return self._view.model_validate(await _at_once(partial(state.database.store, save)))

    async def delete(
        self,
        state: State,
        object_id: str,
        check: Callable[[Session, M], None] = lambda _session, _object: None,
        *,
        in_thread: bool = False,
    ) -> None:
        """Delete an object unless `check` refuses; 404 if there is none.

        Args:
            state: the platform.
            object_id: the object.
            check: looks at the object first.
            in_thread: that takes long, as much goes with the object.
        """

        def delete(session: Session) -> None:
            found = find(session, self._model, object_id)
            check(session, found)
            session.delete(found)

        step = partial(state.database.delete, delete)
        await (anyio.to_thread.run_sync(step) if in_thread else _at_once(step))


async def _at_once(step: Callable[..., T]) -> T:
    """Take a step that writes. It is sooner done than handed to a thread; only one that has to wait is."""
    try:
        return step(wait=False)
    except BusyError:
        return await anyio.to_thread.run_sync(step)
