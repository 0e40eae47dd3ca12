"""How texts become parts of a URL."""

from __future__ import annotations

import urllib.parse


def quoted(segment: str) -> str:
    """A text as one segment of a path."""
    return urllib.parse.quote(segment, safe="")
