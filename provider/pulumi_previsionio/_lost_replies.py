"""Make an object once, also when the answer to its creation is lost.

The platform may have stored the object although its answer was cut, timed out or was a 5xx. Sending the creation
again would make a second one. So the list is asked: exactly one new object that is equal in every field the platform
shows, made no earlier than the request, is ours; anything else is an error that names the candidates.

The first eight of an id's 24 hex digits are the second in which the platform made the object; its `Date` header
says how its clock stands to ours. Times are compared in whole seconds: an equal object that somebody else made
within about a second before the request could not be told from ours.
"""

from __future__ import annotations

import json
import time
from typing import Any, Final

from ._errors import PlatformError, Refused, Unreachable
from ._kinds import Kind
from ._platform import Platform
from ._values import Values, from_wire, to_wire

_LOOKS: Final = (0.0, 0.5, 1.0, 2.0)
"""Seconds to wait before each look at the list: a slow platform may still be storing the object."""


def make(kind: Kind, path: str, values: Values, platform: Platform, label: str) -> dict[str, Any]:
    """Create the object by a POST to `path` and return it as the platform shows it."""
    body = to_wire(kind, values, label)
    # The list shows no secrets, so objects that differ in nothing else count as equal: those of one name take turns.
    with platform.creating(json.dumps([path, values["name"]])):
        started = time.time()
        try:
            item = platform.client.create(path, body)
            if not _id_of(item):
                _raise_without_id(item)
        except Unreachable as error:
            if not error.outcome_unknown:
                raise
            item = _find(kind, values, platform, started, error)
        platform.own(str(item["_id"]))
        return item


def _id_of(item: dict[str, Any]) -> str:
    id_ = item.get("_id")
    return id_ if isinstance(id_, str) else ""


def _raise_without_id(item: dict[str, Any]) -> None:
    message = item.get("message")
    if message:  # the platform's way to refuse with a success code
        reason = " ".join(("; ".join(map(str, message)) if isinstance(message, list) else str(message)).split())
        raise Refused(reason, status=200, reason=reason)
    raise Unreachable("the platform's answer to the creation has no _id", outcome_unknown=True)


def _find(kind: Kind, values: Values, platform: Platform, started: float, error: Unreachable) -> dict[str, Any]:
    path = platform.list_path(kind, values.get("project_id"))
    candidates: list[dict[str, Any]] = []
    try:
        for pause in _LOOKS:
            time.sleep(pause)
            items = [item for page in platform.client.pages(path) for item in page]
            earliest = int(started + (platform.client.clock_offset or 0.0))
            candidates = [
                item
                for item in items
                if not platform.is_own(_id_of(item)) and _made_at(item) >= earliest and _is_equal(kind, item, values)
            ]
            if candidates:
                break
    except PlatformError as second:
        raise PlatformError(
            f"{error}. Whether the {kind.noun} was made is not known, for its list cannot be read either: {second}. "
            f"Look for {values['name']!r} on the platform before the next `pulumi up`"
        ) from None
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise PlatformError(
            f"{error}. The platform does not list the {kind.noun}, so it was not made, unless the platform is still at "
            f"it: look for {values['name']!r} there before the next `pulumi up`"
        )
    ids = ", ".join(_id_of(item) for item in candidates)
    raise PlatformError(
        f"{error}. Several new {kind.noun}s look like it, so none is taken: {ids}. "
        "Delete those that nobody needs before the next `pulumi up`"
    )


def _made_at(item: dict[str, Any]) -> int:
    """The second in which the platform made the object, since 1970; -1 when its id does not tell."""
    id_ = _id_of(item)
    try:
        return int(id_[:8], 16) if len(id_) == 24 else -1
    except ValueError:
        return -1


def _is_equal(kind: Kind, item: dict[str, Any], values: Values) -> bool:
    if any(item.get(key, value) != value for key, value in kind.constants.items()):
        return False
    shown = (field for field in kind.wire_fields if field.name in values and not field.secret and field.wire in item)
    return all(from_wire(field, item) == values[field.name] for field in shown)
