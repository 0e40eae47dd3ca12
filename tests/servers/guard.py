"""Runs one server for exactly as long as a test run lives.  Used as a script, standard library only.

    python guard.py '{"owner": 4711, "folder": "/tmp/…/postgresql-1", "command": ["postgres", …], …}'

The guard is the server's parent.  It ends the server, and removes the server's folder, when it gets SIGTERM (the
orderly end of a run) or when the owner, the process that pytest was started as, is gone in whatever way (SIGKILL, a
closed terminal, a crash).  Should the guard itself be killed, the kernel ends the server (PR_SET_PDEATHSIG), so
that nothing is left running in any case.

A guard per server, and not a thread or a hook inside pytest, because workers of pytest-xdist come and go while the
servers they started are used by other workers, and because nothing inside a killed pytest can clean up.

Order, one JSON object:

* `owner`: pid whose end is the end of the server.
* `folder`: the server's folder; gets `guard.pid`, `log` (what the server prints) and `ended` (its exit status, if it
  ends by itself).
* `command`, `environment`: of the server.
* `user`: `[uid, gid]` to run it as, or null for the guard's own.
* `stop`: number of the signal that asks the server to end; what is left five seconds later is killed.
* `leftovers`: glob patterns of files that the server leaves in /tmp.
"""

import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

PATIENCE = 5.0


def main() -> None:
    order: dict[str, Any] = json.loads(sys.argv[1])
    folder = Path(order["folder"])
    stop_requests, stop_requested = os.pipe()
    signal.signal(signal.SIGTERM, lambda *_: os.write(stop_requested, b"."))
    try:
        owner = os.pidfd_open(order["owner"])
    except ProcessLookupError:
        remove(folder, order["leftovers"])
        return
    (folder / "guard.pid").write_text(str(os.getpid()))

    with (folder / "log").open("a") as log:
        server = start(order, log)
    if server:
        poll = select.poll()
        for descriptor in (owner, stop_requests, os.pidfd_open(server.pid)):
            poll.register(descriptor, select.POLLIN)
        poll.poll()
        if server.poll() is not None:
            (folder / "ended").write_text(str(server.returncode))
    else:
        (folder / "ended").write_text("not started")

    # A server that ended by itself leaves its log for whoever waits for it: its folder stays until the run ends.
    poll = select.poll()
    for descriptor in (owner, stop_requests):
        poll.register(descriptor, select.POLLIN)
    poll.poll()
    if server:
        end(server, order["stop"])
    remove(folder, order["leftovers"])


def start(order: dict[str, Any], log: TextIO) -> "subprocess.Popen[bytes] | None":
    uid, gid = order["user"] or (None, None)
    try:
        return subprocess.Popen(
            order["command"],
            cwd=order["folder"],
            env=order["environment"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
            start_new_session=True,
            preexec_fn=die_with_the_guard,
        )
    except OSError as error:
        print(error, file=log)
        return None


def die_with_the_guard() -> None:
    """In the server, before it starts.  Safe here: the guard has one thread, which lives as long as the guard."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def end(server: "subprocess.Popen[bytes]", stop: int) -> None:
    if server.poll() is None:
        server.send_signal(stop)
        with suppress(subprocess.TimeoutExpired):
            server.wait(PATIENCE)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)  # its own session: also ends children that outlived it
    server.wait()


def remove(folder: Path, leftovers: list[str]) -> None:
    for pattern in leftovers:
        for path in Path("/tmp").glob(pattern):
            path.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    run = folder.parent
    if run.exists() and not any(entry.is_dir() for entry in run.iterdir()):
        shutil.rmtree(run, ignore_errors=True)  # the last guard of a killed run takes the descriptions away, too


if __name__ == "__main__":
    main()
