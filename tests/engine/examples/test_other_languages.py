"""examples/typescript and examples/go: what users get from the plugin's schema compiles, and programs with it run.

No registry has today's language hosts of TypeScript and Go. Those of `tools/engine/hosts`, which are older, run
programs; `tools/sdks` writes what only today's hosts write: classes for `pulumi package add`, programs for
`pulumi import`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from previsionio_local import LocalPlatform
from pulumi_previsionio._native.servicer import SCHEMA

from tests.engine.examples.copies import EXAMPLES, Copy
from tests.engine.objects import Objects
from tests.engine.pulumi_cli import Stack
from tests.python_environments import cache_folder
from tests.servers.proftpd import FTP

TOOLS = Path(__file__).parents[3] / "tools"
GO = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"}
"""As the engine is built, so that what Go has compiled for that serves here too."""
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


def on_the_path(name: str) -> str:
    if found := shutil.which(name):
        return found
    pytest.fail(f"no {name} on the PATH: `make languages` is there to compile with it")


@pytest.fixture(scope="module")
def sdks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `nodejs` and `go`, generated from the schema that the plugin hands out."""
    folder = tmp_path_factory.mktemp("sdks")
    run(on_the_path("go"), "run", "-trimpath", ".", SCHEMA, folder, cwd=TOOLS / "sdks", environment=GO)
    return folder


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Path:
    """A folder with what runs programs in Go and TypeScript, beside the engine's own hosts."""
    folder = tmp_path_factory.mktemp("hosts")
    sdk = "github.com/pulumi/pulumi/sdk/v3"
    packages = (f"{sdk}/go/pulumi-language-go", f"{sdk}/nodejs/cmd/pulumi-language-nodejs")
    build = (on_the_path("go"), "build", "-trimpath", "-ldflags", "-s -w", "-o", folder, *packages)
    run(*build, cwd=TOOLS / "engine" / "hosts", environment=GO)
    return folder


@pytest.fixture(scope="module")
def writers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with hosts that write the programs of `pulumi import`."""
    folder = tmp_path_factory.mktemp("writers")
    writer = folder / "host"
    run(on_the_path("go"), "build", "-trimpath", "-o", writer, "./host", cwd=TOOLS / "sdks", environment=GO)
    for language in ("python", "nodejs", "go"):
        (folder / f"pulumi-language-{language}").symlink_to(writer)
    return folder


@pytest.fixture
def configured(copy: Callable[..., Copy], ftp: FTP, hosts: Path) -> Callable[[str], Copy]:
    """Makes a copy of the example of that name; the tests' own virtual environment is its `.venv`."""

    def make(name: str) -> Copy:
        example = copy("typescript") if name == "typescript" else copy("go")
        (example.folder / ".venv").symlink_to(sys.prefix)
        example.timeout = TIMEOUT
        example.environment |= {
            "FTP_HOST": ftp.host,
            "FTP_PORT": str(ftp.port),
            "FTP_USERNAME": ftp.username,
            "CRM_PASSWORD": "in-no-state",
        }
        example.environment["PULUMI_NODEJS_TRANSPILE_ONLY"] = "true"  # the tests have the types checked
        example.add_to_path({**places_of_go(), "PATH": os.pathsep.join([str(hosts), os.environ["PATH"]])})
        return example

    return make


def places_of_go() -> dict[str, str]:
    """Where Go keeps what it has: in the tester's home, which stacks do not see."""
    names = ("GOPATH", "GOMODCACHE", "GOCACHE", "GOPROXY")
    shown = subprocess.run([on_the_path("go"), "env", "-json", *names], stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, str] = json.loads(shown.stdout)
    return {**found, **GO}


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
        run(on_the_path("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=unfinished)
        try:
            unfinished.rename(folder)
        except OSError:  # somebody else was faster
            shutil.rmtree(unfinished)
    return folder / "node_modules"


def with_sdk(example: Copy, sdks: Path) -> Copy:
    """What `pulumi package add` and `npm install` make of the example, or `pulumi package gen-sdk`."""
    if example.example == "go":
        shutil.copytree(sdks / "go", example.folder / "sdks" / "go")
        example.run("cp sdk.mod sdks/go/previsionio/go.mod")
        return example
    shutil.copytree(sdks / "nodejs", example.folder / "sdks" / "previsionio")
    ours = example.folder / "node_modules"
    (ours / "@pulumi").mkdir(parents=True)
    for package in packages().iterdir():
        if package.name != "@pulumi":
            (ours / package.name).symlink_to(package)
    # A real folder: Node.js looks from there for what it needs, the classes' own `@pulumi/pulumi` among it.
    (ours / "@pulumi" / "pulumi").symlink_to(packages() / "@pulumi" / "pulumi")
    (ours / "@pulumi" / "previsionio").symlink_to(example.folder / "sdks" / "previsionio")
    return example


def test_a_stack_in_typescript(
    configured: Callable[[str], Copy], sdks: Path, platform: LocalPlatform, ftp: FTP
) -> None:
    node, example = on_the_path("node"), with_sdk(configured("typescript"), sdks)

    compiler = example.folder / "node_modules" / "typescript" / "bin" / "tsc"
    run(node, compiler, "--project", "sdks/previsionio", "--outDir", "sdks/previsionio/bin", cwd=example.folder)
    run(node, compiler, "--project", ".", "--noEmit", cwd=example.folder)
    follow(example, platform, ftp, skip="venv|package add|npm")


def test_a_stack_in_go(configured: Callable[[str], Copy], sdks: Path, platform: LocalPlatform, ftp: FTP) -> None:
    go, example = on_the_path("go"), with_sdk(configured("go"), sdks)

    run(go, "vet", ".", cwd=example.folder, environment=GO)
    follow(example, platform, ftp, skip="venv|gen-sdk|^cp")


# What `pulumi import` writes

KEY = {"type": "service_account", "project_id": "p", "client_email": "c@example.org", "private_key": "k\n"}
SERVER = {"host": "h", "port": 1, "username": "u", "password": "known"}
THEIRS: dict[str, dict[str, Any]] = {
    "SQLConnector": {"type": "SQL", **SERVER},
    "FTPConnector": {"type": "FTP", **SERVER},
    "SFTPConnector": {"type": "SFTP", **SERVER},
    "S3Connector": {"type": "S3", "username": "u", "password": "known"},
    "GCPConnector": {"type": "GCP", "googleCredentials": KEY},
}


@pytest.fixture
def theirs(platform: LocalPlatform) -> list[dict[str, str]]:
    """What was on the platform before, of every kind but datasets, for `pulumi import --file`."""
    connectors = [{"name": f"their {kind}", **body} for kind, body in THEIRS.items()]
    ids = dict(zip(THEIRS, platform.seed(connectors=connectors)["connectors"], strict=True))
    table = {"connector_id": ids["SQLConnector"], "database": "d", "table": "t"}
    cloud = {"connector_id": ids["GCPConnector"], "g_cloud": "BigQuery", "database": "d", "table": "t"}
    sources = platform.seed(data_sources=[{"name": "table", **table}, {"name": "cloud", **cloud}])["data_sources"]
    (project,) = platform.seed(projects=[{"name": "team", "description": "d", "color": "#0000aa"}])["projects"]
    found = [*ids.items(), *(("Datasource", id_) for id_ in sources), ("Project", project)]
    return [
        {"type": f"previsionio:index:{kind}", "name": f"their{number}", "id": id_}
        for number, (kind, id_) in enumerate(found)
    ]


@pytest.mark.parametrize("language", ["python", "nodejs", "go"])
def test_pulumi_import_writes_a_program_that_changes_nothing(
    language: str,
    theirs: list[dict[str, str]],
    configured: Callable[[str], Copy],
    new_stack: Callable[..., Stack],
    platform: LocalPlatform,
    sdks: Path,
    writers: Path,
) -> None:
    """The platform tells no secret: the program asks for each with an empty text."""
    names = {"python": "__main__.py", "nodejs": "index.ts", "go": "main.go"}
    if language == "python":
        stack: Stack = new_stack("stack", platform)
        stack.describe_project("python", plugin=True)
        stack.program("")
    else:
        stack = with_sdk(configured({"nodejs": "typescript"}.get(language, language)), sdks)
        stack.cli("stack", "init", "dev")
    program = stack.folder / names[language]
    file = stack.folder / "import.json"
    file.write_text(json.dumps({"resources": theirs}))
    usual = stack.path
    stack.environment["PATH"] = os.pathsep.join([str(writers), usual])
    imported = stack.cli("import", f"--file={file}", "--yes", "--skip-preview", f"--out={program}")
    assert not [line for line in imported.warnings if "from $PATH" not in line]
    stack.environment["PATH"] = usual

    # In the place of a key, which may be written in more than one way, it writes an empty object.
    empty = r"(oogle_?[cC]redentials\W+(?:pulumi\.Any\()?)(?:map\[string\]interface{})?{}"
    written, keys = re.subn(empty, rf"\1{_quoted(KEY)}", program.read_text())
    assert keys == 1
    program.write_text(written.replace('""', '"known"'))
    if language == "python":
        assert "import pulumi_previsionio.native as previsionio" in written
    if language == "nodejs":
        compiler = stack.folder / "node_modules" / "typescript" / "bin" / "tsc"
        run(on_the_path("node"), compiler, "--project", ".", "--noEmit", cwd=stack.folder)
    if language == "go":  # so that the host finds most of it compiled
        run(on_the_path("go"), "build", "-o", os.devnull, ".", cwd=stack.folder, environment=GO)
    assert stack.preview().changes == {}


def _quoted(key: dict[str, str]) -> str:
    """A key as JSON, in a text that all three languages read; with its backslashes doubled for `re.sub`."""
    return json.dumps(json.dumps(key)).replace("\\", "\\\\")


def follow(example: Copy, platform: LocalPlatform, ftp: FTP, *, skip: str) -> None:
    """Runs the rest of the README."""
    example.follow_readme({"ftpPassword": ftp.password}, skip=skip)
    assert sorted(Objects(platform).names()) == ["crm", "customers", "files"]
    assert example.preview().changes == {}
    assert set(example.destroy().changes.values()) == {"delete"}
