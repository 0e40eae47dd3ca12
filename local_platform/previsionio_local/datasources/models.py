"""Data sources as they are stored."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Tested, now
from ..ids import new_id
from ..sources import Location


class Datasource(Tested):
    """A data source."""

    __tablename__ = "data_sources"
    NOUN = "data source"

    connector_id: Mapped[str] = mapped_column(ForeignKey("connectors.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    path: Mapped[str | None]
    database: Mapped[str | None]
    table: Mapped[str | None]
    bucket: Mapped[str | None]
    request: Mapped[str | None]
    g_cloud: Mapped[str | None]

    def location(self) -> Location:
        """Return where it points."""
        return Location(self.path, self.database, self.table, self.bucket, self.request, self.g_cloud)

    def move(self, location: Location) -> None:
        """Point somewhere else."""
        for name, value in asdict(location).items():
            setattr(self, name, value)
        self.tested_at = self.test_error = None


def new_datasource(
    project_id: str,
    connector_id: str,
    name: str,
    location: Location,
    id: str | None = None,  # noqa: A002
) -> Datasource:
    """Return a data source that is not stored yet."""
    datasource = Datasource(
        id=id or new_id(), created_at=now(), project_id=project_id, connector_id=connector_id, name=name
    )
    datasource.move(location)
    return datasource
