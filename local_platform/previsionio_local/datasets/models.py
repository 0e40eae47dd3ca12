"""Datasets as they are stored. Their rows are in a file of the same id."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session

from ..database import Owned, now
from ..errors import PlatformError
from ..ids import new_id


class Dataset(Owned):
    """A dataset."""

    __tablename__ = "datasets"

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


def get_dataset(session: Session, dataset_id: str) -> Dataset:
    """Return a dataset; 404 if there is none."""
    dataset = session.scalar(select(Dataset).where(Dataset.id == dataset_id))
    if dataset is None:
        raise PlatformError(404, "no such dataset")
    return dataset
