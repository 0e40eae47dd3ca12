"""Writes what is said of speed from the files that the series left: the report, the picture, the pages' tables.

    python -m benchmarks.pages

In a page, a table stands between `<!-- benchmark: NAME -->` and `<!-- benchmark -->`.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Final

from benchmarks import plot, report
from benchmarks.local_platform import table
from benchmarks.measure import ROOT
from benchmarks.series import SERIES, Results

RESULTS: Final = ROOT / "benchmarks" / "results"
PAGES: Final = (ROOT / "README.md", ROOT / "docs" / "guides" / "speed.md")
_BLOCK: Final = re.compile(r"(<!-- benchmark: ([^>]+) -->\n).*?(<!-- benchmark -->)", re.DOTALL)


def read(folder: Path = RESULTS) -> list[Results]:
    """The results in a folder, in the order of the series."""
    files = [folder / f"{name}.json" for name in ("quick", *(series.name for series in SERIES))]
    return [Results.read(file) for file in files if file.exists()]


def tables(folder: Path = RESULTS) -> dict[str, str]:
    """All tables that the results in a folder can fill, by name."""
    made = report.tables(read(folder))
    platform = folder / "local-platform.json"
    return {**made, "local platform": table.shown(json.loads(platform.read_text()))} if platform.exists() else made


def filled(page: str, tables: dict[str, str]) -> str:
    """The page with its tables as they are now."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{tables[block[2]]}\n\n{block[3]}", page)


def source(folder: Path = RESULTS) -> str:
    """What the picture in a folder is drawn from, by its digest."""
    return hashlib.sha256((folder / "hundred.json").read_bytes()).hexdigest()


def write(folder: Path = RESULTS) -> None:
    """Write what is made from the results in a folder; the pages only from the repository's own."""
    made = tables(folder)
    (folder / "report.md").write_text(report.markdown(made))
    for each in read(folder):
        if each.series == "hundred":
            plot.draw(report.Runs(each.runs), folder / "speed.png", source(folder))
    if folder == RESULTS:
        for page in PAGES:
            page.write_text(filled(page.read_text(), made))


if __name__ == "__main__":
    write()
