"""The run of a program that is going on: is it a test with mocks, and has it made resources yet?

With the Automation API one process runs many programs, each with a monitor of its own.
"""

from __future__ import annotations

import weakref
from typing import Any

import pulumi

from .._core.context import Context
from .._platform.session import new_session
from .._platform.settings import Settings


def is_mocked() -> bool:
    """Whether the program runs under `pulumi.runtime.set_mocks`."""
    from pulumi.runtime.mocks import MockMonitor

    return isinstance(_monitor(), MockMonitor)


def note_resource() -> None:
    """The program makes a resource: what its lookups have read is no longer all there is."""
    if (monitor := _monitor()) is not None:
        _contexts[monitor] = None


def context_of_this_run(settings: Settings) -> Context:
    """What one run of a program has read serves all its lookups, until it makes resources."""
    monitor = _monitor()
    contexts = _contexts.setdefault(monitor, {}) if monitor is not None else None
    if contexts is None:
        return new_context(settings)
    if settings not in contexts:
        contexts[settings] = new_context(settings)
    return contexts[settings]


def new_context(settings: Settings) -> Context:
    """A context that has read nothing yet: what is asked later may have been made by this very run."""
    return Context(settings, new_session(settings))


def _monitor() -> Any:
    return pulumi.runtime.settings.get_monitor()


_contexts: weakref.WeakKeyDictionary[object, dict[Settings, Context] | None] = weakref.WeakKeyDictionary()
"""By monitor; None once the run has made a resource."""
