"""What a release needs to agree on: `python -m tools.release v0.2.0` prints its notes, or says what does not fit.

The tag, the versions of both distributions, and a dated section of the changelog. Standard library only.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
VERSIONS: Final = (
    ROOT / "provider" / "pulumi_previsionio" / "_version.py",
    ROOT / "local_platform" / "previsionio_local" / "_version.py",
)


def main(tag: str) -> int:
    problems, notes = check(tag, [file.read_text() for file in VERSIONS], (ROOT / "CHANGELOG.md").read_text())
    for problem in problems:
        print(f"release: {problem}", file=sys.stderr)
    print(notes)
    return 1 if problems else 0


def check(tag: str, versions: list[str], changelog: str) -> tuple[list[str], str]:
    """What does not fit the tag, and the changelog's section about it."""
    wanted = tag.removeprefix("v")
    found = [re.findall(r'__version__ = "(.+)"', text) for text in versions]
    problems = [f"the version is {each}, the tag {tag}" for each in found if each != [wanted]]
    pattern = rf"^## \[{re.escape(wanted)}\] - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)"
    section = re.search(pattern, changelog, re.DOTALL | re.MULTILINE)
    if section is None:
        problems.append(f"CHANGELOG.md has no section `## [{wanted}] - YYYY-MM-DD`")
    return problems, section[1].strip() if section else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
