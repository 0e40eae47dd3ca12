"""What holds for every example."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.examples.compiled import SEAL, digest
from tests.engine.examples.copies import EXAMPLES, INSTALL

NAMES = sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir() and folder.name != "__pycache__")


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_project_that_a_reader_can_copy_and_a_test_runs(name: str) -> None:
    folder = EXAMPLES / name
    readme = (folder / "README.md").read_text()
    assert readme.startswith("# ")
    assert f"{INSTALL}\n" in readme
    assert "pulumi-previsionio" in (folder / "requirements.txt").read_text()
    assert list(folder.rglob("Pulumi.yaml"))

    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert f'copy("{name}"' in tests


def test_what_they_require_is_what_they_are_tested_with() -> None:
    """For all at once, since pip takes longer than most examples: the tests of each leave its own command out."""
    required = [f"--requirement={EXAMPLES / name / 'requirements.txt'}" for name in NAMES]
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    pip = Path(sys.prefix) / "bin" / "pip"
    done = subprocess.run([pip, "install", *required], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_list_of_examples_is_whole() -> None:
    index = (EXAMPLES / "README.md").read_text()
    assert [name for name in NAMES if f"]({name}/)" not in index] == []


def test_what_other_languages_get_was_compiled_as_it_is() -> None:
    assert SEAL.read_text().strip() == digest(), "run `make languages`, which compiles it and renews the seal"
