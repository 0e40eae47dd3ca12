"""A program looks at the outputs' types of a class once, and not for each of its resources.

`resource_types` (`pulumi/_types.py`) reads the annotations of a class after each registration, which takes as long as
all else that the engine's answer leads to. What it finds depends on the class alone. It would end with an SDK that
remembers it; one without that function is left as it is.
"""

from __future__ import annotations

import functools

from pulumi import _types


def remember_output_types() -> None:
    """Do it in this process."""
    find = getattr(_types, "resource_types", None)
    if find is not None and not hasattr(find, "cache_info"):
        _types.resource_types = functools.cache(find)
