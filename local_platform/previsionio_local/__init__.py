"""A Prevision.io platform on this machine, for development and tests.

`with LocalPlatform() as platform:` runs one inside this process; the command `previsionio-local` runs one for itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .in_process import LocalPlatform

__all__ = ["LocalPlatform"]


def __getattr__(name: str) -> object:
    # The web framework and the database are imported when they are needed.
    if name == "LocalPlatform":
        from .in_process import LocalPlatform

        return LocalPlatform
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
