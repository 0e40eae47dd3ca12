"""Datasets as they are stored. Their rows are in a file of the same id."""

from __future__ import annotations

from dataclasses import dataclass

from ..database import Owned, now
from ..ids import new_id


@dataclass(eq=False)
class Dataset(Owned):
    """A dataset."""

    TABLE = "datasets"
    NOUN = "dataset"

    name: str
    datasource_id: str | None
    """What it was made from, which may be gone since."""
    origin: str | None
    state: str
    """Of the copy: `pending`, `running`, `done` or `failed`."""
    error: str | None = None
    rows: int | None = None
    columns: int | None = None
    size: int | None = None
    """Bytes of the snapshot."""


def new_dataset(project_id: str, name: str, datasource_id: str | None, origin: str | None) -> Dataset:
    """Return a dataset that is not stored yet and has no rows yet."""
    return Dataset(
        number=0,
        id=new_id(),
        created_at=now(),
        project_id=project_id,
        name=name,
        datasource_id=datasource_id,
        origin=origin,
        state="pending",
    )
