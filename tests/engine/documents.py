"""Reads a page of the reference as a person would who does all that it says: writes its files, types its commands.

A block of Python is the program, or the file that its first line names, such as `# test_program.py`; a block of `diff`
changes that program; a block of `yaml` is the file that its first line names. In a block `console` what follows `$ ` is
typed, and the lines below are what must be printed; `…` stands for anything. A command may fail if an error is shown.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TIMEOUT = 120
_CHANGING = (
    (r"\b[0-9a-f]{24}\b", "ID"),
    (r"\(\d+(\.\d+)?s\)|\b\d+(\.\d+)?s\b", "TIME"),
    (r"\b\d+ (s|min|h|d) (old|ago)\b", "AGE"),
    (r"[ \t]+", " "),
)


class Block(NamedTuple):
    """A fenced block of a page, or a heading."""

    language: str
    text: str


def blocks(page: str) -> list[Block]:
    """The fenced blocks and the headings of a page, in order."""
    found = re.finditer(r"^```(\w+)\n(.*?)^```$|^## (.*?)$", (DOCS / page).read_text(), re.DOTALL | re.MULTILINE)
    return [Block("heading", match[3]) if match[3] else Block(match[1], match[2]) for match in found]


def programs(page: str) -> list[str]:
    """The whole programs on a page."""
    return [block.text for block in blocks(page) if block.language == "python" and not block.text.startswith("# ")]


@dataclass
class Reader:
    """Somebody with a shell in `folder`, who has `words` of their own in the place of those of the page."""

    folder: Path
    environment: dict[str, str] = field(repr=False)
    words: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What is typed in answer to a command that ends with that key, such as a password."""
    skips: str = r"^pip install|^\. |^python3 -m venv "
    """Pattern of commands that are left out."""
    printed: str = field(default="", repr=False)
    typed: list[str] = field(default_factory=list)
    _sessions: list[int] = field(default_factory=list)

    def follow(self, page: str, meanwhile: Mapping[str, Callable[[], object]] | None = None) -> None:
        """Does all that the page says, in order; what happens `meanwhile` comes after the heading of its name."""
        for block in blocks(page):
            text = self._own(block.text)
            if block.language == "heading" and meanwhile and block.text in meanwhile:
                meanwhile[block.text]()
            if block.language in ("python", "yaml", "text"):
                self._write(block.language, text)
            elif block.language == "diff":
                self._edit(text)
            elif block.language == "console":
                self._type(text)

    def end(self) -> None:
        """Ends what was left running."""
        for session in self._sessions:
            with suppress(OSError):
                os.killpg(session, signal.SIGKILL)

    def run(self, command: str, shown: list[str]) -> None:
        """Types a command, and compares what is printed with what the page shows."""
        self.typed.append(command)
        log, state = self.folder / f".printed-{len(self._sessions)}", self.folder / ".shell"
        script = f"{command}\ncode=$?; {{ pwd; env -0; }} > {shlex.quote(str(state))}; exit $code"
        with log.open("w") as output:
            process = subprocess.Popen(
                ["bash", "-c", script],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            self._sessions.append(process.pid)
            process.communicate(self.answers.get(command.rpartition(" ")[2], ""), timeout=TIMEOUT)
        if command.endswith("&"):
            self._wait_for(log, shown)
        printed = log.read_text()
        self.printed += printed
        told = f"$ {command}\n{printed}"
        may_fail = any(re.search(r"\berror\b", line, re.IGNORECASE) for line in shown)
        assert may_fail or process.returncode == 0, told
        assert not (missing := _missing(shown, printed)), f"{missing} not in\n{told}"
        where, _, variables = state.read_text().partition("\n")
        self.folder = Path(where)
        self.environment = dict(entry.partition("=")[::2] for entry in variables.split("\0") if entry)

    def _type(self, text: str) -> None:
        commands: list[tuple[str, list[str]]] = []
        for line in text.splitlines():
            if line.startswith("$ "):
                commands.append((line.removeprefix("$ "), []))
            elif line.strip():
                commands[-1][1].append(line)
        for command, shown in commands:
            if not re.search(self.skips, command):
                self.run(command, shown)

    def _write(self, language: str, text: str) -> None:
        first, _, rest = text.partition("\n")
        named = re.fullmatch(r"# (\S+\.\w+)", first)
        assert named or language == "python", f"which file is this? {first}"
        file = self.folder / (named[1] if named else "__main__.py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(rest if named else text)

    def _edit(self, text: str) -> None:
        file = self.folder / "__main__.py"
        program = file.read_text()
        for change in re.findall(r"((?:^-.*\n)+)((?:^\+.*\n)*)", text, re.MULTILINE):
            old, new = ("".join(line[1:] for line in part.splitlines(keepends=True)) for part in change)
            assert old in program, old
            program = program.replace(old, new)
        file.write_text(program)

    def _own(self, text: str) -> str:
        for theirs, own in self.words.items():
            text = text.replace(theirs, own)
        return text

    def _wait_for(self, log: Path, shown: list[str]) -> None:
        deadline = time.monotonic() + TIMEOUT
        while missing := _missing(shown, log.read_text()):
            assert time.monotonic() < deadline, f"{missing} not in\n{log.read_text()}"
            time.sleep(0.05)


def _missing(shown: list[str], printed: str) -> list[str]:
    """The lines of a page that were not printed."""
    lines = [_steady(line) for line in printed.splitlines()]
    patterns = {line: ".*".join(re.escape(_steady(part)) for part in line.split("…")) for line in shown}
    return [line for line, pattern in patterns.items() if not any(re.fullmatch(pattern, real) for real in lines)]


def _steady(line: str) -> str:
    """A line without what differs from run to run."""
    for pattern, word in _CHANGING:
        line = re.sub(pattern, word, line)
    return line.strip()
