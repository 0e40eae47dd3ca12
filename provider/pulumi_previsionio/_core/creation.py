"""Make an object once, also when the answer to its creation is lost.

The platform may have stored the object although its answer was cut, timed out, was a 408 or a 5xx, or names no id.
Sending the creation again would make a second one. So the list is asked: exactly one object that is equal in every
field the platform shows, made when the request was sent, and whose id this process has never met as somebody's, is
ours, if two looks find the same and nobody else is making equal ones. Everything else is an error that names what was
found: what cannot be told apart is not taken.

The first eight of an id's 24 hex digits are the second in which the platform made the object; its `Date` header
says how its clock stands to ours. What is left: a creation that never arrives, while somebody else makes their first
equal object in the very seconds in which ours was sent. Nothing that the platform shows tells that object from ours.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from .._errors import PlatformError, Refused, Unreachable
from .._platform import operation
from .._platform.session import Session
from .kind import Kind
from .values import Values, to_wire
from .wording import made_at, named

if TYPE_CHECKING:
    from .._platform.client import Sending

Item = dict[str, Any]

_STORING: Final = 10
"""Seconds that the platform may take to store an object. What is made later may be somebody else's: a request without
an answer is given up after a minute, and others work meanwhile."""
_AT_WORK: Final = 600
"""Seconds before the request. Who has made an equal object as late as that may be about to make another."""
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
    from .._platform.client import Sending  # an HTTP library comes with it, which previews do without

    body, sending = to_wire(kind, values), Sending()
    # The list shows no secrets, so objects that differ in nothing else count as equal: those of one name take turns.
    with session.creating(json.dumps([path, values["name"]])):
        try:
            id_ = _send(session, path, body, sending)
            _refuse_foreign(session, id_, sending.at)
        except Unreachable as error:
            if not error.outcome_unknown:
                raise
            with operation.limited(_RECOVERY_TIME):
                id_ = _recover(kind, values, session, sending.at, error)
        session.remember(id_)
        return id_


def _send(session: Session, path: str, body: dict[str, Any], sending: Sending) -> str:
    item = session.client.create(path, body, sending)
    if id_ := _id_of(item):
        return id_
    message = item.get("message")
    if not message:
        raise Unreachable("the platform's answer to the creation has no _id", outcome_unknown=True)
    # The platform's way to refuse with a success code (platform-api.md §4); whether it then stored nothing, it
    # does not say.
    reason = " ".join(("; ".join(map(str, message)) if isinstance(message, list) else str(message)).split())
    raise _RefusedWithSuccess(reason, outcome_unknown=True)


def _refuse_foreign(session: Session, id_: str, sent: float) -> None:
    """The id of a new object is nobody's yet, and tells no time before the request."""
    made = made_at(id_)
    earliest = int(sent + (session.client.clock_offset or 0.0)) - _CLOCK_SLACK
    if session.knows(id_) or (made is not None and made < earliest):
        raise Unreachable(
            f"the platform's answer to the creation names {id_}, which was there before", outcome_unknown=True
        )


class _RefusedWithSuccess(Unreachable):
    """A success code with a reason instead of an id."""


def _recover(kind: Kind, values: Values, session: Session, sent: float, error: Unreachable) -> str:
    """The id of the object whose creation was not answered."""
    label = f"{values['name']!r}"
    try:
        found = _look(kind, values, session, sent)
    except PlatformError as second:
        raise PlatformError(
            f"{error}. Whether the {kind.noun} was made is not known, for its list cannot be read either: {second}. "
            f"Look for {label} on the platform before the next `pulumi up`"
        ) from None
    if isinstance(error, _RefusedWithSuccess) and not found.candidates:
        raise Refused(str(error), status=200, reason=str(error))
    if not found.candidates and not found.late:
        raise PlatformError(
            f"{error}. The platform does not list the {kind.noun}, so it was not made, unless the platform is still at "
            f"it: look for {label} there before the next `pulumi up`"
        )
    if why := _doubt(found, error):
        unclear = [*found.candidates, *found.late, *found.early]
        raise PlatformError(
            f"{error}. None is taken, for {why}. Before the next `pulumi up` delete what nobody needs of "
            f"{named(kind.noun, unclear, most=len(unclear))}"
        )
    return _id_of(found.candidates[0])


def _doubt(found: _Found, error: Unreachable) -> str | None:
    """Why none of the candidates can be taken; None when there is one, and it is ours."""
    if isinstance(error, _RefusedWithSuccess):
        return "the platform has refused it and yet holds what looks like it"
    if any(made_at(_id_of(item)) is None for item in found.candidates):
        return "their ids do not tell when they were made"
    if len(found.candidates) > 1:
        return "it cannot be told which of them is the new one"
    if not found.candidates:
        return f"what is made more than {_STORING} s after the request may be somebody else's"
    if found.late or found.early:
        return "somebody else makes equal ones, so it cannot be told which of them is the new one"
    return None


@dataclasses.dataclass
class _Found:
    """Equal objects that this process has not met: made when the new one was, later, and not long before."""

    candidates: list[Item] = dataclasses.field(default_factory=list)
    late: list[Item] = dataclasses.field(default_factory=list)
    early: list[Item] = dataclasses.field(default_factory=list)


def _look(kind: Kind, values: Values, session: Session, sent: float) -> _Found:
    """What the list holds, until two looks find the same: another creation may still be on its way to being stored."""
    path = kind.collection.list_path(values.get("project_id"))
    found = _Found()
    for delay in RECOVERY_DELAYS:
        time.sleep(delay)
        items = {_id_of(item): item for page in session.client.pages(path) for item in page}
        equal = [item for id_, item in items.items() if not session.knows(id_) and _is_equal(kind, item, values)]
        before, found = found, _sorted_by_time(equal, int(sent + (session.client.clock_offset or 0.0)))
        if found.candidates and found == before:
            break
    return found


def _sorted_by_time(items: Sequence[Item], earliest: int) -> _Found:
    """`earliest` is the second, by the platform's clock, in which the request was sent."""
    found = _Found()
    for item in items:
        made = made_at(_id_of(item))
        if made is None or earliest <= made <= earliest + _STORING:
            found.candidates.append(item)
        elif made > earliest:
            found.late.append(item)
        elif made >= earliest - _AT_WORK:
            found.early.append(item)
    return found


def _id_of(item: Item) -> str:
    id_ = item.get("_id")
    return id_ if isinstance(id_, str) else ""


def _is_equal(kind: Kind, item: Item, values: Values) -> bool:
    if kind.mismatch(item):
        return False
    shown = (field for field in kind.shown_fields if field.name in values and field.is_shown_in(item))
    return all(field.from_wire(item) == values[field.name] for field in shown)
