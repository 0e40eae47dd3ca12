"""The machine under the benchmark: what it is, is it idle, what else runs, how much memory do our processes take.

All from /proc, so Linux only; elsewhere nothing is waited for and nothing is known.
"""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

IDLE: Final = 0.1
"""Part of the machine's time that others may use while it still counts as idle."""
_LOOK: Final = 0.5
_SAMPLE: Final = 0.25
_WORTH_TELL: Final = 0.02
_PROVIDERS: Final = ("pulumi.dynamic", "pulumi-resource-previsionio", "terraform-provider-")
"""What the command of a process with a provider contains."""
_TICKS: Final = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def facts() -> dict[str, Any]:
    """What figures are measured on."""
    return {
        "processor": _first("/proc/cpuinfo", "model name") or platform.machine(),
        "processors": os.cpu_count(),
        "memory": _first("/proc/meminfo", "MemTotal"),
        "system": f"{platform.system()} {platform.release()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def _first(file: str, name: str) -> str:
    with suppress(OSError):
        for line in Path(file).read_text().splitlines():
            if line.startswith(name):
                return line.partition(":")[2].strip()
    return ""


def wait_until_idle(longest: float) -> float:
    """Wait until hardly anything runs, `longest` seconds at most; returns how busy the machine still is (0 to 1)."""
    deadline = time.monotonic() + longest
    while True:
        busy = _busy()
        if busy <= IDLE or time.monotonic() >= deadline:
            return busy


def _busy() -> float:
    before = _times()
    time.sleep(_LOOK)
    after = _times()
    total = sum(after) - sum(before)
    idle = (after[3] + after[4] - before[3] - before[4]) if total else 0
    return 1 - idle / total if total else 0.0


def _times() -> list[int]:
    with suppress(OSError):
        return [int(text) for text in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return [0] * 8


@dataclass(frozen=True)
class Process:
    """One line of /proc."""

    pid: int
    name: str
    parent: int
    session: int
    ticks: int


def processes() -> Iterator[Process]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            front, _, rest = stat.read_text().rpartition(")")
            fields = rest.split()
            yield Process(
                pid=int(stat.parent.name),
                name=front.partition("(")[2],
                parent=int(fields[1]),
                session=int(fields[3]),
                ticks=int(fields[11]) + int(fields[12]),
            )


@dataclass
class Watched:
    """What was seen while something ran."""

    cli_memory: int = 0
    """Most memory that the command, `pulumi` or `tofu`, held, in bytes."""
    host_memory: int = 0
    """Most memory that the process with the provider held, in bytes."""
    others: dict[str, float] = field(default_factory=dict)
    """Name → part of one processor used by foreign processes that used more than a trifle."""


@contextmanager
def watched() -> Iterator[Watched]:
    """Look on while a child of this process runs in a session of its own; all is known when the block ends."""
    seen = Watched()
    done = threading.Event()
    before = {process.pid: process.ticks for process in processes()}
    started = time.monotonic()
    watcher = threading.Thread(target=_watch, args=(seen, done))
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()
        seconds = time.monotonic() - started
        own = os.getsid(0)
        for process in processes():
            part = (process.ticks - before.get(process.pid, 0)) / _TICKS / seconds
            if process.session != own and part > _WORTH_TELL:
                seen.others[process.name] = seen.others.get(process.name, 0.0) + part


def _watch(seen: Watched, done: threading.Event) -> None:
    while not done.wait(_SAMPLE):
        found = list(processes())
        sessions = {
            process.pid for process in found if process.parent == os.getpid() and process.session == process.pid
        }
        for process in found:
            if process.session in sessions:
                command = _command(process.pid)
                if process.name in ("pulumi", "tofu"):
                    seen.cli_memory = max(seen.cli_memory, _peak(process.pid))
                elif any(part in command for part in _PROVIDERS):
                    seen.host_memory = max(seen.host_memory, _peak(process.pid))


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    return ""


def _peak(pid: int) -> int:
    with suppress(OSError, ValueError, IndexError):
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    return 0
