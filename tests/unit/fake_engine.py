"""A `pulumi` that says what a test wrote down, and what it was asked and given."""

import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from pulumi_previsionio._cli import signals
from pulumi_previsionio._cli.main import main
from pulumi_previsionio._cli.manifest import TYPE

from tests.measured import measured

SCRIPT = """\
#!{python} -IS
import json, os, pathlib, signal, sys, time

folder = pathlib.Path({folder!r})
arguments = sys.argv[1:]
flags = dict(argument.lstrip("-").split("=", 1) for argument in arguments if "=" in argument)
answers = json.loads((folder / "answers.json").read_text())


def record(name, value):
    with open(folder / name, "a") as file:
        file.write(json.dumps(value) + "\\n")


record("calls", arguments)
def modes(path):
    return [oct(os.stat(each).st_mode & 0o777) for each in (path, os.path.dirname(path))]


command = " ".join(argument for argument in arguments[:2] if not argument.startswith("-"))
if command == "preview" and "save-plan" in flags:
    record("modes", modes(flags["save-plan"]))
    pathlib.Path(flags["save-plan"]).write_text(json.dumps(answers["plan"]))
    command = "plan"
elif command == "import":
    file = pathlib.Path(flags["file"])
    record("modes", modes(file))
    record("imported", json.loads(file.read_text()))
    record("files", str(file))
    if answers["hang"]:
        interrupts = []
        signal.signal(signal.SIGINT, lambda number, frame: interrupts.append(number))
        record("hanging", os.getpid())
        while not interrupts:
            time.sleep(0.01)
        time.sleep(0.2)
        record("interrupts", len(interrupts))
        sys.exit(1)
print(json.dumps(answers["output"].get(command, {{}})) if command != "version" else answers["version"])
sys.exit(answers["codes"].get(command, 0))
"""


class FakeEngine:
    """A folder with a `pulumi` in it, and a project to run it in. Set `answers`, then run the command with `env`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "project"
        self.temporary = folder / "tmp"
        for each in (self.project, self.temporary, folder / "bin"):
            each.mkdir(parents=True)
        (self.project / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
        script = folder / "bin" / "pulumi"
        script.write_text(SCRIPT.format(python=sys.executable, folder=str(folder)))
        for file in (script, folder / "bin" / "pulumi-language-python"):
            file.touch()
            file.chmod(0o755)
        self.answers: dict[str, Any] = {
            "version": "v3.259.0",
            "plan": {"resourcePlans": {}},
            "output": {"config": {}, "stack export": {"deployment": {}}, "preview": {"steps": []}},
            "codes": {},
            "hang": False,
        }

    def wants(self, *resources: tuple[str, str, str]) -> None:
        """Writes `import.json` with these: kind, name, id."""
        entries = [{"type": TYPE + kind, "name": name, "id": id_} for kind, name, id_ in resources]
        (self.project / "import.json").write_text(json.dumps({"resources": entries}))

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """Runs the command in a process of its own, for tests of signals."""
        self._write_answers()
        return subprocess.Popen(
            [sys.executable, "-m", "pulumi_previsionio._cli", *arguments],
            cwd=self.project,
            env={**self._environment, **measured(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a test that acts like Ctrl-C must not hit the tests
        )

    def run(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Runs the command here, which saves the start of an interpreter each time."""
        self._write_answers()
        stdout, stderr = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, Path(os.devnull).open() as nothing:
            patch.chdir(self.project)
            patch.setattr(signals, "end_by_exception", lambda: None)  # the tests' own handlers stay
            patch.setattr(tempfile, "tempdir", str(self.temporary))
            for name, stream in (("stdin", nothing), ("stdout", stdout), ("stderr", stderr)):
                patch.setattr(sys, name, stream)
            patch.setattr(sys, "argv", ["pulumi-previsionio", *arguments])
            own = {**self._environment, **environment}
            for name in [*os.environ]:
                patch.delenv(name)
            for name, value in own.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as end:
                main()
        assert isinstance(end.value.code, int)
        return subprocess.CompletedProcess(arguments, end.value.code, stdout.getvalue(), stderr.getvalue())

    @property
    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]])
        return {"PATH": path, "TMPDIR": str(self.temporary)}

    def _write_answers(self) -> None:
        (self.folder / "answers.json").write_text(json.dumps(self.answers))

    def recorded(self, name: str) -> list[Any]:
        """What the fake wrote down under that name, in order."""
        file = self.folder / name
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def left(self) -> list[str]:
        """What is left in the folder for temporary files."""
        return [path.name for path in self.temporary.iterdir()]
