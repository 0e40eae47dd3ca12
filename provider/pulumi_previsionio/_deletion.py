"""Nothing is deleted while others still need it."""

from __future__ import annotations

from ._errors import NotFound, PlatformError
from ._kinds import DATASET, DATASOURCE, PROJECT_KIND, SQL, ConnectorKind, Kind
from ._live_objects import Item
from ._platform import Platform
from ._values import Values

_SHOWN = 5


def clear_the_way(kind: Kind, id_: str, values: Values, platform: Platform) -> None:
    """Refuse to delete what is still in use; with `force_destroy`, delete the users of a connector first.

    A project's content goes with the project, so force needs no more calls there.
    """
    forced = bool(values.get("force_destroy"))
    whose = f"{kind.name} {values.get('name', '')!r}"
    if isinstance(kind, ConnectorKind):
        project_id = values["project_id"]
        users = [item for item in _listed(platform, DATASOURCE, project_id) if item.get("connector_id") == id_]
        if users and not forced:
            raise PlatformError(
                f"{whose} is still used by {_named('data source', users)}, which this stack does not delete. "
                "Delete them first, or set force_destroy=True and run `pulumi up` to delete them with the connector"
            )
        for user in users:
            platform.delete(DATASOURCE, project_id, str(user["_id"]))
    elif kind is PROJECT_KIND and not forced:
        for content, noun in ((SQL, "connector"), (DATASOURCE, "data source"), (DATASET, "dataset")):
            if items := _listed(platform, content, id_):
                raise PlatformError(
                    f"{whose} still holds {_named(noun, items)}, which this stack does not delete. "
                    "Delete them first, or set force_destroy=True and run `pulumi up` to delete all with the project"
                )


def _listed(platform: Platform, kind: Kind, project_id: str) -> list[Item]:
    try:
        return platform.listed(kind, project_id)
    except NotFound:  # the project is gone, and all in it; unless this is no such platform at all
        platform.confirm()
        return []


def _named(noun: str, items: list[Item]) -> str:
    names = ", ".join(f"{item.get('name')!r} ({item.get('_id')})" for item in items[:_SHOWN])
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return f"{len(items)} {noun}{'s' if len(items) > 1 else ''}: {names}{more}"
