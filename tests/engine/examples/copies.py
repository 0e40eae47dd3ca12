"""Copies of the examples, run as their READMEs say."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from previsionio_local import LocalPlatform

from tests.engine.pulumi_cli import TIMEOUT, Stack

EXAMPLES = Path(__file__).parents[3] / "examples"
INSTALL = "pip install -r requirements.txt"


@dataclass
class Copy(Stack):
    """A copy of an example in `home`/project, with the harness's environment: what a reader makes of it."""

    example: str = ""
    part: str = ""
    """The folder of the project inside of the example, for `preview`, `up` and the like."""
    timeout: float = TIMEOUT
    """Seconds for one command of the README."""

    def __post_init__(self) -> None:
        for folder in (self._backend, self.home / "pulumi"):
            folder.mkdir(parents=True)
        shutil.copytree(EXAMPLES / self.example, self.home / "project", ignore=shutil.ignore_patterns("__pycache__"))
        self.environment |= {"PULUMI_SKIP_CONFIRMATIONS": "true"}  # nobody is there to answer "yes"

    @property
    def folder(self) -> Path:
        return self.home / "project" / self.part

    def follow_readme(
        self, answers: Mapping[str, str] | None = None, *, skip: str = "(?!)", instead: tuple[str, str] = ("", "")
    ) -> str:
        """Runs the README's commands, one by one; returns all that was printed.

        `answers` is what the reader types in answer to a command that ends with that key, such as a password. `skip`
        is a pattern of commands to leave out; `instead` is a word of the README and the reader's own.
        """
        # What it requires is there: `test_every_example` has seen it.
        commands = [line for line in self.commands if line != INSTALL and not re.search(skip, line)]
        return "".join(
            self.run(line.replace(*instead) if all(instead) else line, (answers or {}).get(line.rpartition(" ")[2], ""))
            for line in commands
        )

    @property
    def commands(self) -> list[str]:
        """The command lines in the README's blocks of shell code."""
        text = (EXAMPLES / self.example / "README.md").read_text()
        blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        return [line for block in blocks for line in block.splitlines() if line]

    def run(self, command: str, answer: str = "") -> str:
        """Runs a command line in the example's folder; returns what it printed, and fails with it."""
        done = subprocess.run(
            ["bash", "-euc", command],
            cwd=self.home / "project",
            env=self._environment(),
            input=answer,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=self.timeout,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        return f"$ {command}\n{done.stdout}"

    def edit(self, file: str, old: str, new: str) -> None:
        """Changes a file of the copy, as its reader would."""
        path = self.home / "project" / file
        text = path.read_text()
        assert old in text, file
        path.write_text(text.replace(old, new))

    def aim(self, platform: LocalPlatform) -> None:
        """Sets the variables that name a platform."""
        self.environment |= {
            "PREVISION_URL": platform.url,
            "PREVISION_MASTER_TOKEN": platform.token,
            "PREVISION_PROJECT_ID": platform.project_id,
        }

    def add_to_path(self, environment: Mapping[str, str]) -> None:
        """Takes an environment over, its PATH behind the harness's own."""
        own = super()._environment()["PATH"].rpartition(os.environ["PATH"])[0]
        self.environment |= {**environment, "PATH": own + environment["PATH"]}
