"""What is released: the files of both distributions, the workflows that make them, and what a release agrees on."""

from __future__ import annotations

import email.message
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from tests.python_environments import SUPPORTED
from tools import compat, dist, release, workflows

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with both distributions, as `make dist` leaves it."""
    folder = tmp_path_factory.mktemp("dist")
    for each in dist.DISTRIBUTIONS:
        for builder in (WheelBuilder, SdistBuilder):
            list(builder(str(each.folder)).build(directory=str(folder), versions=["standard"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dist, "DIST", folder)
        yield folder


@pytest.mark.usefixtures("built")
def test_both_distributions_hold_what_users_need_and_nothing_else() -> None:
    assert [problem for each in dist.DISTRIBUTIONS for problem in dist.look_into(each)] == []


def test_what_is_wrong_with_a_wheel_is_told() -> None:
    metadata = email.message.Message()
    metadata["Version"] = "1.0"
    metadata["Classifier"] = "Programming Language :: Python :: 3.9"
    metadata.set_payload("[here](docs/index.md) and [there](https://example.com) and [below](#limits)")
    names = ["pulumi_previsionio/__init__.py", "tests/servers/postgresql.py", "pulumi_previsionio/tests/key.pem"]

    problems = dist.wheel_problems(dist.PROVIDER, names, metadata)

    for told in ("postgresql.py, which is not", "key.pem, which no user", "lacks its license", "lacks py.typed"):
        assert any(told in problem for problem in problems), problems
    for told in ("no URL Changelog", "name Python ['3.9']", "no author", "its license is None", "docs/index.md leads"):
        assert any(told in problem for problem in problems), problems
    assert not any("example.com" in problem or "#limits" in problem for problem in problems)


def test_both_distributions_have_the_same_license_and_version() -> None:
    assert (ROOT / "local_platform" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    first, second = (re.findall('^__version__ = "(.*)"$', file.read_text(), re.MULTILINE) for file in release.VERSIONS)
    assert first == second


def test_a_release_has_the_tags_version_and_a_dated_section() -> None:
    changelog = "# Changelog\n\n## [0.2.0] - 2026-11-28\n\n### Added\n\n- status\n\n## [0.1.0]\n\n- all\n"
    version = ['__version__ = "0.2.0"\n']

    assert release.check("v0.2.0", version * 2, changelog) == ([], "### Added\n\n- status")
    assert release.check("v0.2.1", version, changelog)[0] == [
        "the version is ['0.2.0'], the tag v0.2.1",
        "CHANGELOG.md has no section `## [0.2.1] - YYYY-MM-DD`",
    ]
    assert release.check("v0.1.0", ['__version__ = "0.1.0"\n'], changelog)[0] != []  # it has no date


def test_this_version_could_be_released_now() -> None:
    (version,) = re.findall('^__version__ = "(.*)"$', release.VERSIONS[0].read_text(), re.MULTILINE)
    problems, notes = release.check(
        f"v{version}", [file.read_text() for file in release.VERSIONS], (ROOT / "CHANGELOG.md").read_text()
    )
    assert problems == []
    assert notes
    needed = yaml.safe_load(re.findall(r"^local = (\[.*\])$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[0])
    assert needed == [f"previsionio-local>={version}"]


def test_every_console_script_is_tried() -> None:
    """Each answers `--help`; the plugin's would serve for ever otherwise."""
    for each in dist.DISTRIBUTIONS:
        text = (each.folder / "pyproject.toml").read_text().split("[project.scripts]\n")[1].split("\n\n")[0]
        assert tuple(re.findall(r"^(\S+) =", text, re.MULTILINE)) == each.commands
    command = [sys.executable, "-m", "pulumi_previsionio._native.main", "--help"]
    assert subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.startswith("Usage:")


def test_the_table_of_compatibility_says_what_failed() -> None:
    cells = [
        compat.Cell("3.259.0", "3.216.0", "3.10", None),
        compat.Cell("3.259.0", "3.216.0", "3.13", "error: no such thing"),
        compat.Cell("3.259.0", "3.272.0", "3.13", None),
    ]
    assert compat.table(cells).splitlines() == [
        "| Engine | Pulumi SDK | Python 3.10 | Python 3.13 |",
        "| --- | --- | --- | --- |",
        "| 3.259.0 | 3.216.0 | works | fails |",
        "| 3.259.0 | 3.272.0 | - | works |",
        "",
        "- SDK 3.216.0, Python 3.13: error: no such thing",
    ]


def test_the_page_of_compatibility_has_every_python() -> None:
    page = compat.PAGE.read_text()
    assert page.startswith(compat.HEAD)
    assert [version for version in SUPPORTED if f"| Python {version} |" not in page] == []


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in WORKFLOWS:
        workflow = yaml.safe_load(file.read_text())
        assert workflow["permissions"] == {"contents": "read"}
        yield from ((f"{file.name}: {name}", job) for name, job in workflow["jobs"].items())


def test_jobs_have_an_end_and_run_what_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name, job in jobs():
        assert job["timeout-minutes"] <= 60, name
        commands = " ".join(step.get("run", "") for step in job["steps"])
        assert set(re.findall(r"make ([a-z]+)", commands)) <= targets, name
        for module in re.findall(r"-m (tools\.\w+)", commands):
            assert (ROOT / f"{module.replace('.', '/')}.py").exists(), name


def test_only_publishing_and_attesting_may_ask_for_an_identity() -> None:
    asking = {name for name, job in jobs() if job.get("permissions", {}).get("id-token")}
    assert asking == {"release.yml: build", "release.yml: publish"}


def test_every_python_of_the_tests_is_in_the_matrix() -> None:
    (packages,) = (job for name, job in jobs() if name == "ci.yml: packages")
    assert tuple(packages["strategy"]["matrix"]["python"]) == SUPPORTED


def test_the_workflows_of_the_reference_are_looked_at_too() -> None:
    assert [name for name, _ in workflows.shown_workflows()] == ["preview.yml", "up.yml", "drift.yml"]


def test_the_forms_for_issues_are_whole() -> None:
    for file in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"):
        form = yaml.safe_load(file.read_text())
        assert {"name", "description", "body"} <= form.keys()
        fields = [field for field in form["body"] if field["type"] != "markdown"]
        assert all(field["id"] and field["attributes"]["label"] for field in fields)
