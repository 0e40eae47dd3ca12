"""`make workflows`: actionlint on this repository's workflows, and on those that the reference shows.

Needs Go, which fetches and builds actionlint the first time. Standard library only.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]


def main() -> int:
    if shutil.which("go") is None:
        print("workflows: Go is not on the PATH: install it (https://go.dev/dl/)", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        files = [str(path) for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
        for name, text in shown_workflows():
            (Path(folder) / name).write_text(text)
            files.append(str(Path(folder) / name))
        command = ["go", "tool", "actionlint", "-no-color", *files]
        return subprocess.run(command, cwd=ROOT / "tools" / "actionlint", check=False).returncode  # noqa: S603


def shown_workflows() -> Iterator[tuple[str, str]]:
    """Name and text of each workflow on a page of the reference."""
    for page in sorted((ROOT / "docs").rglob("*.md")):
        pattern = r"^```yaml\n# \.github/workflows/(\S+)\n(.*?)^```$"
        yield from re.findall(pattern, page.read_text(), re.DOTALL | re.MULTILINE)


if __name__ == "__main__":
    sys.exit(main())
