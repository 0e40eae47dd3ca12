"""Background processes that outlive the command that starts them, and are found again by the next one.

A service holds a lock on its pid file for as long as it lives: the lock is taken before the start, inherited by the
process, and let go by the kernel when the process ends. So a locked file means that the pid in it is still ours,
with no chance that the number has passed to somebody else's process.
"""

import fcntl
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

START_TIMEOUT = 30.0
STOP_TIMEOUT = 10.0


class ServiceError(Exception):
    """A service that does not start, or does not stop; the message is one line for the person at the terminal."""


@dataclass(frozen=True)
class Service:
    """One background process.

    `folder` gets `NAME.pid`, `NAME.port` and `NAME.log`. `command` makes the command line for a port. `environment`
    is the process's whole environment. `answers` says whether the process serves on its port yet.
    """

    name: str
    folder: Path
    command: Callable[[int], Sequence[str]]
    environment: Mapping[str, str]
    answers: Callable[[int], bool]

    @property
    def port(self) -> int:
        """The port, chosen once: what a stack has recorded stays true after a restart."""
        file = self.folder / f"{self.name}.port"
        if not file.exists():
            file.write_text(f"{free_port()}\n")
        return int(file.read_text())

    def ensure(self) -> bool:
        """Starts the process unless it runs, waits until it answers, and says whether it was started."""
        with self._pid_file().open("a+") as pid_file:
            started = _lock(pid_file.fileno())
            process = self._start(pid_file.fileno()) if started else None
        self._wait_until_it_answers(process)
        return started

    def stop(self) -> bool:
        """Stops the process if it runs, and says whether it did."""
        if not self._pid_file().exists():
            return False
        with self._pid_file().open("r+") as pid_file:
            if _lock(pid_file.fileno()):
                return False
            pid = int(pid_file.read())
            for number in (signal.SIGTERM, signal.SIGKILL):
                os.kill(pid, number)
                deadline = time.monotonic() + STOP_TIMEOUT
                while time.monotonic() < deadline:
                    if _lock(pid_file.fileno()):
                        self._pid_file().unlink()
                        return True
                    time.sleep(0.05)
        raise ServiceError(f"{self.name}: process {pid} does not end")

    def _start(self, lock: int) -> "subprocess.Popen[bytes]":
        with self._log_file().open("wb") as log:
            process = subprocess.Popen(  # noqa: S603
                self.command(self.port),
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[lock],
                start_new_session=True,
            )
        self._pid_file().write_text(f"{process.pid}\n")
        return process

    def _wait_until_it_answers(self, process: "subprocess.Popen[bytes] | None") -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while not self.answers(self.port):
            if process and process.poll() is not None:
                raise ServiceError(f"{self.name}: did not start on port {self.port}: {self._last_words()}")
            if time.monotonic() > deadline:
                raise ServiceError(f"{self.name}: no answer on port {self.port}; its log is {self._log_file()}")
            time.sleep(0.05)

    def _last_words(self) -> str:
        lines = self._log_file().read_text(errors="replace").strip().splitlines()
        return f"{lines[-1] if lines else 'it printed nothing'} (whole log: {self._log_file()})"

    def _pid_file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    def _log_file(self) -> Path:
        return self.folder / f"{self.name}.log"


def free_port() -> int:
    """A port below those that systems hand to outgoing connections, so that it is free again after a restart."""
    for port in random.sample(range(20000, 32000), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ServiceError("no free port between 20000 and 32000")


def _lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
