"""Sign-in of browsers: a link with a code that works once, then a session that only a cookie knows."""

from __future__ import annotations

import secrets
import time
from http.cookies import CookieError, SimpleCookie

LINK_SECONDS = 3600.0
SESSION_SECONDS = 12 * 3600.0

_KEPT = 100


class SignIns:
    """The codes that were given out, and the sessions that were begun with one. A restart ends them all."""

    def __init__(self) -> None:
        self._codes: dict[str, float] = {}
        self._sessions: dict[str, float] = {}

    def new_code(self) -> str:
        """Return a code that begins one session."""
        return _add(self._codes, LINK_SECONDS)

    def begin(self, code: str) -> str | None:
        """Return a new session for a code, which is of no use from then on; None if it already was."""
        if self._codes.pop(code, 0.0) < time.monotonic():
            return None
        return _add(self._sessions, SESSION_SECONDS)

    def holds(self, session: str | None) -> bool:
        """Whether a session has begun and not ended."""
        return session is not None and self._sessions.get(session, 0.0) >= time.monotonic()

    def end(self, session: str | None) -> None:
        """End a session."""
        if session is not None:
            self._sessions.pop(session, None)


def cookie_name(port: int) -> str:
    """Return the name of the cookie: browsers do not tell the ports of a host apart, and each may have a platform."""
    return f"previsionio-local-{port}"


def session_of(cookies: list[str], port: int) -> str | None:
    """Return the session that `Cookie` headers name."""
    try:
        jar = SimpleCookie("; ".join(cookies))
    except CookieError:
        return None
    found = jar.get(cookie_name(port))
    return found.value if found else None


def _add(kept: dict[str, float], seconds: float) -> str:
    # The oldest make room, so that asking for links fills no memory.
    while len(kept) >= _KEPT:
        kept.pop(next(iter(kept)))
    added = secrets.token_urlsafe(32)
    kept[added] = time.monotonic() + seconds
    return added
