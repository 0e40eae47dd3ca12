"""Folders as FTP servers list them: facts where a server has them (RFC 3659), else text meant for people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_UNIX = re.compile(r"([a-zA-Z-])[rwxsStTlL-]{9}\S?\s+\d+\s+.*?\d+\s+[A-Z][a-z]{2}\s+\d{1,2}\s+[\d:]{4,5} (.+)")
_WINDOWS = re.compile(r"\d\d-\d\d-\d\d(?:\d\d)?\s+\d\d:\d\d(?:[AP]M)?\s+(<[A-Z]+>|[\d,.]+)\s+(.+)")


@dataclass(frozen=True)
class Listed:
    """A line of a listing."""

    name: str
    kind: str
    """`file`, `folder`, or `link`, which may lead to either."""


def from_facts(lines: Iterable[str]) -> tuple[list[Listed], bool]:
    """Return what MLSD lists, and whether every line was understood."""
    listed, complete = [], True
    for line in lines:
        facts, space, name = line.partition("; ")
        found = re.search(r"(?:^|;)type=([^;]*)", facts, re.IGNORECASE)
        kind = found.group(1).lower() if found else ""
        if not space or not found:
            complete = False
        elif kind in ("file", "dir"):
            listed.append(Listed(name.rpartition("/")[2], "folder" if kind == "dir" else "file"))
        elif "link" in kind:
            listed.append(Listed(name.rpartition("/")[2], "link"))
    return listed, complete


def from_text(lines: Iterable[str]) -> tuple[list[Listed], bool]:
    """Return what LIST lists, in the manner of `ls -l` or of Windows, and whether every line was understood."""
    listed, complete = [], True
    for line in lines:
        if unix := _UNIX.fullmatch(line):
            mode, name = unix.groups()
            kind = {"-": "file", "d": "folder", "l": "link"}.get(mode)
            name = name.partition(" -> ")[0] if mode == "l" else name
        elif windows := _WINDOWS.fullmatch(line):
            size, name = windows.groups()
            kind = "folder" if size == "<DIR>" else "link" if size.startswith("<") else "file"
        else:
            complete = complete and (not line.strip() or line.startswith("total "))
            continue
        if kind and name not in (".", ".."):
            listed.append(Listed(name, kind))
    return listed, complete
