"""What all objects have in common: they are listed, read, added, changed and deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Generic, TypeVar

from sqlalchemy import func, select, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from .database import Owned, Stored, Tested, now
from .errors import PlatformError
from .projects.models import Project
from .schemas import Meta, Page, View
from .sources import SourceError
from .state import State

M = TypeVar("M", bound=Stored)
V = TypeVar("V", bound=View)


def find(session: Session, model: type[M], object_id: str, project_id: str | None = None) -> M:
    """Return a stored object, of that project if one is given.

    Raises:
        PlatformError: 404, there is none.
    """
    query = select(model).where(model.id == object_id)
    if project_id is not None and issubclass(model, Owned):
        query = query.where(model.project_id == project_id)
    found = session.scalar(query)
    if found is None:
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
    with suppress(DatabaseError), state.database.write() as session:
        tested = update(model).where(model.id == object_id)
        session.execute(tested.values(tested_at=now(), test_error=error))


class Collection(Generic[M, V]):
    """The objects of one model, and how they are shown."""

    def __init__(self, model: type[M], view: type[V]) -> None:
        self._model = model
        self._view = view

    def page(self, state: State, number: int, project_id: str | None = None) -> Page[V]:
        """Return one page of all objects, or of those in a project, oldest first."""
        model: Any = self._model
        query = select(self._model)
        size = state.settings.page_size
        with state.database.read() as session:
            if project_id is not None:
                find(session, Project, project_id)
                query = query.where(model.project_id == project_id)
            total = session.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0
            items = session.scalars(query.order_by(model.number).limit(size).offset((number - 1) * size))
            meta = Meta(totalItems=total, rowsPerPage=size, page=number, nextPage=number * size < total)
            return Page(items=[self._view.model_validate(item) for item in items], metaData=meta)

    def read(self, state: State, object_id: str) -> V:
        """Return an object; 404 if there is none."""
        with state.database.read() as session:
            return self._view.model_validate(find(session, self._model, object_id))

    def add(self, state: State, make: Callable[[Session], M], project_id: str | None = None) -> V:
        """Store the object that `make` returns; 404 if its project is not there."""
        with state.database.write() as session:
            if project_id is not None:
                find(session, Project, project_id)
            made = make(session)
            session.add(made)
        return self._view.model_validate(made)

    def change(self, state: State, object_id: str, change: Callable[[Session, M], None]) -> V:
        """Let `change` change an object; 404 if there is none."""
        with state.database.write() as session:
            found = find(session, self._model, object_id)
            change(session, found)
        return self._view.model_validate(found)

    def delete(
        self, state: State, object_id: str, check: Callable[[Session, M], None] = lambda _session, _object: None
    ) -> None:
        """Delete an object unless `check` refuses; 404 if there is none."""

        def delete(session: Session) -> None:
            found = find(session, self._model, object_id)
            check(session, found)
            session.delete(found)

        state.database.delete(delete)
