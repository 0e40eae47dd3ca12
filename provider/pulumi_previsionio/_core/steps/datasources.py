"""Data sources: what they name is looked up before they are made, in previews too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..kind import SOURCE_INPUTS, Shape, shape_problems
from ..values import UNKNOWN, Values
from .base import Steps
from .platform_test import run_test

if TYPE_CHECKING:
    from ..context import Context
    from ..kind import Kind


class DatasourceSteps(Steps):
    """Steps of data sources; `shapes` are those that some kind of connector serves."""

    def __init__(self, shapes: Iterable[Shape]) -> None:
        self._shapes = tuple(shapes)

    def problems(self, values: Values) -> list[str]:
        """The inputs must be one of the shapes."""
        return shape_problems(values, self._shapes)

    def look_ahead(self, kind: Kind, olds: Values, news: Values, context: Context) -> list[str]:
        """Look the source up. When its data source is about to be made, that is left to its creation.

        The engine has one resource checked after the other, but many made at once.
        """
        if not _needs_look_up(olds, news):
            return []
        is_preview = not context.session.has_written
        if is_preview or olds.get("connector_id") == news["connector_id"]:
            return context.sources.problems(news)
        context.sources.defer(news)
        return []

    def before_create(self, kind: Kind, values: Values, context: Context) -> list[str]:
        """Look up what `look_ahead` has left."""
        return context.sources.deferred_problems(values)

    def verify(self, kind: Kind, id_: str, values: Values, context: Context) -> None:
        """Have the platform read the source, unless it was seen just now or `verify_source` is off."""
        if values.get("verify_source") and not context.sources.is_verified(values):
            run_test(kind, id_, values, context, "source", is_optional=True)

    def completed_item(self, item: Mapping[str, Any], owner: Kind | None) -> Mapping[str, Any]:
        """Some clients never send which of Google's services they mean: the place says it."""
        given = {name for name in SOURCE_INPUTS if item.get(name)}
        for shape in owner.shapes if owner else ():
            if shape.g_cloud and not item.get("gCloud") and given == set(shape.inputs):
                return {**item, "g_cloud": shape.g_cloud}
        return item


def _needs_look_up(olds: Values, news: Values) -> bool:
    inputs = ("connector_id", *SOURCE_INPUTS)
    if news.get("verify_source") is not True or any(news.get(name) is UNKNOWN for name in inputs):
        return False
    return any(olds.get(name) != news.get(name) for name in inputs)
