"""The engine is not told of each step that the SDK takes to register a resource.

For every resource the SDK sends four messages of what it is about to do and has done (`log.debug` in
`pulumi/runtime/resource.py` and `rpc_manager.py`). Each is a call that the whole program waits for, and that the engine
makes events of which `--debug` alone shows: a quarter of what a program of many resources and its engine compute. Most
others of its kind the SDK keeps for who sets its `excessive_debug_output` (pulumi/pulumi#7295); so do these here, for
resources of this package. What a program or other packages tell, and failures, are told as ever. It would end with an
SDK that does the same; one that words them otherwise sends them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from pulumi.runtime import resource, rpc_manager, settings

_STEPS: Final = (
    "registering resource: ",
    "reading resource: ",
    "beginning rpc re",  # "register resource", "read resource"
    "resource registration prepared: ",
    "read prepared: ",
    "resource registration successful: ",
    "resource read successful: ",
)

_is_ours: ContextVar[bool] = ContextVar("is_ours", default=False)
"""What runs is the registration of a resource of this package, in whatever task of the event loop."""


@contextmanager
def registration_without_steps() -> Iterator[None]:
    """Around the SDK's constructor of a resource: its steps, in the tasks that it begins too, are not told."""
    token = _is_ours.set(True)
    try:
        yield
    finally:
        _is_ours.reset(token)


class _Log:
    """In place of the module `pulumi.log`, for the SDK itself."""

    def __init__(self, log: Any) -> None:
        self._log = log

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def debug(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Tell what is no mere step."""
        is_wanted = getattr(settings, "excessive_debug_output", False)
        if is_wanted or not _is_ours.get() or not msg.startswith(_STEPS):
            self._log.debug(msg, *args, **kwargs)


def leave_out_steps() -> None:
    """Do it in this process, for what `registration_without_steps` is put around."""
    for module in (resource, rpc_manager):
        log = getattr(module, "log", None)
        if log is not None and not isinstance(log, _Log):
            module.log = _Log(log)  # type: ignore[attr-defined]
