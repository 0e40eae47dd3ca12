"""Projects: none is deleted that still holds anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..._errors import PlatformError
from ..._platform.collections import CONNECTORS, DATASETS, DATASOURCES
from ..wording import in_the_way, named
from .base import Steps

if TYPE_CHECKING:
    from ..context import Context
    from ..kind import Kind
    from ..values import Values

_CONTENT: Final = (CONNECTORS, DATASOURCES, DATASETS)


class ProjectSteps(Steps):
    """Steps of projects."""

    def before_delete(self, kind: Kind, id_: str, values: Values, context: Context) -> None:
        """Refuse while it holds anything, unless `force_destroy`: then its content goes with it."""
        if values.get("force_destroy"):
            return
        for collection in _CONTENT:
            if items := context.session.list_if_any(collection, id_):
                content = named(collection.noun, items)
                raise PlatformError(f"{kind.label(values)} still holds {content}, {in_the_way('project')}")
