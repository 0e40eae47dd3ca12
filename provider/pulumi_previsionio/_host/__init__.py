"""Workarounds for Pulumi's dynamic provider host and for its programs. Each says what would end it.

Known to `_dynamic` and `_resources` alone; nothing here knows what a connector is.
"""

from __future__ import annotations

from .one_line_errors import show_errors_as_one_line
from .thread_pool import managed_blocking, widen

__all__ = ["install", "managed_blocking"]


def install(*, threads: int) -> None:
    """Prepare the provider host that runs the caller; elsewhere do nothing."""
    show_errors_as_one_line()
    widen(threads)
