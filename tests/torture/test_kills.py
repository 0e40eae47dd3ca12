"""Commands that are killed or interrupted at any call: what they leave is told, and everything else converges."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import enum
import json
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
from tests.torture.http_proxy import Call, HttpProxy, Request
from tests.torture.processes import end_all, processes_of
from tests.torture.size import FULL, chance, sized
from tests.unit.fake_platform import PROJECT, FakePlatform

COMMAND = Path(sys.prefix) / "bin" / "pulumi-previsionio"
DYNAMIC, NATIVE = "pulumi_previsionio", "pulumi_previsionio.native"
PROGRAM = """
import pulumi, {door} as previsionio

version = pulumi.Config().require("version")
files = previsionio.FTPConnector("files", host=f"{{version}}.example", username="u", password=f"secret-{{version}}")
export = previsionio.Datasource("export", connector=files, path=f"/{{version}}.csv")
previsionio.Project("team", description=version)
"""
COPY = """
previsionio.Dataset("copy", datasource=export, triggers=[version])
"""
LONG = 600.0
"""Seconds in which anything ends, also on a machine that has other things to do."""


class Victim(enum.Enum):
    """Who is hit, and how."""

    COMMAND = "SIGKILL of the command"
    HOST = "SIGKILL of the provider's process"
    ONE_CTRL_C = "one Ctrl-C"
    TWO_CTRL_C = "two Ctrl-C"


KILLS = (Victim.COMMAND, Victim.HOST)
INTERRUPTS = (Victim.ONE_CTRL_C, Victim.TWO_CTRL_C)


@dataclasses.dataclass(frozen=True)
class Cell:
    """Who is hit when: before or after the platform handles a call."""

    number: int
    call: str
    is_done: bool
    victim: Victim

    def __str__(self) -> str:
        return f"{self.victim.value} {'after' if self.is_done else 'before'} call {self.number} ({self.call})"


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

    def repair(self) -> None:
        """What docs/guides/after-a-crash.md says of locks and damaged files, without the time that a command takes."""
        backend = self.stack.home / "state" / ".pulumi"
        shutil.rmtree(backend / "locks", ignore_errors=True)
        for attributes in backend.rglob("*.attrs"):
            attributes.unlink()
        try:
            self.state()
        except ValueError:
            shutil.copy(f"{self._state_file}.bak", self._state_file)

    def state(self) -> dict[str, Any]:
        """The stack's state; secrets are not in the clear."""
        state: dict[str, Any] = json.loads(self._state_file.read_text())["checkpoint"].get("latest") or {}
        return state

    def resources(self) -> dict[str, str]:
        """Name → id."""
        found = (each for each in self.state().get("resources") or () if "id" in each and "outputs" in each)
        return {each["urn"].rsplit("::", 1)[1]: each["id"] for each in found if "providers" not in each["type"]}

    def pending(self) -> set[str]:
        """The names of what the engine never heard the end of."""
        pending = self.state().get("pending_operations") or ()
        return {each["resource"]["urn"].rsplit("::", 1)[1] for each in pending}

    @property
    def _state_file(self) -> Path:
        return self.stack.home / "state" / ".pulumi" / "stacks" / self.stack.project / f"{self.stack.name}.json"

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
            timeout=LONG,
        )
        assert done.returncode in (0, 5), done.stdout + done.stderr
        return done.stdout


def _import(stack: Stack) -> Run:
    return stack.import_file(stack.folder / "import.json")


@dataclasses.dataclass(frozen=True)
class Operation:
    """What is interrupted: from which version of the program to which, and by which command."""

    before: str | None
    after: str = "one"
    updates: bool = True
    run: Callable[[Stack], Run] = lambda stack: stack.up()
    door: str = DYNAMIC
    imports: bool = False

    @property
    def program(self) -> str:
        """The plugin's import cannot know what a snapshot was taken for."""
        return PROGRAM.format(door=self.door) + ("" if self.imports else COPY)

    @property
    def names(self) -> set[str]:
        return {"files", "export", "team"} | (set() if self.imports else {"copy"})


OPERATIONS = {
    "create": Operation(None),
    "update": Operation("one", "two"),
    "replace": Operation("one", "two", updates=False),
    "delete": Operation("one", run=lambda stack: stack.destroy()),
    "refresh": Operation("one", run=lambda stack: stack.refresh()),
    "create by the plugin": Operation(None, door=NATIVE),
    "replace by the plugin": Operation("one", "two", updates=False, door=NATIVE),
    "import by the plugin": Operation(None, run=_import, door=NATIVE, imports=True),
}
IN_THE_CUT = ("create", "replace", "import by the plugin")
SAMPLED = ("create by the plugin", "replace by the plugin")
"""Those that differ from others in the door alone."""


@pytest.fixture
def scene(engine: Path, tmp_path: Path) -> Iterator[Scene]:
    with FakePlatform() as fake, HttpProxy(fake.url) as proxy:
        stack = Stack(tmp_path / "stack", engine)
        stack.describe_project("python", plugin=True)
        stack.environment |= {
            "PREVISION_URL": proxy.url,
            "PREVISION_MASTER_TOKEN": fake.token,
            "PREVISION_PROJECT_ID": PROJECT,
        }
        yield Scene(stack, fake, proxy)


@pytest.mark.parametrize("name", OPERATIONS if FULL else IN_THE_CUT)
def test_kills(name: str, scene: Scene, count: Callable[[str, int], None]) -> None:
    operation, stack = OPERATIONS[name], scene.stack
    scene.fake.update, scene.fake.paths = operation.updates, ["/one.csv", "/two.csv"]
    stack.program(operation.program)
    if operation.before:
        stack.config("version", operation.before)
        stack.up()
    if operation.imports:
        _store_what_is_imported(scene)
    scene.keep()
    stack.config("version", operation.after)
    scene.proxy.mend()
    operation.run(stack)

    violations, struck = [], 0
    for cell in _cells(name, scene.proxy.calls):
        scene.put_back()
        try:
            struck += _play(operation, scene, cell)
        except AssertionError as violation:
            violations.append(f"{name}: {cell}: {violation}")
    count("kills", struck)
    assert not violations, "\n".join(violations)
    assert struck


def _store_what_is_imported(scene: Scene) -> None:
    content: dict[str, Any] = {
        "type": "FTP",
        "host": "one.example",
        "port": 21,
        "username": "u",
        "password": "secret-one",
    }
    files = scene.fake.store("connectors", name="files", project_id=PROJECT, **content)
    export = scene.fake.store("data-sources", name="export", project_id=PROJECT, connector_id=files, path="/one.csv")
    team = scene.fake.store("projects", name="team", description="one")
    resources = [
        {"type": f"previsionio:index:{kind}", "name": name, "id": id_}
        for kind, name, id_ in (
            ("FTPConnector", "files", files),
            ("Datasource", "export", export),
            ("Project", "team", team),
        )
    ]
    (scene.stack.folder / "import.json").write_text(json.dumps({"resources": resources}))


def _cells(name: str, calls: list[Call]) -> list[Cell]:
    """Every boundary with both kills, some with interrupts; of a call that changes nothing only its beginning."""
    boundaries = [
        (number, str(call.request), is_done)
        for number, call in enumerate(calls, 1)
        for is_done in ((False, True) if _changes_something(call.request) else (False,))
    ]
    dice = chance("kills", name)
    kills = [Cell(*boundary, victim) for boundary in boundaries for victim in KILLS]
    if name in SAMPLED or not FULL:
        kills = dice.sample(kills, min(len(kills), sized(1, 12)))
    some = dice.sample(boundaries, min(len(boundaries), sized(1, 4)))
    interrupts = [Cell(*boundary, victim) for boundary in some for victim in INTERRUPTS]
    return [*kills, *(interrupts if FULL else dice.sample(interrupts, 1))]


def _changes_something(request: Request) -> bool:
    return request.method not in ("GET", "OPTIONS") and not request.path.endswith("/test")


def _play(operation: Operation, scene: Scene, cell: Cell) -> bool:
    """Whether there was somebody to strike: calls that are made side by side come in any order and number."""
    stack = scene.stack
    with _at_call(scene.proxy, cell) as (reached, struck):
        run = _in_background(lambda: operation.run(stack))
        while not reached.wait(0.05) and run.is_alive():
            pass
        is_hit = reached.is_set() and _strike(stack, cell.victim)
        struck.set()
        if cell.victim is Victim.COMMAND:
            time.sleep(0.3)  # what it leaves running goes on until it is ended
            end_all(stack)
        run.join(LONG)
    assert not run.is_alive(), "hangs"

    scene.repair()
    pending = scene.pending()
    again = operation.run(stack)
    if pending:
        assert all(f"::{name}" in again.everything for name in pending), f"says nothing of {pending}"
        stack.refresh("--clear-pending-creates")
    assert scene.pending() == set()
    _holds(operation, scene)
    return is_hit


def _holds(operation: Operation, scene: Scene) -> None:
    resources = scene.resources()
    if operation is not OPERATIONS["delete"]:
        assert set(resources) == operation.names
        assert scene.stack.preview().changes == {}
    held = set(resources.values())
    assert held <= scene.ids(), "holds what is gone"
    if left := scene.ids() - held:
        told = scene.orphans()
        for id_ in left:
            item = next(items[id_] for items in scene.fake.objects.values() if id_ in items)
            assert id_ in told, f"leaves {item}, which `orphans` does not name: {told}"


@contextlib.contextmanager
def _at_call(proxy: HttpProxy, cell: Cell) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Holds the call up: the first event says that it is there, the second lets it go on."""
    reached, struck = threading.Event(), threading.Event()

    def hold(count: int, _request: Request, after: bool) -> None:
        if count == cell.number and after is cell.is_done:
            reached.set()
            struck.wait(LONG)

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


def _strike(stack: Stack, victim: Victim) -> bool:
    """Whether there was anybody to strike."""
    processes = processes_of(stack)
    hosts = [pid for pid, line in processes.items() if "pulumi.dynamic" in line or "pulumi-resource-prev" in line]
    commands = [pid for pid, line in processes.items() if line.split("\0")[0].endswith("/pulumi")]
    struck = hosts if victim is Victim.HOST else commands
    for pid in struck:
        if victim in KILLS:
            os.kill(pid, signal.SIGKILL)
        else:
            os.killpg(pid, signal.SIGINT)
            if victim is Victim.TWO_CTRL_C:
                time.sleep(0.3)
                os.killpg(pid, signal.SIGINT)
    return bool(struck)
