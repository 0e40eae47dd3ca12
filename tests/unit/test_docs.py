"""The reference: it builds without a warning, its tables are made from the code, its messages are the code's own."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pulumi_previsionio
import pytest
from pulumi_previsionio._cli.main import cli
from pulumi_previsionio._core import kinds
from pulumi_previsionio._platform.settings import SETTINGS

from tools.docs import session, tables

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
RESOURCES = ["SQLSource", *(kind.name for kind in kinds.KINDS)]
FROM_THE_ENGINE = {
    "the stack is currently locked by",
    "pending operations from previous deployment",
    "No module named 'pulumi_previsionio'",
    "no resource plugin 'pulumi-resource-previsionio' found in the workspace",
    "using pulumi-resource-previsionio from $PATH",
}


def test_it_builds_without_a_warning(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", str(DOCS), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (built.returncode, built.stderr) == (0, "")
    page = (tmp_path / "resources" / "SQLConnector.html").read_text()
    assert "secret_access_key" not in page
    assert "test_connection" in page
    assert "--clear-pending-creates" in (tmp_path / "guides" / "after-a-crash.html").read_text()
    assert "--allow-other-changes" in (tmp_path / "command.html").read_text()


@pytest.mark.parametrize("name", RESOURCES)
def test_every_resource_has_a_page_with_every_input(name: str) -> None:
    page = (DOCS / "resources" / f"{name}.md").read_text()
    assert f"```{{inputs}} {name}\n" in page
    assert name == "SQLSource" or f"```{{outputs}} {name}\n" in page
    whole = page + ((DOCS / "resources" / "_connector.md").read_text() if "{include} _connector.md" in page else "")
    for heading in ("## What changes do", "## What a preview checks", "## Import and adopt", "## Errors"):
        assert f"{heading}\n" in whole

    rows = re.findall(r"^\| `(\w+)` \|", tables.inputs(name), re.MULTILINE)
    parameters = inspect.signature(getattr(pulumi_previsionio, name)).parameters
    common = list(pulumi_previsionio.ConnectorArgs.__annotations__) if "common" in parameters else []
    assert rows == [each for each in parameters if each not in ("resource_name", "common")] + common


def test_the_registrys_page_names_every_setting() -> None:
    assert tables.settings() in (DOCS / "installation-configuration.md").read_text()


def test_pages_for_pulumis_registry_have_its_head() -> None:
    for name in ("_index.md", "installation-configuration.md"):
        head = (DOCS / name).read_text().split("---\n")[1]
        assert [line.partition(":")[0] for line in head.splitlines()] == ["title", "meta_desc", "layout"]


def test_every_command_and_option_that_is_shown_exists() -> None:
    problems = []
    shown = [(file, line) for file in [ROOT / "README.md", *DOCS.rglob("*.md")] for line in _commands(file.read_text())]
    assert len(shown) > 20
    for file, (name, rest) in shown:
        command = cli.commands.get(name)
        options = {option for each in command.params for option in each.opts} if command else set()
        wrong = [word for word in re.findall(r"(?<!\S)--[a-z-]+", rest) if word not in options]
        if command is None or (wrong and name != "local"):
            problems.append(f"{file.name}: pulumi-previsionio {name} {rest}")
    assert problems == []


def _commands(text: str) -> list[tuple[str, str]]:
    """Name and rest of each `pulumi-previsionio …` in a code block or between backticks, pages wrapped or not."""
    flat = re.sub(r"(?<=`[^`\n])\n", " ", text)
    return re.findall(r"(?:^|[`$:] ?)pulumi-previsionio\s([a-z]+)([^`\n|]*)", flat, re.MULTILINE)


def test_every_setting_that_a_command_sets_exists() -> None:
    keys = {setting.full_key for setting in SETTINGS}
    texts = [file.read_text() for file in [ROOT / "README.md", *DOCS.rglob("*.md")]]
    named = {key for text in texts for key in re.findall(r"`?(previsionio:[a-z]\w+)\b", text)}
    assert named - {"previsionio:index"} - keys == set()


def test_messages_in_troubleshooting_are_those_of_the_code() -> None:
    page = (DOCS / "guides" / "troubleshooting.md").read_text()
    told = {message for cell in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE) for message in cell.split("`")[1::2]}
    assert len(told) > 15
    texts = [text for file in (ROOT / "provider").rglob("*.py") for text in _texts(file)]
    assert [each for each in told - FROM_THE_ENGINE if not any(each in text for text in texts)] == []


def _texts(file: Path) -> list[str]:
    """The texts in a module, with `…` where a value goes."""
    return [
        "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        if isinstance(node, ast.JoinedStr)
        else str(node.value)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    ]


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md"])
def test_links_between_files_lead_somewhere(file: str) -> None:
    path = ROOT / file
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text())
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_the_moving_picture_is_drawn_from_the_recording() -> None:
    drawn = session.SESSION.with_suffix(".svg").read_text()
    assert drawn == session.draw(session.load())
    texts = [each for each in ElementTree.fromstring(drawn).iter() if each.tag.endswith("}text")]
    still = "".join("".join(each.itertext()) for each in texts if each.get("class") == session.STILL)
    assert "Did you mean 'customers'?" in still
    assert "\x1b" not in drawn


def test_a_line_of_the_picture_appears_when_it_was_printed_and_goes_with_its_scene() -> None:
    events = [
        session.Event(0.0, "m", "one"),
        session.Event(0.0, "o", "$ first\n"),
        session.Event(0.5, "o", "\x1b[1m\x1b[38;5;9mred <b>\x1b[0m after\n"),
        session.Event(9.0, "o", "late" * 40 + "\n"),
        session.Event(9.1, "m", "caught"),
        session.Event(9.1, "o", "$ second\n"),
    ]
    drawn = session.draw(events)
    assert '<tspan class="b c1">red &lt;b&gt;</tspan><tspan> after' not in drawn
    assert '<tspan class="b c1">red &lt;b&gt;</tspan> after</text>' in drawn
    assert drawn.count("<text") == 5  # the late one is two lines long
    assert "#l0 { animation-name: k0 }" in drawn
    whole = 0.5 + 0.7 + 5 + 5
    assert f"@keyframes k1 {{ 0% {{ opacity: 0 }} {50 / whole:.2f}% {{ opacity: 1 }}" in drawn
    assert f"@keyframes k4 {{ 0% {{ opacity: 0 }} {620 / whole:.2f}% {{ opacity: 1 }} 100%" in drawn


def test_what_a_table_says_of_an_input_is_about_that_input() -> None:
    for name in RESOURCES:
        rows = re.findall(r"^\| `(\w+)` .*\| ([^|]*) \|$", tables.inputs(name), re.MULTILINE)
        assert [row for row in rows if "**" in row[1] or not row[1].endswith(".")] == []
