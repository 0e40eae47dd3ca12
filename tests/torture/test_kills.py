"""Commands that are killed or interrupted at any call: what they leave is told, and everything else converges."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import enum
import itertools
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.pulumi_cli import Run, Stack
from tests.torture.http_proxy import HttpProxy, Request
from tests.torture.processes import end_all, processes_of
from tests.torture.size import FULL, chance, sized
from tests.unit.fake_platform import PROJECT, FakePlatform

COMMAND = Path(sys.prefix) / "bin" / "pulumi-previsionio"
PROGRAM = """
import pulumi, pulumi_previsionio as previsionio

version = pulumi.Config().require("version")
files = previsionio.FTPConnector("files", host=f"{version}.example", username="u", password=f"secret-{version}")
export = previsionio.Datasource("export", connector=files, path=f"/{version}.csv", verify_source=False)
previsionio.Dataset("copy", datasource=export, triggers=[version])
"""
RESOURCES = {"files", "export", "copy"}


class Victim(enum.Enum):
    """Who is hit, and how."""

    COMMAND = "SIGKILL of the command"
    HOST = "SIGKILL of the provider's host"
    ONE_CTRL_C = "one Ctrl-C"
    TWO_CTRL_C = "two Ctrl-C"


@dataclasses.dataclass
class Scene:
    """A stack and its platform, which can be put back to where they were."""

    stack: Stack
    fake: FakePlatform
    proxy: HttpProxy
    kept: dict[str, Any] = dataclasses.field(default_factory=dict)

    def keep(self) -> None:
        self.kept = copy.deepcopy(self.fake.objects)
        shutil.copytree(self.stack.home / "state", self.stack.home / "kept", dirs_exist_ok=True)

    def put_back(self) -> None:
        self.fake.objects = copy.deepcopy(self.kept)
        shutil.rmtree(self.stack.home / "state")
        shutil.copytree(self.stack.home / "kept", self.stack.home / "state")
        self.proxy.mend()

    def ids(self) -> set[str]:
        """Of the objects on the platform."""
        return {id_ for items in self.fake.objects.values() for id_ in items} - {PROJECT}

    def orphans(self) -> str:
        done = subprocess.run(
            [COMMAND, "orphans"],
            cwd=self.stack.folder,
            env=self.stack._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode in (0, 5), done.stdout + done.stderr
        return done.stdout


@dataclasses.dataclass(frozen=True)
class Operation:
    """What is interrupted: from which version of the program to which, and by which command."""

    before: str | None
    after: str
    updates: bool = True
    run: Callable[[Stack], Run] = lambda stack: stack.up()


OPERATIONS = {
    "create": Operation(None, "one"),
    "update": Operation("one", "two"),
    "replace": Operation("one", "two", updates=False),
    "delete": Operation("one", "one", run=lambda stack: stack.destroy()),
    "refresh": Operation("one", "one", run=lambda stack: stack.refresh()),
}


@pytest.fixture
def scene(engine: Path, tmp_path: Path) -> Iterator[Scene]:
    with FakePlatform() as fake, HttpProxy(fake.url) as proxy:
        stack = Stack(tmp_path / "stack", engine)
        stack.environment |= {
            "PREVISION_URL": proxy.url,
            "PREVISION_MASTER_TOKEN": fake.token,
            "PREVISION_PROJECT_ID": PROJECT,
        }
        yield Scene(stack, fake, proxy)


@pytest.mark.parametrize("name", OPERATIONS if FULL else ("create", "replace"))
def test_kills(name: str, scene: Scene, count: Callable[[str, int], None]) -> None:
    operation, stack = OPERATIONS[name], scene.stack
    scene.fake.update = operation.updates
    stack.program(PROGRAM)
    if operation.before:
        stack.config("version", operation.before)
        stack.up()
    scene.keep()
    stack.config("version", operation.after)
    scene.proxy.mend()
    operation.run(stack)

    boundaries = itertools.product(range(1, scene.proxy.count + 1), (False, True), Victim)
    cells = chance("kills", name).sample(list(boundaries), sized(1, 12))
    violations = []
    for number, is_done, victim in cells:
        scene.put_back()
        try:
            _kill(operation, scene, number, is_done, victim)
        except AssertionError as violation:
            when = "after" if is_done else "before"
            violations.append(f"{victim.value} {when} call {number} of {name}: {violation}")
    count("kills", len(cells))
    assert not violations, "\n".join(violations)


def _kill(operation: Operation, scene: Scene, number: int, is_done: bool, victim: Victim) -> None:
    stack = scene.stack
    with _at_call(scene.proxy, number, is_done) as (reached, struck):
        run = _in_background(lambda: operation.run(stack))
        reached.wait(60)
        _strike(stack, victim)
        struck.set()
        if victim is Victim.COMMAND:
            time.sleep(0.3)  # what it leaves running goes on until it is ended
            end_all(stack)
        run.join(120)
    assert not run.is_alive(), "hangs"

    pending = {each["resource"]["urn"].rsplit("::", 1)[1] for each in stack.pending_operations()}
    with contextlib.suppress(AssertionError):  # nothing to cancel where the command ended by itself
        stack.cli("cancel", "--yes")
    again = operation.run(stack)
    if pending:
        assert all(f"::{name}" in again.everything for name in pending), f"says nothing of {pending}"
        stack.refresh("--clear-pending-creates")
    assert stack.pending_operations() == []

    resources = stack.resources()
    if operation is not OPERATIONS["delete"]:
        assert set(resources) == RESOURCES
        assert stack.preview().changes == {}
    held = {resource["id"] for resource in resources.values()}
    assert held <= scene.ids(), "holds what is gone"
    if left := scene.ids() - held:
        told = scene.orphans()
        for id_ in left:
            item = next(items[id_] for items in scene.fake.objects.values() if id_ in items)
            assert id_ in told, f"leaves {item}, which `orphans` does not name: {told}"


@contextlib.contextmanager
def _at_call(proxy: HttpProxy, number: int, is_done: bool) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Holds the call up: the first event says that it is there, the second lets it go on."""
    reached, struck = threading.Event(), threading.Event()

    def hold(count: int, _request: Request, after: bool) -> None:
        if count == number and after is is_done:
            reached.set()
            struck.wait(60)

    proxy.at_boundary = hold
    try:
        yield reached, struck
    finally:
        struck.set()
        proxy.at_boundary = lambda _number, _request, _is_done: None


def _in_background(run: Callable[[], Run]) -> threading.Thread:
    def play() -> None:
        with contextlib.suppress(AssertionError):  # however it ends
            run()

    thread = threading.Thread(target=play, daemon=True)
    thread.start()
    return thread


def _strike(stack: Stack, victim: Victim) -> None:
    processes = processes_of(stack)
    (command,) = (pid for pid, line in processes.items() if line.split("\0")[0].endswith("/pulumi"))
    if victim is Victim.COMMAND:
        os.kill(command, signal.SIGKILL)
    elif victim is Victim.HOST:
        for pid, line in processes.items():
            if "pulumi.dynamic" in line:
                os.kill(pid, signal.SIGKILL)
    else:
        os.killpg(command, signal.SIGINT)
        if victim is Victim.TWO_CTRL_C:
            time.sleep(0.3)
            os.killpg(command, signal.SIGINT)
