"""The `pulumi` command with a stack of its own: state, settings and login are apart from the user's."""

import json
import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.quickstart.surroundings import secret

STACK = "local"


@dataclass(frozen=True)
class Engine:
    """Runs `pulumi` in the folder `project`, with the environment that `find` makes."""

    project: Path
    environment: Mapping[str, str]

    @classmethod
    def find(cls, project: Path, state: Path) -> "Engine":
        """Finds or builds the engine. Leaves `env` in the folder `state`: its settings, for a shell to read."""
        build = project / "tools" / "engine" / "build.sh"
        folder = subprocess.run([build], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()  # noqa: S603
        for name in ("pulumi", "pulumi-home"):
            (state / name).mkdir(exist_ok=True)
        secret(state, "passphrase")
        settings = {
            "PULUMI_HOME": str(state / "pulumi-home"),
            "PULUMI_BACKEND_URL": f"file://{state / 'pulumi'}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(state / "passphrase"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        path = f"{project / '.venv' / 'bin'}{os.pathsep}{folder}"
        _write_shell_settings(state / "env", path, settings)
        # What the user has set for another platform or another stack must not reach this one.
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PREVISION_", "PULUMI_"))}
        return cls(project, {**inherited, **settings, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}"})

    def pulumi(self, *arguments: str) -> None:
        """Runs a command with its output shown. Raises `CalledProcessError`."""
        subprocess.run(["pulumi", *arguments], cwd=self.project, env=self.environment, check=True)  # noqa: S603, S607

    def select_stack(self) -> None:
        """Selects the stack, and makes it if need be."""
        self._ask("stack", "select", "--create", STACK)

    def configure(self, values: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        """Sets what is not set yet. Secrets go in by standard input: arguments can be seen by everybody."""
        present = json.loads(self._ask("config", "--json", "--show-secrets"))
        for key, value in {**values, **secrets}.items():
            if present.get(key, {}).get("value") != value:
                self._ask("config", "set", key, *(["--secret"] if key in secrets else []), text=value)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secret ones left out of sight."""
        outputs: dict[str, Any] = json.loads(self._ask("stack", "output", "--json"))
        return outputs

    def _ask(self, *arguments: str, text: str = "") -> str:
        return subprocess.run(  # noqa: S603
            ["pulumi", *arguments, "--non-interactive"],  # noqa: S607
            cwd=self.project,
            env=self.environment,
            input=text,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout


def has_stack(state: Path) -> bool:
    """Whether the stack is there, told without an engine."""
    return any((state / "pulumi" / ".pulumi" / "stacks").glob(f"*/{STACK}.json"))


def _write_shell_settings(file: Path, path: str, settings: Mapping[str, str]) -> None:
    lines = [
        "# `. .state/env` lets your shell run `pulumi` as `make up` does.",
        "unset PREVISION_URL PREVISION_MASTER_TOKEN PREVISION_PROJECT_ID",
        *(f"export {name}={shlex.quote(value)}" for name, value in settings.items()),
        f'export PATH={shlex.quote(path)}:"$PATH"',
    ]
    file.write_text("\n".join(lines) + "\n")
