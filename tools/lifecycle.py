"""The quickstart's whole life, from `pulumi up` to `pulumi destroy`, with any environment that has the package."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from previsionio_local import LocalPlatform

from tools.quickstart.services import free_port
from tools.quickstart.surroundings import ftp_answers

ROOT: Final = Path(__file__).parents[1]
STEPS: Final = (
    ("preview", "--diff"),
    ("up", "--yes", "--skip-preview"),
    ("preview", "--expect-no-changes"),
    ("refresh", "--yes", "--skip-preview", "--expect-no-changes"),
    ("destroy", "--yes", "--skip-preview"),
)


class Failed(Exception):
    """A command that ended badly; the message holds what it printed."""


@dataclass(frozen=True)
class Surroundings:
    """A platform, a file server and an engine."""

    engine: Path
    """The folder that holds `pulumi`."""
    platform: LocalPlatform = field(repr=False)
    ftp_port: int
    ftp_password: str = field(repr=False)

    def live(self, python: Path) -> None:
        """The quickstart's life with the environment of this Python.

        Raises:
            Failed: one of its steps did.
        """
        with tempfile.TemporaryDirectory(prefix="previsionio-lifecycle-") as name:
            project = Path(name) / "project"
            project.mkdir()
            shutil.copy(ROOT / "__main__.py", project)
            (project / "Pulumi.yaml").write_text("name: previsionio-quickstart\nruntime: python\n")
            environment = self._environment(python, Path(name))
            run(["pulumi", "stack", "init", "dev", "--non-interactive"], environment, project)
            with (project / "Pulumi.dev.yaml").open("a") as file:
                file.write(f"config: {json.dumps(self._config())}\n")
            for step in STEPS:
                run(["pulumi", *step, "--non-interactive", "--color=never"], environment, project)

    def _config(self) -> dict[str, str]:
        own = {"ftpHost": "127.0.0.1", "ftpPort": str(self.ftp_port), "ftpUsername": "quickstart"}
        return {f"previsionio-quickstart:{key}": value for key, value in own.items()} | {
            "previsionio-quickstart:ftpPassword": self.ftp_password,
            "previsionio:url": self.platform.url,
            "previsionio:token": self.platform.token,
            "previsionio:projectId": self.platform.project_id,
        }

    def _environment(self, python: Path, home: Path) -> dict[str, str]:
        (home / "state").mkdir()
        return {
            **clean_environment(),
            "PATH": os.pathsep.join([str(python.parent), str(self.engine), os.environ["PATH"]]),
            "PULUMI_HOME": str(home / "pulumi"),
            "PULUMI_BACKEND_URL": f"file://{home / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "passphrase",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }


@contextmanager
def surroundings() -> Iterator[Surroundings]:
    """A platform, a file server and the engine that `make engine` finds or builds."""
    build = [str(ROOT / "tools" / "engine" / "build.sh")]
    engine = Path(run(build, dict(os.environ), ROOT).strip().splitlines()[-1])
    port, password = free_port(), secrets.token_urlsafe(16)
    ftp = subprocess.Popen(  # noqa: S603
        [sys.executable, str(ROOT / "tools" / "quickstart" / "ftp_server.py"), str(port)],
        env={**os.environ, "FTP_PASSWORD": password},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not ftp_answers(port, password):
            if ftp.poll() is not None:
                raise Failed("the FTP server did not start")
            time.sleep(0.05)
        with LocalPlatform() as platform:
            yield Surroundings(engine, platform, port, password)
    finally:
        ftp.kill()
        ftp.wait()


def clean_environment() -> dict[str, str]:
    """This process's environment without what would reach into a stack or a Python of its own."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PREVISION", "PULUMI_", "PYTHON", "VIRTUAL_ENV"))}


def run(command: Sequence[str], environment: Mapping[str, str], folder: Path, *, may_fail: bool = False) -> str:
    """What a command prints on its standard output.

    Raises:
        Failed: it failed.
    """
    done = subprocess.run(  # noqa: S603
        command,
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 and not may_fail:
        raise Failed(f"`{' '.join(command)}` ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout
