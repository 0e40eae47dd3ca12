"""Phrases that several messages share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .._errors import Refused

_NAMED: Final = 5
_NEAREST: Final = 3


def named(noun: str, items: Sequence[Mapping[str, Any]], most: int = _NAMED) -> str:
    """`2 data sources: 'orders' (5f2c…), 'customers' (5f2d…)`, the first few by name, at most that many."""
    names = ", ".join(f"{item.get('name')!r} ({item.get('_id')})" for item in items[:most])
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return f"{len(items)} {noun}{'s' if len(items) > 1 else ''}: {names}{more}"


def in_the_way(noun: str) -> str:
    """What to do about objects that stand in the way of deleting a `noun`.

    A run with --target, or a resource with `deleted_with`, leaves out what the stack holds as well: deleting that by
    hand or by force would make things worse.
    """
    return (
        "which this run does not delete. What the stack holds goes along when you run Pulumi without --target; "
        "delete the rest first, or set force_destroy=True and run `pulumi up`, so that all of it is deleted with the "
        f"{noun}"
    )


def nearest(wanted: str, names: Sequence[str]) -> list[str]:
    """The names that are spelt most like the wanted one, the nearest first, and never itself."""
    import difflib  # takes long to import, and what goes well needs none of it

    others = [name for name in dict.fromkeys(names) if name != wanted]
    by_lower: dict[str, list[str]] = {}
    for name in others:
        by_lower.setdefault(name.lower(), []).append(name)
    close = difflib.get_close_matches(wanted.lower(), by_lower, n=_NEAREST)
    return [name for lower in close for name in by_lower[lower]][:_NEAREST]


def did_you_mean(names: Sequence[str]) -> str:
    """The question `Did you mean 'customers' or 'custom'?`."""
    return f"Did you mean {' or '.join(map(repr, names[:_NEAREST]))}?"


def format_refusal(error: Refused) -> str:
    """The platform's reason; the input that is wrong and the nearest names, where it tells them."""
    names_field = not error.field or error.reason.startswith(f"{error.field} ")
    reason = error.reason if names_field else f"{error.field}: {error.reason}"
    return f"{reason}. {did_you_mean(error.candidates)}" if error.candidates else reason


def with_article(noun: str) -> str:
    """`an SQL connector`, `a GCP connector`: as the letters are spoken."""
    return f"{'an' if noun[0].upper() in 'AEFHILMNORSX' else 'a'} {noun}"


def made_at(id_: str) -> int | None:
    """The second since 1970 in which the platform made the object of this id; None when the id does not tell.

    The first eight of an id's 24 hexadecimal digits say it (platform-api.md §3).
    """
    try:
        return int(id_[:8], 16) if len(id_) == 24 else None
    except ValueError:
        return None
