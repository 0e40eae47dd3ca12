"""Make an object once, also when the answer to its creation is lost.

The platform may have stored the object although its answer was cut, timed out, was a 408 or a 5xx, or names no id.
Sending the creation again would make a second one. So the list is asked: exactly one object that is equal in every
field the platform shows, made between the request and the look, and whose id this process has never met as somebody's,
is ours. Everything else is an error that names what was found: what cannot be told apart is not taken.

The first eight of an id's 24 hex digits are the second in which the platform made the object; its `Date` header
says how its clock stands to ours. Times are compared in whole seconds: an equal object that somebody else made
in that very time, while ours was never stored, could not be told from ours.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any, Final

from .._errors import PlatformError, Refused, Unreachable
from .._platform import operation
from .._platform.session import Session
from .kind import Kind
from .values import Values, to_wire
from .wording import made_at, named

Item = dict[str, Any]

_CLOCK_SLACK: Final = 60
"""Seconds by which the clock that ids are made from may be behind the one in the platform's headers."""
_RECOVERY_TIME: Final = 60.0
"""Seconds for these looks, also when the time of the operation is over."""
RECOVERY_DELAYS: Final = (0.0, 0.5, 1.0, 2.0)
"""Seconds to wait before each look at the list: a slow platform may still be storing the object."""


def create_once(kind: Kind, path: str, values: Values, session: Session) -> str:
    """Create the object by a POST to `path`; return its id.

    Raises:
        Refused: the platform said no; nothing was made.
        PlatformError: whether it was made is not known, or cannot be told; the message says what was found.
    """
    body = to_wire(kind, values)
    # The list shows no secrets, so objects that differ in nothing else count as equal: those of one name take turns.
    with session.creating(json.dumps([path, values["name"]])):
        started = time.time()
        try:
            id_ = _send(session, path, body)
            _refuse_foreign(session, id_, started)
        except Unreachable as error:
            if not error.outcome_unknown:
                raise
            with operation.limited(_RECOVERY_TIME):
                id_ = _recover(kind, values, session, started, error)
        session.remember(id_)
        return id_


def _send(session: Session, path: str, body: dict[str, Any]) -> str:
    item = session.client.create(path, body)
    if id_ := _id_of(item):
        return id_
    message = item.get("message")
    if not message:
        raise Unreachable("the platform's answer to the creation has no _id", outcome_unknown=True)
    # The platform's way to refuse with a success code (platform-api.md §4); whether it then stored nothing, it
    # does not say.
    reason = " ".join(("; ".join(map(str, message)) if isinstance(message, list) else str(message)).split())
    raise _RefusedWithSuccess(reason, outcome_unknown=True)


def _refuse_foreign(session: Session, id_: str, started: float) -> None:
    """The id of a new object is nobody's yet, and tells no time before the request."""
    made = made_at(id_)
    earliest = int(started + (session.client.clock_offset or 0.0)) - _CLOCK_SLACK
    if session.knows(id_) or (made is not None and made < earliest):
        raise Unreachable(
            f"the platform's answer to the creation names {id_}, which was there before", outcome_unknown=True
        )


class _RefusedWithSuccess(Unreachable):
    """A success code with a reason instead of an id."""


def _recover(kind: Kind, values: Values, session: Session, started: float, error: Unreachable) -> str:
    """The id of the object whose creation was not answered."""
    label = f"{values['name']!r}"
    try:
        candidates = _candidates(kind, values, session, started)
    except PlatformError as second:
        raise PlatformError(
            f"{error}. Whether the {kind.noun} was made is not known, for its list cannot be read either: {second}. "
            f"Look for {label} on the platform before the next `pulumi up`"
        ) from None
    if isinstance(error, _RefusedWithSuccess) and not candidates:
        raise Refused(str(error), status=200, reason=str(error))
    untimed = [item for item in candidates if made_at(_id_of(item)) is None]
    if len(candidates) == 1 and not untimed and not isinstance(error, _RefusedWithSuccess):
        return _id_of(candidates[0])
    if not candidates:
        raise PlatformError(
            f"{error}. The platform does not list the {kind.noun}, so it was not made, unless the platform is still at "
            f"it: look for {label} there before the next `pulumi up`"
        )
    why = "their ids do not tell when they were made" if untimed else "it cannot be told which of them is the new one"
    if isinstance(error, _RefusedWithSuccess):
        why = "the platform has refused it and yet holds what looks like it"
    raise PlatformError(
        f"{error}. None is taken of {named(kind.noun, candidates, most=len(candidates))}, for {why}. "
        "Delete what nobody needs before the next `pulumi up`"
    )


def _candidates(kind: Kind, values: Values, session: Session, started: float) -> Sequence[Item]:
    """The objects that may be the new one."""
    path = kind.collection.list_path(values.get("project_id"))
    candidates: list[Item] = []
    for delay in RECOVERY_DELAYS:
        time.sleep(delay)
        items = [item for page in session.client.pages(path) for item in page]
        ahead = session.client.clock_offset or 0.0
        earliest, latest = int(started + ahead), int(time.time() + ahead) + 1
        candidates = [
            item
            for item in {_id_of(item): item for item in items}.values()
            if not session.knows(_id_of(item))
            and _is_within(made_at(_id_of(item)), earliest, latest)
            and _is_equal(kind, item, values)
        ]
        if candidates:
            break
    return candidates


def _id_of(item: Item) -> str:
    id_ = item.get("_id")
    return id_ if isinstance(id_, str) else ""


def _is_within(second: int | None, earliest: int, latest: int) -> bool:
    return second is None or earliest <= second <= latest


def _is_equal(kind: Kind, item: Item, values: Values) -> bool:
    if kind.mismatch(item):
        return False
    shown = (field for field in kind.shown_fields if field.name in values and field.is_shown_in(item))
    return all(field.from_wire(item) == values[field.name] for field in shown)
