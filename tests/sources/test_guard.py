"""Test servers end with the test run, in whatever way it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.process import ServerError, start_process, wait_for_port
from tests.servers.run import ServerRun

RUN_WITH_ONE_SERVER = """
import sys, time
from pathlib import Path
from tests.servers.process import start_process
from tests.servers.run import ServerRun

run = ServerRun(Path(sys.argv[1]), __import__("os").getpid())
# A server with a child that ignores requests to end.
script = "trap '' TERM; sh -c 'trap \\"\\" TERM; echo $$ >child; sleep 60' & echo $$ >server; wait"
start_process("sleeper", ["/bin/sh", "-c", script], run.new_folder("sleeper"), run.owner)
time.sleep(60)
"""


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_servers_end_with_a_killed_run(tmp_path: Path, end: signal.Signals) -> None:
    folder = tmp_path / "run"
    owner = subprocess.Popen([sys.executable, "-c", RUN_WITH_ONE_SERVER, folder], stderr=subprocess.DEVNULL)
    wait_for(lambda: all(any(path.read_text() for path in folder.glob(f"*/{name}")) for name in ("server", "child")))
    pids = [int(next(folder.glob(f"*/{name}")).read_text()) for name in ("server", "child", "guard.pid")]
    assert all(is_running(pid) for pid in pids)

    owner.send_signal(end)
    owner.wait()
    wait_for(lambda: not folder.exists() and not any(is_running(pid) for pid in pids))


def test_servers_end_in_order(tmp_path: Path) -> None:
    run = ServerRun(tmp_path / "run", os.getpid())
    process = start_process("sleeper", ["/bin/sh", "-c", "echo $$ >server; sleep 60"], run.new_folder("a"), run.owner)
    wait_for(lambda: (process.folder / "server").exists() and bool((process.folder / "server").read_text()))
    pid = int((process.folder / "server").read_text())

    run.stop()
    assert not is_running(pid)
    assert not run.folder.exists()


def test_a_server_that_can_not_start_says_why(tmp_path: Path) -> None:
    run = ServerRun(tmp_path / "run", os.getpid())
    try:
        broken = start_process(
            "broken", ["/bin/sh", "-c", "echo no such option; exit 3"], run.new_folder("a"), run.owner
        )
        with pytest.raises(ServerError, match=r"broken ended while starting[^|]*no such option"):
            wait_for_port(broken, 1)
        absent = start_process("absent", ["/nowhere/server"], run.new_folder("b"), run.owner)
        with pytest.raises(ServerError, match=r"absent ended while starting[^|]*/nowhere/server"):
            wait_for_port(absent, 1)
    finally:
        run.stop()
