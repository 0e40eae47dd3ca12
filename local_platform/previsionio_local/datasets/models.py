"""Datasets as they are stored. Their rows are in a file of the same id."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from ..database import Owned, now
from ..ids import new_id


class Dataset(Owned):
    """A dataset."""

    __tablename__ = "datasets"
    NOUN = "dataset"

    name: Mapped[str]
    datasource_id: Mapped[str | None]
    """What it was made from, which may be gone since."""
    origin: Mapped[str | None]
    state: Mapped[str]
    """Of the copy: `pending`, `running`, `done` or `failed`."""
    error: Mapped[str | None]
    rows: Mapped[int | None]
    columns: Mapped[int | None]
    size: Mapped[int | None]
    """Bytes of the snapshot."""


def new_dataset(project_id: str, name: str, datasource_id: str | None, origin: str | None) -> Dataset:
    """Return a dataset that is not stored yet and has no rows yet."""
    return Dataset(
        id=new_id(),
        created_at=now(),
        project_id=project_id,
        name=name,
        datasource_id=datasource_id,
        origin=origin,
        state="pending",
    )
