"""`adopt` whose calls break, or that is killed at one of them: the platform is untouched, and once more is enough."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.pulumi_cli import Stack
from tests.secret_search import leaked
from tests.torture.faults import faults
from tests.torture.http_proxy import HttpProxy, Request
from tests.torture.processes import end_all, processes_of
from tests.torture.size import FULL, chance
from tests.unit.fake_platform import PROJECT, FakePlatform

COMMAND = Path(sys.prefix) / "bin" / "pulumi-previsionio"
SECRET = "planted-secret-of-adopt"
VICTIMS: dict[str, Callable[[str], bool]] = {
    "SIGKILL of the command": lambda line: str(COMMAND) in line.split("\0"),
    "SIGKILL of the engine": lambda line: line.split("\0")[0].endswith("/pulumi"),
    "SIGKILL of the provider's process": lambda line: "pulumi.dynamic" in line,
}
"""Who is killed, by the command line."""


@dataclasses.dataclass(frozen=True)
class Kill:
    """Before the platform handles that call."""

    number: int
    victim: str


@dataclasses.dataclass(frozen=True)
class Broken:
    """A call that goes wrong."""

    number: int
    fault: str


@pytest.fixture
def fake() -> Iterator[FakePlatform]:
    with FakePlatform() as fake:
        connector = fake.store(
            "connectors", project_id=PROJECT, name="files", type="FTP", host="ftp.example", port=21, username="u"
        )
        fake.store("data-sources", project_id=PROJECT, name="export", connector_id=connector, path="/a.csv")
        yield fake


def test_adopt(engine: Path, tmp_path: Path, fake: FakePlatform, count: Callable[[str, int], None]) -> None:
    with HttpProxy(fake.url) as proxy:
        stack = Stack(tmp_path / "stack", engine)
        stack.environment |= {
            "PREVISION_URL": proxy.url,
            "PREVISION_MASTER_TOKEN": fake.token,
            "PREVISION_PROJECT_ID": PROJECT,
            "PYTHONPATH": str(Path(__file__).with_name("fast_clock")),
        }
        places = json.loads(
            _run(stack, "export", "--project-id", PROJECT, "--with-project", "--out", ".", "--force", "--json").stdout
        )
        stack.cli("stack", "init", "dev")
        for place in places["secrets"]:
            stack.config(place, SECRET, secret=True)
        kept = stack.home / "kept"
        shutil.copytree(stack.home / "state", kept)
        objects = copy.deepcopy(fake.objects)

        proxy.mend()
        assert _run(stack, "adopt").returncode == 0
        violations, struck = [], 0
        cells = _cells(proxy.count)
        for cell in cells:
            shutil.rmtree(stack.home / "state")
            shutil.copytree(kept, stack.home / "state")
            proxy.mend()
            try:
                if not _play(stack, proxy, cell):
                    continue
                struck += isinstance(cell, Kill)
                proxy.mend()
                _converge(stack)
                assert fake.objects == objects, "changes the platform"
            except AssertionError as violation:
                violations.append(f"adopt: {cell}: {violation}")
    count("kills", struck)
    count("adoptions with a broken call", len([cell for cell in cells if isinstance(cell, Broken)]))
    assert not violations, "\n".join(violations)
    assert struck


def _cells(calls: int) -> list[Kill | Broken]:
    """Every boundary with every victim, and some faults; none of `adopt`'s calls changes anything on the platform."""
    dice, numbers = chance("adopt"), range(1, calls + 1)
    if not FULL:  # at the first calls there is no engine yet
        return [Kill(dice.choice(numbers), "SIGKILL of the command")]
    broken = [Broken(number, fault) for number in numbers for fault in faults()]
    return [*(Kill(number, victim) for number in numbers for victim in VICTIMS), *dice.sample(broken, 12)]


def _play(stack: Stack, proxy: HttpProxy, cell: Kill | Broken) -> bool:
    """Whether there was anything to break: at the first calls there is no engine to kill yet."""
    if isinstance(cell, Kill):
        return _kill(stack, proxy, cell)
    _break(stack, proxy, cell)
    return True


def _kill(stack: Stack, proxy: HttpProxy, kill: Kill) -> bool:
    """Whether there was somebody to kill."""
    with _killed_at(stack, proxy, kill) as struck:
        _run(stack, "adopt")
    end_all(stack)
    shutil.rmtree(stack.home / "state" / ".pulumi" / "locks", ignore_errors=True)  # as `pulumi cancel` does
    return struck.is_set()


def _break(stack: Stack, proxy: HttpProxy, broken: Broken) -> None:
    proxy.break_calls(faults()[broken.fault], broken.number)
    first = _run(stack, "adopt")
    said = first.stdout + first.stderr
    assert "Traceback" not in said
    assert leaked([SECRET, "token-of-the-tests"], said) == [], said


def _converge(stack: Stack) -> None:
    again = _run(stack, "adopt")
    assert again.returncode == 0, again.stdout + again.stderr
    assert stack.preview().changes == {}
    assert len(stack.resources()) == 3


@contextlib.contextmanager
def _killed_at(stack: Stack, proxy: HttpProxy, kill: Kill) -> Iterator[threading.Event]:
    reached, struck = threading.Event(), threading.Event()

    def strike(count: int, _request: Request, is_done: bool) -> None:
        if count != kill.number or is_done or reached.is_set():
            return
        reached.set()
        for pid, line in processes_of(stack).items():
            if VICTIMS[kill.victim](line):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
                    struck.set()

    proxy.at_boundary = strike
    try:
        yield struck
    finally:
        proxy.at_boundary = lambda _number, _request, _is_done: None


def _run(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments],
        cwd=stack.folder,
        env=stack._environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
        start_new_session=True,
    )
