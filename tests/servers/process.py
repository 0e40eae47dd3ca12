"""Server processes: finding a program, starting it under a guard, and waiting until it answers."""

import json
import os
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

HOST = "127.0.0.1"
"""The only address that any of the servers listens on."""

START_TIMEOUT = 60.0
"""Seconds until a server that does not answer counts as broken.  They need less than five on an idle machine."""

Result = TypeVar("Result")


class ServerError(Exception):
    """A test server could not be started.  The message holds the reason, with the end of the server's log."""


@dataclass(frozen=True)
class ServerProcess:
    """A server under its guard (see `guard.py`)."""

    name: str
    folder: Path

    def has_ended(self) -> bool:
        return (self.folder / "ended").exists()

    def log(self) -> str:
        log = self.folder / "log"
        return log.read_text(errors="replace") if log.exists() else ""

    def failure(self, what: str) -> ServerError:
        return ServerError(f"{self.name} {what}. Its log ends with:\n{self.log()[-2000:]}")


def find_program(name: str, package: str) -> str:
    """The full path of a program; also looks where Debian keeps servers, which is not on an ordinary user's PATH."""
    folders = [
        os.environ.get("PATH", ""),
        "/usr/sbin",
        "/usr/local/sbin",
        *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True),
    ]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if not found:
        raise ServerError(f"{name} is not installed: run tools/install-test-servers (Debian package {package})")
    return found


def unprivileged_user() -> tuple[int, int] | None:
    """`(uid, gid)` of nobody for servers that refuse to run as root; None for a run that is not root's anyhow."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def environment(folder: Path) -> dict[str, str]:
    """What a server gets to see: no setting of the person who runs the tests, no token, a home of its own."""
    return {
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "TMPDIR": str(folder),
    }


def run_tool(command: Sequence[str], folder: Path, user: tuple[int, int] | None = None, text: str = "") -> str:
    """Run a short-lived program that prepares a server; returns what it printed."""
    uid, gid = user or (None, None)
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(folder),
        input=text.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        user=uid,
        group=gid,
        extra_groups=None if uid is None else [],
        check=False,
    )
    output = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise ServerError(f"{Path(command[0]).name} failed with status {done.returncode}:\n{output[-2000:]}")
    return output


def make_certificate(folder: Path, user: tuple[int, int] | None = None) -> tuple[Path, Path]:
    """A certificate and its key, both PEM, of an authority that nobody knows."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    run_tool(
        [
            find_program("openssl", "openssl"),
            *("req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *(
                "-subj",
                f"/CN={HOST}",
                "-addext",
                f"subjectAltName=IP:{HOST},DNS:localhost",
                "-keyout",
                str(key),
                "-out",
                str(certificate),
            ),
        ],
        folder,
        user,
    )
    return certificate, key


def start_process(
    name: str,
    command: Sequence[str],
    folder: Path,
    owner: int,
    *,
    user: tuple[int, int] | None = None,
    stop: signal.Signals = signal.SIGKILL,
    extra_environment: Mapping[str, str] | None = None,
    leftovers: Sequence[str] = (),
) -> ServerProcess:
    """Start `command` under a guard that ends it with `owner`, the test run's pid.

    It is killed in the end unless `stop` names another signal: nothing that a test server holds is worth saving.
    """
    order = {
        "owner": owner,
        "folder": str(folder),
        "command": list(command),
        "environment": environment(folder) | dict(extra_environment or {}),
        "user": user,
        "stop": int(stop),
        "leftovers": list(leftovers),
    }
    # -I and -S: the guard needs the standard library alone, and starts in 20 ms. It is left to run after this process
    # has ended; its own session keeps a Ctrl-C at the terminal away, so that servers end after their users.
    guard = subprocess.Popen(
        [sys.executable, "-I", "-S", str(Path(__file__).with_name("guard.py")), json.dumps(order)],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    _guards.append(guard)
    return ServerProcess(name, folder)


# Referenced for as long as this process lives: a dropped Popen warns about the process that it leaves behind.
_guards: list["subprocess.Popen[bytes]"] = []


def wait_until(process: ServerProcess, attempt: Callable[[], Result], not_yet: Callable[[Exception], bool]) -> Result:
    """Repeat `attempt` until it works.

    Gives up at once when the server has ended or when the error is not one of a starting server (`not_yet` says
    so): a wait that swallowed "access denied" would only end at the deadline, and hide the reason.
    """
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            return attempt()
        except Exception as error:
            if process.has_ended():
                raise process.failure("ended while starting") from error
            if not not_yet(error):
                raise process.failure(f"is not usable: {error}") from error
            if time.monotonic() > deadline:
                raise process.failure(f"did not answer in {START_TIMEOUT:.0f} s: {error}") from error
        time.sleep(0.02)


def wait_for_port(process: ServerProcess, port: int) -> None:
    """Wait until something listens on `port`."""

    def attempt() -> None:
        socket.create_connection((HOST, port), timeout=5).close()

    wait_until(process, attempt, lambda error: isinstance(error, OSError))


_random = random.SystemRandom()  # Whoever gives all workers one seed would give all of them the same ports.


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on.

    Below the range from which the system takes the ports of outgoing connections (32768 and up), because a port
    that was just seen free there is often in use a moment later.
    """
    ports: list[int] = []
    while len(ports) < count:
        port = _random.randrange(15000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        if port not in ports:
            ports.append(port)
    return ports


def lost_its_port(error: ServerError) -> bool:
    """Did the start fail because somebody else took the port in between?  Then a second try is worth it."""
    return re.search(r"address (is )?already in use", str(error), re.IGNORECASE) is not None
