"""What runs for a stack: the command, its plugins and their children, wherever they stand in the tree."""

import contextlib
import os
from pathlib import Path

from tests.engine.pulumi_cli import Stack, kill_session


def processes_of(stack: Stack) -> dict[int, str]:
    """Process id → command line, its words separated by NUL."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"PULUMI_HOME={stack.home}/pulumi\0".encode() in (folder / "environ").read_bytes():
                found[int(folder.name)] = (folder / "cmdline").read_text()
    return found


def end_all(stack: Stack) -> None:
    """Kill them, and return when they are dead."""
    for pid in processes_of(stack):
        with contextlib.suppress(OSError):
            kill_session(os.getsid(pid))
