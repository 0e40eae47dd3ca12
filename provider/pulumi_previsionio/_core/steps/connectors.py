"""Connectors: the platform connects before new values count, and none is deleted that others still use."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from ..._errors import PlatformError
from ..._platform.collections import DATASOURCES, EXPORTERS
from ..wording import in_the_way, named
from .base import Steps
from .platform_test import run_test

if TYPE_CHECKING:
    from ..._platform.collection_cache import Item
    from ..._platform.collections import Collection
    from ..._platform.session import Session
    from ..context import Context
    from ..kind import Kind
    from ..values import Values

_AT_ONCE: Final = 1.0
"""Seconds in which the engine's deletion of a data source may come after that of its connector: it begins both at once
when an earlier run left the old connector behind."""


class ConnectorSteps(Steps):
    """Steps of every kind of connector."""

    def verify(self, kind: Kind, id_: str, values: Values, context: Context) -> None:
        """Have the platform connect, unless `test_connection` is off."""
        if values.get("test_connection"):
            run_test(kind, id_, values, context, "connection")

    def begin_update(self, id_: str, context: Context) -> None:
        """Its sources say nothing until it has changed."""
        context.sources.connector_changes(id_)

    def end_update(self, id_: str, context: Context) -> None:
        """What was seen behind it before is void."""
        context.sources.connector_changed(id_)

    def before_delete(self, kind: Kind, id_: str, values: Values, context: Context) -> None:
        """Refuse while data sources or exporters use it; with `force_destroy`, delete those first."""
        session, project_id = context.session, values["project_id"]
        users = _users(id_, project_id, session)
        if any(users.values()) and not values.get("force_destroy"):
            time.sleep(_AT_ONCE)
            users = _users(id_, project_id, session)
            if any(users.values()):
                raise PlatformError(f"{kind.label(values)} is still used by {_named(users)}, {in_the_way('connector')}")
        for collection, items in users.items():
            for item in items:
                session.delete(collection, project_id, str(item["_id"]))


def _users(id_: str, project_id: str, session: Session) -> dict[Collection, list[Item]]:
    return {
        DATASOURCES: session.list_if_any(DATASOURCES, project_id, connector_id=id_),
        EXPORTERS: session.list_if_served(EXPORTERS, project_id, connector_id=id_),
    }


def _named(users: dict[Collection, list[Item]]) -> str:
    return " and ".join(named(collection.noun, items) for collection, items in users.items() if items)
