"""What the operations of one process share, for one set of settings."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from .._platform.session import Session, shared_session
from .._platform.settings import Settings
from .engine_memory import EngineMemory
from .kinds import source_misfit
from .source_verification import SourceVerifier

Blocking = Callable[[], AbstractContextManager[None]]
"""Put around long waits: a caller that has few threads lends the place of the one that waits to another."""


class Context:
    """Settings, the session with the platform that they name, and what is remembered between the engine's calls."""

    def __init__(self, settings: Settings, session: Session | None = None, blocking: Blocking | None = None) -> None:
        self.settings: Final = settings
        self.memory: Final = EngineMemory()
        self.blocking: Final[Blocking] = blocking or contextlib.nullcontext
        self._session = session
        self._sources: SourceVerifier | None = None
        self._lock = threading.Lock()

    @property
    def session(self) -> Session:
        """The session with the platform.

        Raises:
            SettingsError: the settings name none.
        """
        if self._session is None:
            self._session = shared_session(self.settings)
        return self._session

    @property
    def sources(self) -> SourceVerifier:
        """What tells whether sources are there.

        Raises:
            SettingsError: the settings name no platform.
        """
        session = self.session
        with self._lock:
            if self._sources is None:
                self._sources = SourceVerifier(session, self.blocking, source_misfit)
            return self._sources


_contexts: dict[Settings, Context] = {}
_contexts_lock = threading.Lock()


def shared_context(settings: Settings, blocking: Blocking | None = None) -> Context:
    """The context for these settings, one for the whole process; the first caller says what is `blocking`."""
    with _contexts_lock:
        if settings not in _contexts:
            _contexts[settings] = Context(settings, blocking=blocking)
        return _contexts[settings]
