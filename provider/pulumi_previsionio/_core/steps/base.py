"""The steps at which kinds of objects differ; what most of them do stands here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..context import Context
    from ..kind import Kind
    from ..values import Values


class Steps:
    """What the lifecycle leaves to the kind of object. It never asks which kind it has."""

    def problems(self, values: Values) -> list[str]:
        """What is wrong with the inputs together, each for itself being right. Asks nobody."""
        return []

    def look_ahead(self, kind: Kind, olds: Values, news: Values, context: Context) -> list[str]:
        """What the platform would refuse, found before anything is made or changed; part of `check`."""
        return []

    def before_create(self, kind: Kind, values: Values, context: Context) -> list[str]:
        """What stands in the way of a creation that is about to be made."""
        return []

    def creation_path(self, kind: Kind, values: Values) -> str:
        """Where the object is made."""
        return kind.collection.list_path(values.get("project_id"))

    def verify(self, kind: Kind, id_: str, values: Values, context: Context) -> Mapping[str, Any] | None:
        """See that an object works that was just made or changed. Returns the platform's object if it had to be read.

        Raises:
            PlatformError: it does not; what was done is taken back.
        """
        return None

    def begin_update(self, id_: str, context: Context) -> None:
        """The object is going to be changed in place: what is known through it is about to become void."""

    def end_update(self, id_: str, context: Context) -> None:
        """The object was changed in place, or may have been."""

    def before_delete(self, kind: Kind, id_: str, values: Values, context: Context) -> None:
        """Clear the way of a deletion.

        Raises:
            PlatformError: others still need the object.
        """

    def is_kept_on_delete(self, kind: Kind, id_: str, values: Values, context: Context) -> bool:
        """Whether the object stays on the platform although no stack holds it any more."""
        return False

    def late_inputs(self, kind: Kind, values: Values, context: Context) -> Values:
        """What a refresh adds to the inputs of an object that an earlier version made."""
        return {}

    def completed_item(self, item: Mapping[str, Any], owner: Kind | None) -> Mapping[str, Any]:
        """The platform's object with what some clients leave out; `owner` is the kind of its connector, if known."""
        return item
