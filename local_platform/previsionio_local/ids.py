"""Identifiers: 24 hex digits, the first eight of them the time of creation in seconds since 1970."""

from __future__ import annotations

import itertools
import secrets
import time

_process = secrets.token_hex(5)
_counter = itertools.count(secrets.randbelow(1 << 20))


def new_id() -> str:
    """Return an identifier that is unique on this platform."""
    return f"{int(time.time()):08x}{_process}{next(_counter) & 0xFFFFFF:06x}"
