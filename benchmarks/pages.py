"""Writes what is said of speed from the files that the series left: the report, the picture, the pages' tables.

    python -m benchmarks.pages

In a page, a table stands between `<!-- benchmark: NAME -->` and `<!-- benchmark -->`.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

from benchmarks import plot, report
from benchmarks.measure import ROOT
from benchmarks.series import SERIES, Results

RESULTS: Final = ROOT / "benchmarks" / "results"
PAGES: Final = (ROOT / "README.md", ROOT / "docs" / "guides" / "speed.md")
_BLOCK: Final = re.compile(r"(<!-- benchmark: ([^>]+) -->\n).*?(<!-- benchmark -->)", re.DOTALL)


def read(folder: Path = RESULTS) -> list[Results]:
    """The results in a folder, in the order of the series."""
    files = [folder / f"{name}.json" for name in ("quick", *(series.name for series in SERIES))]
    return [Results.read(file) for file in files if file.exists()]


def filled(page: str, tables: dict[str, str]) -> str:
    """The page with its tables as they are now."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{tables[block[2]]}\n\n{block[3]}", page)


def source(folder: Path = RESULTS) -> str:
    """What the picture in a folder is drawn from, by its digest."""
    return hashlib.sha256((folder / "hundred.json").read_bytes()).hexdigest()


def write(folder: Path = RESULTS) -> None:
    """Write what is made from the results in a folder; the pages only from the repository's own."""
    results = read(folder)
    (folder / "report.md").write_text(report.markdown(results))
    for each in results:
        if each.series == "hundred":
            plot.draw(report.Runs(each.runs), folder / "speed.png", source(folder))
    if folder == RESULTS:
        for page in PAGES:
            page.write_text(filled(page.read_text(), report.tables(results)))


if __name__ == "__main__":
    write()
