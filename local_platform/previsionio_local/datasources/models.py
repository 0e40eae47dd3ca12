"""Data sources as they are stored."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ..database import Tested, now
from ..ids import new_id
from ..sources import Location


@dataclass(eq=False)
class Datasource(Tested):
    """A data source."""

    TABLE = "data_sources"
    NOUN = "data source"

    connector_id: str
    name: str
    path: str | None
    database: str | None
    table: str | None
    bucket: str | None
    request: str | None
    g_cloud: str | None

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
    return Datasource(
        number=0,
        id=id or new_id(),
        created_at=now(),
        project_id=project_id,
        tested_at=None,
        test_error=None,
        connector_id=connector_id,
        name=name,
        **asdict(location),
    )
