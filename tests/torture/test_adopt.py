"""`adopt` whose calls break, or that is killed at one of them: the platform is untouched, and once more is enough."""

from __future__ import annotations

import contextlib
import copy
import itertools
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
from tests.torture.size import chance, sized
from tests.unit.fake_platform import PROJECT, FakePlatform

COMMAND = Path(sys.prefix) / "bin" / "pulumi-previsionio"
SECRET = "planted-secret-of-adopt"
CUT = ("reset before", "cut in body", "503 before", "invalid JSON", "401 before", "404 page", "302 to sign-in")
KILL = "SIGKILL"


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
        places = json.loads(_run(stack, "export", "--project-id", PROJECT, "--out", ".", "--force", "--json").stdout)
        stack.cli("stack", "init", "dev")
        for place in places["secrets"]:
            stack.config(place, SECRET, secret=True)
        kept = stack.home / "kept"
        shutil.copytree(stack.home / "state", kept)
        objects = copy.deepcopy(fake.objects)

        proxy.mend()
        assert _run(stack, "adopt").returncode == 0
        boundaries = itertools.product(range(1, proxy.count + 1), [KILL, *sorted(faults())])
        some = chance("adopt").sample(
            [each for each in boundaries if sized(0, 1) or each[1] in (KILL, *CUT)], sized(2, 30)
        )
        violations = []
        for number, fault in some:
            shutil.rmtree(stack.home / "state")
            shutil.copytree(kept, stack.home / "state")
            try:
                _break(stack, proxy, number, fault)
                assert fake.objects == objects, "changes the platform"
            except AssertionError as violation:
                violations.append(f"adopt: call {number}, {fault}: {violation}")
    count("adoptions", len(some))
    assert not violations, "\n".join(violations)


def _break(stack: Stack, proxy: HttpProxy, number: int, fault: str) -> None:
    if fault == KILL:
        with _killed_at(stack, proxy, number):
            _run(stack, "adopt")
        with contextlib.suppress(AssertionError):  # nothing to cancel where the engine was not at work
            stack.cli("cancel", "--yes")
    else:
        proxy.break_calls(faults()[fault], number)
        first = _run(stack, "adopt")
        said = first.stdout + first.stderr
        assert "Traceback" not in said
        assert leaked([SECRET, "token-of-the-tests"], said) == [], said
    proxy.mend()
    again = _run(stack, "adopt")
    assert again.returncode == 0, again.stdout + again.stderr
    assert stack.preview().changes == {}
    assert len(stack.resources()) == 2


@contextlib.contextmanager
def _killed_at(stack: Stack, proxy: HttpProxy, number: int) -> Iterator[None]:
    killed = threading.Event()

    def kill(count: int, _request: Request, is_done: bool) -> None:
        if count == number and not is_done and not killed.is_set():
            killed.set()
            for pid, line in processes_of(stack).items():
                if COMMAND.name in line or line.split("\0")[0].endswith("/pulumi"):
                    with contextlib.suppress(OSError):
                        os.kill(pid, signal.SIGKILL)
            end_all(stack)

    proxy.at_boundary = kill
    try:
        yield
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
        timeout=120,
        start_new_session=True,
    )
