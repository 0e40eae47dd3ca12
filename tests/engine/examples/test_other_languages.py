"""examples/typescript and examples/go: what users get from the plugin's schema compiles, and so do programs with it.

`pulumi package add` has language hosts generate the classes, which no registry has: `tools/sdks` calls the generators
themselves. Where an installed Pulumi has the hosts, the programs run as well.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from previsionio_local import LocalPlatform
from pulumi_previsionio._native.servicer import SCHEMA

from tests.engine.examples.copies import EXAMPLES, Copy
from tests.engine.objects import Objects
from tests.python_environments import cache_folder
from tests.servers.proftpd import FTP

TOOL = Path(__file__).parents[3] / "tools" / "sdks"
TIMEOUT = 900.0
"""Seconds; the first time Go compiles Pulumi's whole SDK."""


def run(*command: str | Path, cwd: Path, environment: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def program(name: str) -> str:
    if found := shutil.which(name):
        return found
    pytest.fail(f"no {name} on the PATH: `make languages` is there to compile with it")


@pytest.fixture(scope="module")
def sdks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `nodejs` and `go`, generated from the schema that the plugin hands out."""
    folder = tmp_path_factory.mktemp("sdks")
    # As the engine is built, so that what Go has compiled for that serves here too.
    environment = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"}
    run(program("go"), "run", "-trimpath", ".", SCHEMA, folder, cwd=TOOL, environment=environment)
    return folder


@pytest.fixture
def configured(copy: Callable[..., Copy], ftp: FTP) -> Callable[[str], Copy]:
    def make(name: str) -> Copy:
        example = copy("typescript") if name == "typescript" else copy("go")
        (example.folder / ".venv").symlink_to(sys.prefix)
        example.environment |= {
            "FTP_HOST": ftp.host,
            "FTP_PORT": str(ftp.port),
            "FTP_USERNAME": ftp.username,
            "CRM_PASSWORD": "in-no-state",
        }
        return example

    return make


def packages() -> Path:
    """The packages of npm that the example's lock file pins, in a cache folder."""
    names = ("package.json", "package-lock.json")
    pins = [(EXAMPLES / "typescript" / name).read_text() for name in names]
    folder = cache_folder("npm", *pins)
    if not folder.exists():
        unfinished = folder.with_name(f"unfinished-npm-{os.getpid()}")
        unfinished.mkdir(parents=True)
        for name, text in zip(names, pins, strict=True):
            (unfinished / name).write_text(text)
        run(program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=unfinished)
        try:
            unfinished.rename(folder)
        except OSError:  # somebody else was faster
            shutil.rmtree(unfinished)
    return folder / "node_modules"


def test_what_is_generated_for_typescript_compiles(
    configured: Callable[[str], Copy], sdks: Path, platform: LocalPlatform, ftp: FTP
) -> None:
    node, example = program("node"), configured("typescript")
    shutil.copytree(sdks / "nodejs", example.folder / "sdks" / "previsionio")
    ours = example.folder / "node_modules"
    (ours / "@pulumi").mkdir(parents=True)
    for package in packages().iterdir():
        if package.name != "@pulumi":
            (ours / package.name).symlink_to(package)
    (ours / "@pulumi" / "pulumi").symlink_to(packages() / "@pulumi" / "pulumi")
    (ours / "@pulumi" / "previsionio").symlink_to(example.folder / "sdks" / "previsionio")

    compiler = ours / "typescript" / "bin" / "tsc"
    for project in ("sdks/previsionio", "."):
        run(node, compiler, "--project", project, "--noEmit", cwd=example.folder)
    if shutil.which("pulumi-language-nodejs", path=str(example.engine)):
        follow(example, platform, ftp, skip="venv|package add|npm")


def test_what_is_generated_for_go_compiles(
    configured: Callable[[str], Copy], sdks: Path, platform: LocalPlatform, ftp: FTP
) -> None:
    go, example = program("go"), configured("go")
    shutil.copytree(sdks / "go", example.folder / "sdks" / "go")
    example.run("cp sdk.mod sdks/go/previsionio/go.mod")

    run(go, "vet", "./...", cwd=example.folder, environment={"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"})
    if shutil.which("pulumi-language-go", path=str(example.engine)):
        follow(example, platform, ftp, skip="venv|gen-sdk|^cp")


def follow(example: Copy, platform: LocalPlatform, ftp: FTP, *, skip: str) -> None:
    """Runs the rest of the README."""
    example.follow_readme({"ftpPassword": ftp.password}, skip=skip)
    assert sorted(Objects(platform).names()) == ["crm", "customers", "files"]
    assert set(example.destroy().changes.values()) == {"delete"}
