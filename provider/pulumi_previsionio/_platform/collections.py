"""The collections of the platform's API: where objects are listed, made and found (platform-api.md §5)."""

from __future__ import annotations

import dataclasses
from typing import Final

from .urls import quoted


@dataclasses.dataclass(frozen=True)
class Collection:
    """One collection: `/projects/{project_id}/{path}` lists and makes its objects, `/{path}/{id}` is one of them.

    `noun` is what a person calls one of them. Without `in_project` the collection belongs to no project.
    """

    path: str
    noun: str
    in_project: bool = True

    def item_path(self, id_: str) -> str:
        """The path of one object."""
        return f"/{self.path}/{quoted(id_)}"

    def list_path(self, project_id: str | None) -> str:
        """The path at which the objects are listed and made."""
        return f"/projects/{quoted(project_id or '')}/{self.path}" if self.in_project else f"/{self.path}"


PROJECTS: Final = Collection("projects", "project", in_project=False)
CONNECTORS: Final = Collection("connectors", "connector")
DATASOURCES: Final = Collection("data-sources", "data source")
DATASETS: Final = Collection("datasets", "dataset")
EXPORTERS: Final = Collection("exporters", "exporter")
