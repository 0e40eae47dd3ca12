"""One test run and the servers that it shares.

All workers of a run use the same servers: the first that needs one starts it, under a lock, and writes its
description (address, credentials) as JSON into the run's folder; the others read that.  The servers end with the run:
in order through `stop`, else through their guards (`guard.py`).
"""

import dataclasses
import json
import os
import secrets
import select
import shutil
import signal
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock

from tests.servers.process import ServerError, lost_its_port

Server = TypeVar("Server")

STOP_TIMEOUT = 15.0


@dataclass(frozen=True)
class ServerRun:
    """Where the servers of one run live, and the process whose end is theirs."""

    folder: Path
    """Made when the first server starts."""

    owner: int
    """The pid of the process that pytest was started as: with pytest-xdist not the worker's own."""

    @classmethod
    def of_this_process(cls) -> "ServerRun":
        return cls(_temporary_folder() / f"previsionio-servers-{secrets.token_hex(8)}", os.getpid())

    def get(self, kind: type[Server], start: Callable[["ServerRun"], Server]) -> Server:
        """The server described by dataclass `kind`; made by `start`, unless another worker has made it already."""
        name = kind.__name__
        self._make_folder()
        description = self.folder / f"{name}.json"
        with FileLock(self.folder / f"{name}.lock"):
            if not description.exists():
                unfinished = description.with_suffix(".new")
                unfinished.touch(mode=0o600)  # it holds passwords
                unfinished.write_text(json.dumps(_start(start, self)))
                unfinished.rename(description)
            found: dict[str, Any] = json.loads(description.read_text())
        if "error" in found:
            raise ServerError(found["error"])
        return kind(**found["server"])

    def new_folder(self, name: str) -> Path:
        """A folder for one process.  Never used twice: what a killed worker left half-made stays alone."""
        self._make_folder()
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))
        folder.chmod(0o711)
        return folder

    def stop(self) -> None:
        """End all servers and remove the folder.  For the owner, at the end of the run."""
        guards = [guard for path in self.folder.glob("*/guard.pid") if (guard := _guard_of(path)) is not None]
        for guard in guards:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(guard, signal.SIGTERM)
        for guard in guards:
            ended = select.poll()
            ended.register(guard, select.POLLIN)
            ended.poll(STOP_TIMEOUT * 1000)
            os.close(guard)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make_folder(self) -> None:
        with suppress(FileExistsError):
            self.folder.mkdir(mode=0o711)
        if self.folder.stat().st_uid != os.geteuid():
            raise ServerError(f"{self.folder} belongs to somebody else")


def _temporary_folder() -> Path:
    """A folder for temporary files; for root one that nobody, the user of servers that refuse to be root's, can enter.

    So it is not pytest's own, and not that of a TMPDIR below root's home.
    """
    folder = Path(tempfile.gettempdir()).resolve()
    enterable = all(part.stat().st_mode & stat.S_IXOTH for part in (folder, *folder.parents))
    return folder if enterable or os.geteuid() != 0 else Path("/tmp")


def _start(start: Callable[[ServerRun], Any], run: ServerRun) -> dict[str, Any]:
    """A failure is part of the description: the other workers need not wait for the same failure again."""
    try:
        try:
            server = start(run)
        except ServerError as error:
            if not lost_its_port(error):
                raise
            server = start(run)
    except ServerError as error:
        return {"error": str(error)}
    return {"server": dataclasses.asdict(server)}


def _guard_of(path: Path) -> int | None:
    """A descriptor of the guard's process, so that a signal can not hit a stranger who got its number later."""
    try:
        pid = int(path.read_text())
        guard = os.pidfd_open(pid)
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (ValueError, OSError):
        return None
    if str(path.parent).encode() in command:
        return guard
    os.close(guard)
    return None
