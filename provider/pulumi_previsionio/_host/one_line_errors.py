"""Show errors of this package as one line where the provider host would print a traceback.

The host of SDK 3.261 and later answers a failed call with `traceback.format_exc()`, looked up in its own module
(`pulumi.dynamic.__main__`, function `_abort_with_traceback`; pulumi/pulumi#24465). Replacing that name there leaves
every other exception as it was, in every other module. Older hosts print one line by themselves; a host that looks
different in the future prints its traceback, and nothing breaks.
"""

from __future__ import annotations

import sys
import traceback
import types

from .._errors import PrevisionError


def show_errors_as_one_line() -> None:
    """Do it in a provider host; elsewhere do nothing."""
    host = sys.modules.get("__main__")
    if host is not None and getattr(host, "traceback", None) is traceback:
        host.traceback = types.SimpleNamespace(format_exc=_format)  # type: ignore[attr-defined]


def _format() -> str:
    error = sys.exc_info()[1]
    return str(error) if isinstance(error, PrevisionError) else traceback.format_exc()
