"""Every Python that this package supports, as far as this machine has them, with what the provider host needs.

    python -m tests.host.pythons

prepares their environments in a cache folder, which downloads some 40 MB for each Python the first time, and prints
what is missing. Tests do the same when they need one. Standard library only.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SUPPORTED: Final = ("3.10", "3.11", "3.12", "3.13")
THIS: Final = f"{sys.version_info[0]}.{sys.version_info[1]}"
DEPENDENCIES: Final = ("pulumi", "pydantic", "requests", "urllib3")
"""What the package depends on; the environments get the versions that the tests run with."""


class PythonMissing(Exception):
    """There is no such Python here, or its environment cannot be made."""


def interpreter(version: str) -> str:
    """A Python of that version that runs, bare of packages."""
    variable = f"PREVISIONIO_TEST_PYTHON{version.replace('.', '')}"

    def candidates() -> Iterator[str | None]:
        yield os.environ.get(variable)
        if version == THIS:
            yield sys.executable
        yield shutil.which(f"python{version}")
        root = os.environ.get("PYENV_ROOT") or _output("pyenv", "root") or str(Path.home() / ".pyenv")
        yield from (str(path) for path in sorted(Path(root).glob(f"versions/{version}.*/bin/python")))

    for candidate in candidates():
        # Run it: what pyenv puts on the PATH may answer that no such version is switched on.
        if candidate and _output(candidate, "-c", "import sys; print(*sys.version_info[:2], sep='.')") == version:
            return candidate
    raise PythonMissing(f"no Python {version} on the PATH or among pyenv's; {variable} may name one")


def with_pulumi(version: str) -> str:
    """A Python of that version that has the packages of `DEPENDENCIES`: this one, or one of an environment."""
    if version == THIS:
        return sys.executable
    bare = interpreter(version)
    requirements = [f"{name}=={importlib.metadata.version(name)}" for name in DEPENDENCIES]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    key = hashlib.sha256(" ".join([bare, *requirements]).encode()).hexdigest()[:12]
    folder = cache / "pulumi-previsionio" / f"python-{version}-{key}"
    inside = folder / "bin" / "python"
    if not inside.exists():
        _build(bare, folder, requirements)
    return str(inside)


def _build(bare: str, folder: Path, requirements: list[str]) -> None:
    """Build under another name and rename: what is in the cache is whole, however many build at the same time."""
    print(f"Preparing {folder} (once; some 40 MB of downloads)", file=sys.stderr)
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=folder.parent))
    try:
        _install(bare, unfinished, requirements)
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
    except OSError:
        if not folder.exists():
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _install(bare: str, folder: Path, requirements: list[str]) -> None:
    uv = shutil.which("uv", path=os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")]))
    inside = str(folder / "bin" / "python")
    installer = [uv, "pip", "install", "--python", inside] if uv else [inside, "-m", "pip", "install"]
    variables = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    if Path("/etc/ssl/certs/ca-certificates.crt").exists():
        variables["UV_SYSTEM_CERTS"] = "1"  # behind a company's proxy only the system knows its authority
    for step in (
        [bare, "-m", "venv", *(["--without-pip"] if uv else []), str(folder)],
        [*installer, "--quiet", *requirements],
    ):
        done = subprocess.run(
            step, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode != 0:
            raise PythonMissing(f"{' '.join(step)} failed: {done.stdout}")


def _output(*command: str) -> str:
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
