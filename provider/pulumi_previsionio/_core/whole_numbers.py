"""The engine turns every number into a float."""

from __future__ import annotations

from typing import Any


def with_whole_numbers(value: Any) -> Any:
    """The value with whole floats made integers again, also inside lists and dicts."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [with_whole_numbers(item) for item in value]
    if isinstance(value, dict):
        return {key: with_whole_numbers(item) for key, item in value.items()}
    return value
