"""The guide to taking over what exists: its commands, run in order, print what it says."""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from previsionio_local import LocalPlatform

from tests.engine.pulumi_cli import Stack

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "taking-over.md"
PASSWORD = "correct horse battery"
PROJECT = "5f2c1d0e9b8a7c6d5e4f3a2b"


@pytest.fixture
def section() -> str:
    return GUIDE.read_text()


@pytest.fixture
def sales(platform: LocalPlatform) -> LocalPlatform:
    """A platform with the project that the section is about."""

    def login(name: str, kind: str, port: int, number: int | None = None) -> dict[str, object]:
        host = {"SQL": "db", "FTP": "ftp", "SFTP": "sftp"}[kind] + ".example.com"
        content = {"name": name, "type": kind, "host": host, "port": port, "username": "reader", "password": PASSWORD}
        return {**content, "project_id": PROJECT, **({"_id": f"{PROJECT[:-2]}{number}"} if number else {})}

    platform.seed(projects=[{"_id": PROJECT, "name": "Sales"}])
    crm, files = platform.seed(connectors=[login("crm", "SQL", 3306), login("files", "FTP", 21)])["connectors"]
    query = "SELECT id, price\nFROM orders\nWHERE price > 1000"
    platform.seed(
        data_sources=[
            {"name": "customers", "connector_id": crm, "database": "crm", "table": "customers"},
            {"name": "Big orders!", "connector_id": crm, "database": "crm", "request": query},
            {"name": "export", "connector_id": files, "path": "/export.csv"},
        ]
    )
    return platform


def add_later(sales: LocalPlatform) -> None:
    """What comes to the platform after the project was taken over."""
    login = {"host": "sftp.example.com", "port": 22, "username": "reader", "password": PASSWORD}
    archive = {"_id": f"{PROJECT[:-2]}77", "type": "SFTP", "name": "Archive (old)", "project_id": PROJECT, **login}
    sales.seed(connectors=[archive])
    leads = {"_id": f"{PROJECT[:-2]}78", "name": "leads", "connector_id": archive["_id"], "path": "/leads.csv"}
    sales.seed(data_sources=[leads])


class Terminal:
    """Runs commands one after the other, as in one shell."""

    def __init__(self, stack: Stack) -> None:
        self.folder = stack.home
        self.environment = stack._environment()

    def run(self, command: str) -> tuple[int, list[str]]:
        """Exit code and lines of both streams. What asks for a secret gets one."""
        words = shlex.split(command)
        if words[0] == "cd":
            self.folder /= words[1]
            return 0, []
        if words[:2] == ["pulumi", "up"]:
            words += ["--yes", "--skip-preview"]
        if words[0] == "pulumi":
            words += ["--non-interactive"]
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment,
            input=PASSWORD if "--secret" in words else "",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            executable=None if words[0] != "pulumi-previsionio" else f"{sys.prefix}/bin/pulumi-previsionio",
        )
        # Progress is shown on a slow machine only.
        return done.returncode, [line for line in done.stdout.splitlines() if " … " not in line]


def sessions(section: str) -> list[tuple[str, list[str]]]:
    """Each command with the lines below it."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"^```console\n(.*?)^```$", section, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), []))
            else:
                found[-1][1].append(line)
    return found


def without_ages(lines: list[str]) -> list[str]:
    """Lines without the ages of objects."""
    return [re.sub(r"\d+ (s|min|h|d) old", "AGE", line) for line in lines]


def test_the_section_word_for_word(section: str, sales: LocalPlatform, new_stack: Callable[..., Stack]) -> None:
    settings, export, adopt, one, orphans = sessions(section)
    terminal = Terminal(new_stack("shell"))
    assert settings[0].split()[0] == "export"
    names = [word.partition("=")[0] for word in settings[0].split()[1:]]
    assert names == ["PREVISION_URL", "PREVISION_MASTER_TOKEN"]
    terminal.environment |= dict(zip(names, (sales.url, sales.token), strict=True))

    assert terminal.run(export[0]) == (0, export[1])
    steps = export[1][1:]
    assert steps[-2:] == [adopt[0], "pulumi up"]
    for step in steps[:-2]:
        if "previsionio:token" not in step:  # it is in the environment
            assert terminal.run(step)[0] == 0
    program = terminal.folder / "__main__.py"
    for block in re.findall(r"^```py\n(.*?)^```$", section, re.DOTALL | re.MULTILINE):
        for resource in re.split(r"\n(?=\S+ = )", block.strip()):
            assert resource in program.read_text()

    assert terminal.run(adopt[0]) == (0, adopt[1])
    code, lines = terminal.run("pulumi up")
    assert code == 0
    assert any("6 unchanged" in line for line in lines)

    add_later(sales)
    assert terminal.run(one[0]) == (3, one[1])
    code, lines = terminal.run(orphans[0])
    assert (code, without_ages(lines)) == (5, without_ages(orphans[1]))

    pasted = [line for line in one[1] if not line.startswith(("Error:", "  pulumi"))]
    program.write_text("\n".join([program.read_text(), *pasted, ""]))
    assert terminal.run(one[1][-1].strip())[0] == 0
    code, lines = terminal.run(one[0])
    assert (code, lines[:2]) == (0, ["1 object adopted: 1 SFTPConnector", "the preview shows no change"])

    assert terminal.run("pulumi-previsionio doctor")[0] == 0
