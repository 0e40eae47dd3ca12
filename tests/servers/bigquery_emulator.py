"""The BigQuery emulator, in a Python environment of its own that all test runs of a user share.

`local-bigquery` answers as BigQuery does in all that the tests ask, but wants Python 3.13.  Without one, `bqemulator`
takes its place: it runs on the Python of the tests and does enough of the same.  Neither checks who asks; that is the
business of `google_gate`.

    python -m tests.servers.bigquery_emulator

prepares the environment, which downloads some 200 MB the first time, and prints where it is.  Standard library only.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.servers.process import HOST, ServerError

LOCAL_BIGQUERY = Path(__file__).with_name("local_bigquery_requirements.txt")
BQEMULATOR = "\n".join(
    [
        "bqemulator==1.4.0",
        "duckdb==1.5.5",
        "duckdb-extension-icu==1.5.5",
        "duckdb-extension-spatial==1.5.5",
        "numpy",  # wanted by DuckDB for functions written in Python
    ]
)


@dataclass(frozen=True)
class Emulator:
    """An environment with one of the two emulators."""

    name: str
    folder: Path

    @property
    def home(self) -> Path:
        """Home folder for the server: DuckDB looks for its extensions there."""
        return self.folder / "home"

    def command(self, port: int, grpc_port: int, project: str, data: Path) -> list[str]:
        python = str(self.folder / "bin" / "python")
        ports = [str(port), str(grpc_port)]
        # Not through the scripts in bin/: they name the folder that the environment was built in.
        if self.name == "local-bigquery":
            script = "from local_bigquery.cli import main; main()"
            where = ["--host", HOST, "--port", ports[0], "--grpc-port", ports[1]]
            return [python, "-c", script, *where, "--project", project, "--dataset", "main", "--data-dir", str(data)]
        where = ["--rest-host", HOST, "--rest-port", ports[0], "--grpc-host", HOST, "--grpc-port", ports[1]]
        return [python, "-m", "bqemulator", "start", *where, "--project", project]


def prepare() -> Emulator:
    """The emulator's environment from the cache, or built into it."""
    best = Emulator("local-bigquery", _cache_folder("local-bigquery", LOCAL_BIGQUERY.read_text(), "3.13"))
    if _is_built(best):
        return best
    python = find_python_3_13()
    if python:
        _build(best, python, LOCAL_BIGQUERY.read_text())
        return best
    fallback = Emulator("bqemulator", _cache_folder("bqemulator", BQEMULATOR, platform.python_version()))
    if not _is_built(fallback):
        _build(fallback, sys.executable, BQEMULATOR)
    return fallback


def find_python_3_13() -> str | None:
    """A Python 3.13 that runs: `PREVISIONIO_TEST_PYTHON313`, `python3.13` on the PATH, or one of pyenv's."""

    def candidates() -> Iterator[str | None]:
        yield os.environ.get("PREVISIONIO_TEST_PYTHON313")
        yield shutil.which("python3.13")
        root = os.environ.get("PYENV_ROOT") or str(Path.home() / ".pyenv")
        with suppress(OSError):  # the folder may be another user's
            yield from [str(path) for path in sorted(Path(root).glob("versions/3.13*/bin/python"))]

    for candidate in candidates():
        # Run it: what pyenv puts on the PATH as `python3.13` may answer that no such version is switched on.
        if candidate and _output(candidate, "-c", "import sys; print(*sys.version_info[:2])") == "3 13":
            return candidate
    return None


def _cache_folder(name: str, requirements: str, python: str) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    key = hashlib.sha256(f"{requirements} {python} {platform.machine()}".encode()).hexdigest()[:12]
    return cache / "pulumi-previsionio" / f"{name}-{key}"


def _is_built(emulator: Emulator) -> bool:
    # The link's target, too: the Python that the environment was made with may be gone.
    return (emulator.folder / "bin" / "python").exists()


def _build(emulator: Emulator, python: str, requirements: str) -> None:
    """Build under another name and rename: what is in the cache is whole, however many build at the same time."""
    print(f"Preparing {emulator.name} in {emulator.folder} (once; some 200 MB of downloads)", file=sys.stderr)
    emulator.folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=emulator.folder.parent))
    try:
        (unfinished / "requirements.txt").write_text(requirements)
        _install(python, unfinished)
        _add_duckdb_extensions(unfinished)
        shutil.rmtree(emulator.folder, ignore_errors=True)  # without a Python that exists, if it is there at all
        unfinished.rename(emulator.folder)
    except OSError:
        if not _is_built(emulator):
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _install(python: str, folder: Path) -> None:
    uv = shutil.which("uv", path=os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")]))
    requirements = str(folder / "requirements.txt")
    inside = str(folder / "bin" / "python")
    if uv:
        steps = [
            [python, "-m", "venv", "--without-pip", str(folder)],
            [uv, "pip", "install", "--quiet", "--python", inside, "--requirement", requirements],
        ]
    else:
        steps = [
            [python, "-m", "venv", str(folder)],
            [inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements],
        ]
    variables = dict(os.environ)
    if Path("/etc/ssl/certs/ca-certificates.crt").exists():
        variables["UV_SYSTEM_CERTS"] = "1"  # behind a company's proxy only the system knows its authority
    for step in steps:
        done = subprocess.run(
            step, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode != 0:
            raise ServerError(f"The BigQuery emulator's environment could not be made: {' '.join(step)}\n{done.stdout}")


def _add_duckdb_extensions(folder: Path) -> None:
    """Put DuckDB's extensions, which come as Python packages here, where DuckDB would put those it downloads."""
    for extension in folder.glob("lib/python*/site-packages/duckdb_extension_*/extensions/*/*.duckdb_extension"):
        version = extension.parent.name
        system = _output(
            str(folder / "bin" / "python"),
            "-c",
            "import duckdb; print(*duckdb.connect().execute('PRAGMA platform').fetchone())",
        )
        target = folder / "home" / ".duckdb" / "extensions" / version / system
        target.mkdir(parents=True, exist_ok=True)
        extension.rename(target / extension.name)
    (folder / "home").mkdir(exist_ok=True)


def _output(*command: str) -> str:
    """What a command prints, or nothing if it can not be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


if __name__ == "__main__":
    try:
        prepared = prepare()
    except ServerError as error:
        sys.exit(str(error))
    print(f"{prepared.name}: {prepared.folder}")
