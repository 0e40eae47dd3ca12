"""`make dist`: builds both distributions, looks into them, installs them everywhere and runs a stack with each.

    python -m tools.dist                 all of it
    python -m tools.dist --python 3.12   on that Python only
    python -m tools.dist --contents      builds and looks into them, installs nothing

What it makes is in `dist`. A failure is told with the step that failed.
"""

from __future__ import annotations

import argparse
import email.message
import email.parser
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tests.python_environments import SUPPORTED, PythonMissing, interpreter
from tools.lifecycle import ROOT, Failed, Surroundings, clean_environment, run, surroundings

DIST: Final = ROOT / "dist"
Resolution = Literal["lowest-direct", "highest"]
RESOLUTIONS: Final[tuple[Resolution, ...]] = ("lowest-direct", "highest")


@dataclass(frozen=True)
class Distribution:
    """One distribution: where it is, what its wheel may hold, and the commands that it brings."""

    name: str
    folder: Path
    package: str
    commands: tuple[str, ...]

    @property
    def file_name(self) -> str:
        """How its files begin."""
        return self.name.replace("-", "_")

    @property
    def wheel(self) -> Path:
        """The wheel in `dist`."""
        (found,) = DIST.glob(f"{self.file_name}-*.whl")
        return found

    @property
    def sdist(self) -> Path:
        """The source archive in `dist`."""
        (found,) = DIST.glob(f"{self.file_name}-*.tar.gz")
        return found


PROVIDER: Final = Distribution(
    "pulumi-previsionio", ROOT, "pulumi_previsionio", ("pulumi-previsionio", "pulumi-resource-previsionio")
)
LOCAL: Final = Distribution("previsionio-local", ROOT / "local_platform", "previsionio_local", ("previsionio-local",))
DISTRIBUTIONS: Final = (PROVIDER, LOCAL)
_NEEDED_URLS: Final = {"Changelog", "Documentation", "Issues", "Source"}
_NOT_FOR_USERS: Final = re.compile(r"(^|/)(tests|benchmarks|tools|\.github|\.ci|examples)/|\.(pem|key)$|(^|/)\.env")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.dist", description="Builds, checks and tries the release.")
    parser.add_argument("--contents", action="store_true", help="build and look, install nothing")
    parser.add_argument("--python", action="append", choices=SUPPORTED, help="on that Python only; may be repeated")
    options = parser.parse_args()
    try:
        build()
        look_into_all()
        if not options.contents:
            try_everywhere(options.python or SUPPORTED)
    except Failed as failure:
        print(f"dist: {failure}", file=sys.stderr)
        return 1
    print(f"dist: {', '.join(sorted(file.name for file in DIST.iterdir()))} are ready")
    return 0


def build() -> None:
    """Builds wheel and source archive of each distribution: the wheel out of the archive, as packagers do."""
    shutil.rmtree(DIST, ignore_errors=True)
    for each in DISTRIBUTIONS:
        say(f"building {each.name}")
        uv("build", "--quiet", "--no-sources", f"--out-dir={DIST}", str(each.folder))
    for file in DIST.glob(".gitignore"):
        file.unlink()
    run([sys.executable, "-m", "twine", "check", "--strict", *map(str, DIST.iterdir())], os.environ, ROOT)


# What is inside


def look_into_all() -> None:
    """Fails with everything that is wrong with the files in `dist`."""
    if problems := [problem for each in DISTRIBUTIONS for problem in look_into(each)]:
        raise Failed("\n".join(problems))


def look_into(each: Distribution) -> list[str]:
    """What is wrong with a distribution's files, one line each."""
    with zipfile.ZipFile(each.wheel) as wheel:
        names = wheel.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        problems = wheel_problems(each, names, email.parser.BytesParser().parsebytes(wheel.read(metadata)))
    with tarfile.open(each.sdist) as sdist:
        files = [name.partition("/")[2] for name in sdist.getnames()]
    needed = ("LICENSE", "README.md", "pyproject.toml")
    problems += [f"{each.sdist.name} holds {name}, which no user needs" for name in files if is_unwanted(name)]
    return problems + [f"{each.sdist.name} lacks {name}" for name in needed if name not in files]


def wheel_problems(each: Distribution, names: Sequence[str], metadata: email.message.Message) -> list[str]:
    """What is wrong with a wheel that holds these files and this metadata."""
    info = f"{each.file_name}-{metadata['Version']}.dist-info/"
    strangers = [name for name in names if not name.startswith((f"{each.package}/", info))]
    problems = [f"{each.name}: the wheel holds {name}, which is not the package's" for name in strangers]
    problems += [f"{each.name}: the wheel holds {name}, which no user needs" for name in names if is_unwanted(name)]
    if f"{info}licenses/LICENSE" not in names:
        problems.append(f"{each.name}: the wheel lacks its license")
    if f"{each.package}/py.typed" not in names:
        problems.append(f"{each.name}: the wheel lacks py.typed")
    return problems + list(metadata_problems(each, metadata))


def metadata_problems(each: Distribution, metadata: email.message.Message) -> Iterator[str]:
    """What the package index would not say of it, or not rightly."""
    urls = {entry.partition(",")[0] for entry in metadata.get_all("Project-URL", [])}
    if missing := _NEEDED_URLS - urls:
        yield f"{each.name}: no URL {', '.join(sorted(missing))}"
    classified = {entry.rpartition(" ")[2] for entry in metadata.get_all("Classifier", []) if ":: 3." in entry}
    if classified != set(SUPPORTED):
        yield f"{each.name}: the classifiers name Python {sorted(classified)}, the tests run on {sorted(SUPPORTED)}"
    if not metadata.get_all("Author-email") and not metadata.get_all("Author"):
        yield f"{each.name}: no author"
    if metadata["License-Expression"] != "Apache-2.0":
        yield f"{each.name}: its license is {metadata['License-Expression']}"
    text = str(metadata.get_payload())
    relative = re.findall(r"\]\((?!https?:|#|mailto:)([^)\s]+)\)", text)
    yield from (f"{each.name}: the README's link {link} leads nowhere on the package index" for link in relative)


def is_unwanted(name: str) -> bool:
    """Whether a file is of no use to those who install the package."""
    return bool(_NOT_FOR_USERS.search(name))


# Whether it runs


def try_everywhere(pythons: Sequence[str]) -> None:
    """Installs the wheels on each Python, with the lowest and the newest dependencies, and runs a stack with each."""
    with surroundings() as around:
        for version in pythons:
            try:
                python = interpreter(version)
            except PythonMissing as missing:
                say(f"left out: {missing}")
                continue
            for resolution in RESOLUTIONS:
                try_one(around, python, version, resolution)


def try_one(around: Surroundings, python: str, version: str, resolution: Resolution) -> None:
    """Without extras the provider alone, then with `[local]` the local platform beside it."""
    with tempfile.TemporaryDirectory(prefix="previsionio-dist-") as folder:
        inside = environment(Path(folder), python)
        install(inside, resolution, str(PROVIDER.wheel))
        _answers_help(inside, PROVIDER)
        _misses_the_extra(inside)
        around.live(inside)
        install(inside, resolution, f"{PROVIDER.name}[local] @ file://{PROVIDER.wheel}")
        for each in DISTRIBUTIONS:
            _answers_help(inside, each)
        around.live(inside)
        installed = run([str(inside), "-m", "pulumi_previsionio._cli", "--version"], clean_environment(), ROOT).strip()
    say(f"Python {version}, {resolution} dependencies: {installed} made, read, refreshed and destroyed a stack")


def environment(folder: Path, python: str) -> Path:
    """The Python of a new virtual environment."""
    uv("venv", "--quiet", "--seed", "--python", python, str(folder / "venv"))  # the engine asks pip what there is
    return folder / "venv" / "bin" / "python"


def install(python: Path, resolution: Resolution, *requirements: str) -> None:
    """Installs into an environment, the other distribution from `dist` and all else from the index."""
    uv(
        *("pip", "install", "--quiet", f"--python={python}", f"--resolution={resolution}", f"--find-links={DIST}"),
        # Wheels of the same version may be in uv's cache from before the last change.
        *(f"--refresh-package={each.name}" for each in DISTRIBUTIONS),
        *("--prerelease=if-necessary-or-explicit", *requirements),
    )
    uv("pip", "check", "--quiet", f"--python={python}")


def _answers_help(python: Path, each: Distribution) -> None:
    for command in each.commands:
        if "Usage:" not in run([str(python.parent / command), "--help"], clean_environment(), ROOT):
            raise Failed(f"`{command} --help` does not say how it is used")


def _misses_the_extra(python: Path) -> None:
    """Without `[local]` the command that needs it says so in one line."""
    done = subprocess.run(  # noqa: S603
        [str(python.parent / "pulumi-previsionio"), "local"],
        env=clean_environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stderr.strip().splitlines()
    if done.returncode == 0 or len(lines) != 1 or "pulumi-previsionio[local]" not in lines[0]:
        raise Failed(f"without its extra, `pulumi-previsionio local` says\n{done.stdout}{done.stderr}")


def uv(*arguments: str) -> None:
    """Runs `uv`, which the environment of this project has."""
    run([sys.executable, "-m", "uv", *arguments], clean_environment(), ROOT)


def say(line: str) -> None:
    """Progress, for whoever waits."""
    print(f"dist: {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
