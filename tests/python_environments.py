"""Other Pythons than the tests' own: finding them, and environments for them in a cache folder of the user's.

    python -m tests.python_environments

prepares an environment with Pulumi for every Python that this package supports and this machine has, which downloads
some 40 MB for each the first time, and prints what is missing. Tests do the same when they need one. Standard library
only.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

SUPPORTED: Final = ("3.10", "3.11", "3.12", "3.13")
THIS: Final = f"{sys.version_info[0]}.{sys.version_info[1]}"
DEPENDENCIES: Final = ("pulumi", "pydantic", "requests", "urllib3")
"""What the package depends on; the environments get the versions that the tests run with."""


class PythonMissing(Exception):
    """This machine has no Python of that version."""


class EnvironmentFailed(Exception):
    """An environment could not be made; the message holds what the installer said."""


def interpreter(version: str) -> str:
    """A Python of that version that runs: `PREVISIONIO_TEST_PYTHON313` and the like, on the PATH, or one of pyenv's."""
    variable = f"PREVISIONIO_TEST_PYTHON{version.replace('.', '')}"

    def candidates() -> Iterator[str | None]:
        yield os.environ.get(variable)
        if version == THIS:
            yield sys.executable
        yield shutil.which(f"python{version}")
        root = os.environ.get("PYENV_ROOT") or output("pyenv", "root") or str(Path.home() / ".pyenv")
        with suppress(OSError):  # the folder may be another user's
            yield from [str(path) for path in sorted(Path(root).glob(f"versions/{version}.*/bin/python"))]

    for candidate in candidates():
        # Run it: what pyenv puts on the PATH may answer that no such version is switched on.
        if candidate and output(candidate, "-c", "import sys; print(*sys.version_info[:2], sep='.')") == version:
            return candidate
    raise PythonMissing(f"no Python {version} on the PATH or among pyenv's; {variable} may name one")


def with_pulumi(version: str) -> str:
    """A Python of that version that has the packages of `DEPENDENCIES`: this one, or one of an environment."""
    if version == THIS:
        return sys.executable
    bare = interpreter(version)
    requirements = [f"{name}=={importlib.metadata.version(name)}" for name in DEPENDENCIES]
    folder = cache_folder(f"python-{version}", bare, *requirements)
    if not is_built(folder):
        build(folder, bare, requirements, "some 40 MB")
    return python_of(folder)


def cache_folder(name: str, *pins: str) -> Path:
    """The folder of the environment that has these pins, made or not."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    key = hashlib.sha256("\n".join([*pins, platform.machine()]).encode()).hexdigest()[:12]
    return cache / "pulumi-previsionio" / f"{name}-{key}"


def python_of(folder: Path) -> str:
    return str(folder / "bin" / "python")


def is_built(folder: Path) -> bool:
    # The link's target, too: the Python that the environment was made with may be gone.
    return Path(python_of(folder)).exists()


def build(
    folder: Path,
    python: str,
    requirements: Sequence[str],
    download: str,
    finish: Callable[[Path], None] = lambda _: None,
) -> None:
    """Build an environment under another name, `finish` it and rename.

    What is in the cache is whole, however many build at the same time.
    """
    print(f"Preparing {folder} (once; {download} of downloads)", file=sys.stderr)
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=folder.parent))
    try:
        _install(python, unfinished, requirements)
        finish(unfinished)
        shutil.rmtree(folder, ignore_errors=True)  # without a Python that exists, if it is there at all
        unfinished.rename(folder)
    except OSError:
        if not is_built(folder):
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _install(python: str, folder: Path, requirements: Sequence[str]) -> None:
    uv = shutil.which("uv", path=os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")]))
    inside = python_of(folder)
    installer = [uv, "pip", "install", "--python", inside] if uv else [inside, "-m", "pip", "install"]
    variables = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    if Path("/etc/ssl/certs/ca-certificates.crt").exists():
        variables["UV_SYSTEM_CERTS"] = "1"  # behind a company's proxy only the system knows its authority
    for step in (
        [python, "-m", "venv", *(["--without-pip"] if uv else []), str(folder)],
        [*installer, "--quiet", *requirements],
    ):
        done = subprocess.run(
            step, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode != 0:
            raise EnvironmentFailed(f"{' '.join(step)} failed: {done.stdout}")


def output(*command: str) -> str:
    """What a command prints, or nothing if it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _describe(version: str) -> str:
    try:
        return with_pulumi(version)
    except PythonMissing as missing:
        return str(missing)


if __name__ == "__main__":
    for each in SUPPORTED:
        print(f"Python {each}: {_describe(each)}")
