"""The `pulumi` command, on one project and one of its stacks."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from . import temp_folder
from .errors import Declined, EngineFailed
from .literals import one_line
from .update_plan import Change, UpdatePlan, changes_of, parse

OLDEST: Final = (3, 254)
"""The first release whose `pulumi import` takes inputs and outputs from a file (pulumi/pulumi#16175 is why it must)."""

_GRACE: Final = 60.0
"""Seconds that an interrupted `pulumi` gets to finish what it is doing and save the state."""

_ENVIRONMENT: Final = {"PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "false"}
"""Whatever the user has set: no notes about releases, and one JSON object instead of one for each event."""


@dataclasses.dataclass(frozen=True)
class Done:
    """A finished run."""

    code: int
    stdout: str
    stderr: str


@dataclasses.dataclass(frozen=True)
class Engine:
    """The command at `path`, run in `folder`; without a stack on the selected one."""

    path: str
    folder: Path
    stack: str | None = None

    def version(self) -> tuple[int, ...]:
        """The release as numbers; empty when it does not say, as some builds do not."""
        found = re.search(r"v?(\d+)\.(\d+)\.(\d+)", self._run("version", stack=False).stdout)
        return tuple(int(number) for number in found.groups()) if found else ()

    def config(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """Full key → value; secret ones are None unless they are asked for."""
        answer = self._json("config", "--json", *(["--show-secrets"] if show_secrets else []))
        return {key: entry.get("value") for key, entry in answer.items()}

    def resources(self) -> list[dict[str, Any]]:
        """The resources of the stack's state, their secrets encrypted."""
        return self.deployment().get("resources") or []

    def deployment(self, stack: str | None = None) -> dict[str, Any]:
        """The stack's state, its secrets encrypted."""
        engine = dataclasses.replace(self, stack=stack or self.stack)
        deployment: dict[str, Any] = engine._json("stack", "export").get("deployment") or {}
        return deployment

    def stacks(self) -> list[str]:
        """The names of all stacks of the project."""
        listed = self._json("stack", "ls", "--json", stack=False)
        return [entry["name"] for entry in listed]

    def save_plan(self, scratch: Path, *, show_secrets: bool = False) -> UpdatePlan:
        """What `pulumi up` would do, with the inputs of every resource after `check`.

        Secrets come encrypted by the stack's own key, in the form that an import file takes.
        """
        file = scratch / "plan.json"
        file.unlink(missing_ok=True)
        temp_folder.write(file)  # before the engine does, which would let others read it
        self._operate("preview", f"--save-plan={file}", *(["--show-secrets"] if show_secrets else []))
        return parse(json.loads(file.read_text(encoding="utf-8")))

    def preview(self) -> list[Change]:
        """What `pulumi up` would change."""
        return changes_of(json.loads(self._operate("preview")))

    def import_file(self, file: Path) -> None:
        """Take over what an import file says. Without generated code: dynamic resources have no schema to make it."""
        flags = ("--generate-code=false", "--protect=false", "--skip-preview", "--yes", "--suppress-outputs")
        # One write of the state at the end instead of one for each resource, which grows with the square of their
        # number. Whoever is killed before that has lost nothing: an import touches nothing but the state.
        done = self._run("import", f"--file={file}", *flags, PULUMI_SKIP_CHECKPOINTS="true")
        if done.code != 0:
            raise EngineFailed("`pulumi import` failed", *_errors(done))

    def _operate(self, *arguments: str) -> str:
        done = self._run(*arguments, "--json", "--suppress-progress")
        if done.code != 0:
            raise EngineFailed(f"`pulumi {arguments[0]}` failed", *_errors(done))
        return done.stdout

    def _json(self, *arguments: str, stack: bool = True) -> Any:
        done = self._run(*arguments, stack=stack)
        if done.code != 0:
            raise EngineFailed(f"`pulumi {' '.join(arguments[:2])}` failed", *_errors(done))
        return json.loads(done.stdout)

    def _run(self, *arguments: str, stack: bool = True, **environment: str) -> Done:
        chosen = [f"--stack={self.stack}"] if stack and self.stack else []
        process = subprocess.Popen(  # noqa: S603
            [self.path, *arguments, *chosen, "--non-interactive", "--color=never"],
            cwd=self.folder,
            env={**os.environ, **_ENVIRONMENT, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            # A terminal's Ctrl-C must come once, from here: a second one makes the engine drop what it is doing.
            start_new_session=True,
        )
        try:
            stdout, stderr = process.communicate()
        except BaseException:
            _end(process)
            raise
        return Done(process.returncode, stdout, stderr)


def find(folder: Path, stack: str | None = None) -> Engine:
    """The engine on the PATH; `Declined` when there is none, or one that is too old."""
    path = shutil.which("pulumi")
    if path is None:
        raise Declined("`pulumi` is not on the PATH: install it (https://www.pulumi.com/docs/install/)")
    return Engine(path, folder, stack)


def _end(process: subprocess.Popen[str]) -> None:
    try:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=_GRACE)
    except BaseException:  # noqa: BLE001  (asked to end again, or it took too long)
        with contextlib.suppress(OSError, AttributeError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.communicate()


def _errors(done: Done) -> Sequence[str]:
    """The engine's own messages, one line each."""
    try:
        diagnostics = json.loads(done.stdout)["diagnostics"]
        found = [entry["message"] for entry in diagnostics if entry.get("severity") == "error"]
    except (ValueError, KeyError, TypeError):
        found = []
    if not found:
        found = [line for line in (done.stderr + "\n" + done.stdout).splitlines() if "error:" in line]
    lines = [line for message in found or [done.stderr or done.stdout] for line in message.splitlines()]
    cleaned = [one_line(line.replace("error: ", "", 1), 1000) for line in lines]
    return list(dict.fromkeys(line for line in cleaned if line and line not in ("update failed", "preview failed")))
