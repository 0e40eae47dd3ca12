"""`make up` and `make down` on a copy of the working tree, in a folder with a space in its name."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engine.conftest import ROOT
from tests.engine.pulumi_cli import QUICK_GO, with_quick_pip
from tests.platform.client import Client
from tests.secret_search import leaked

TIMEOUT = 120.0
SECRETS = ("token", "ftp-password", "passphrase")


@dataclass
class Checkout:
    """A copy of the working tree, which uses the virtual environment and the engine that are there already."""

    root: Path

    def make(self, target: str) -> str:
        """Runs make and returns all that it printed."""
        # Never made again from here: that would aim the shared virtual environment at this copy.
        return self.run(f"make --old-file=.venv/.quickstart {target}")

    def pulumi(self, arguments: str) -> str:
        """Runs `pulumi` as the closing line of `make up` tells people to."""
        return self.run(f". .state/env && pulumi {arguments}")

    def run(self, command: str) -> str:
        foreign = ("PREVISION_", "MAKE", "COVERAGE_")
        own = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        ran = subprocess.run(
            ["sh", "-c", f"{{ {command}; }} 2>&1"],
            cwd=self.root,
            env=with_quick_pip({**own, **QUICK_GO, "QUICK_PIP_PREFIX": str(self.root / ".venv")}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout
        return ran.stdout

    def secret(self, name: str) -> str:
        return (self.root / ".state" / name).read_text()

    def pid(self, service: str) -> int | None:
        file = self.root / ".state" / f"{service}.pid"
        return int(file.read_text()) if file.exists() else None

    def port(self, service: str) -> int:
        return int((self.root / ".state" / f"{service}.port").read_text())

    def client(self) -> Client:
        """Calls the platform, as its owner would by hand."""
        return Client(f"http://127.0.0.1:{self.port('platform')}", self.secret("token"))


@pytest.fixture
def checkout(engine: Path, tmp_path: Path) -> Iterator[Checkout]:
    assert engine.is_dir()
    root = tmp_path / "a clone"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(".*", "tests", "__pycache__", "Pulumi.*.yaml"))
    (root / ".venv").symlink_to(ROOT / ".venv")
    checkout = Checkout(root)
    yield checkout
    for service in ("platform", "ftp"):  # what a failed test left
        if pid := checkout.pid(service):
            os.kill(pid, signal.SIGKILL)


@contextmanager
def stranger_at(port: int) -> Iterator[None]:
    """Somebody else's process that listens there."""
    script = f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); print(flush=True); time.sleep(60)"
    with subprocess.Popen(["python3", "-c", script], stdout=subprocess.PIPE) as stranger:
        assert stranger.stdout
        stranger.stdout.readline()
        yield
        stranger.kill()


def runs(pid: int | None) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_up_again_drift_and_down(checkout: Checkout) -> None:
    first = checkout.make("up")
    assert "3 created" in first
    assert f"http://127.0.0.1:{checkout.port('platform')}" in first
    assert f"ftp://quickstart@127.0.0.1:{checkout.port('ftp')}/customers.csv" in first
    header, row = (ROOT / "tools" / "quickstart" / "files" / "customers.csv").read_text().splitlines()[:2]
    assert ", ".join(header.split(",")) in first
    assert ", ".join(row.split(",")) in first
    pids = [checkout.pid("platform"), checkout.pid("ftp")]

    assert "3 unchanged" in checkout.make("up")
    assert [checkout.pid("platform"), checkout.pid("ftp")] == pids

    # A port in other hands is told in one line.
    for pid in filter(None, pids):
        os.kill(pid, signal.SIGKILL)
    port = checkout.port("ftp")
    with stranger_at(port):
        told = checkout.run("! make --old-file=.venv/.quickstart up")
    assert f"quickstart: ftp: did not start on port {port}: " in told
    assert "Traceback" not in told

    # A process that died comes back under its old port, with its old data.
    third = checkout.make("up")
    assert "3 unchanged" in third
    assert ", ".join(row.split(",")) in third
    assert not set(pids) & {checkout.pid("platform"), checkout.pid("ftp")}

    # Somebody changes the connector on the platform: a refresh sees it, the preview shows the repair, `up` repairs.
    connector_id = json.loads(checkout.pulumi("stack output --json"))["connectorId"]
    connector = checkout.client().get(f"/connectors/{connector_id}")
    checkout.client().put(f"/connectors/{connector_id}", **connector | {"username": "stranger"})
    assert "[diff: ~username]" in checkout.pulumi("refresh --yes")
    preview = checkout.pulumi("preview --diff")
    assert '"stranger" => "quickstart"' in preview
    assert "1 updated" in checkout.make("up")
    assert checkout.client().get(f"/connectors/{connector_id}") == connector

    # Secrets are in private files and in no output, state or argument.
    secrets = [checkout.secret(name) for name in SECRETS]
    shown = [first, third, preview, checkout.pulumi("stack export"), checkout.pulumi("config")]
    arguments = [Path(f"/proc/{checkout.pid(service)}/cmdline").read_text() for service in ("platform", "ftp")]
    assert leaked(secrets, "\n".join(shown + arguments)) == []
    assert leaked(secrets, checkout.pulumi("stack export --show-secrets")) == secrets[:2]  # the search finds them
    files = [checkout.root / ".state", *(checkout.root / ".state" / name for name in SECRETS)]
    assert [file for file in files if file.stat().st_mode & 0o077] == []

    pids = [checkout.pid("platform"), checkout.pid("ftp")]
    down = checkout.make("down")
    assert "3 deleted" in down
    assert leaked(secrets, down) == []
    assert [checkout.pid("platform"), checkout.pid("ftp")] == [None, None]
    assert not any(runs(pid) for pid in pids)
    assert json.loads(checkout.pulumi("stack ls --json")) == []

    assert "does not run" in checkout.make("down")
