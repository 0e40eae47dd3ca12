"""`make compat`: the quickstart's life with each of Pulumi's SDKs on each Python; what came of it is a page of `docs/`.

    python -m tools.compat                        all cells, which takes many minutes
    python -m tools.compat --python 3.12 --sdk 3.230.0

The engine is the one of `make engine`; `ENGINES` names the folders of more, separated by colons. A failed cell stands
in the table as such, and the command ends with 1.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.python_environments import SUPPORTED, PythonMissing, interpreter
from tools import dist
from tools.lifecycle import ROOT, Failed, Surroundings, clean_environment, run, surroundings

PAGE: Final = ROOT / "docs" / "compatibility.md"
NEWEST: Final = "newest"
SDKS: Final = ("3.216.0", "3.230.0", "3.250.0", NEWEST)
"""The lowest that the package takes, two in between, and what the index has today."""

HEAD: Final = """\
# Compatibility

Each cell is the quickstart's life on the real engine (preview, `up`, preview and refresh without changes, `destroy`),
in an environment of its own with the built package. `make compat` runs all of them and writes this page.

"""


@dataclasses.dataclass(frozen=True)
class Cell:
    """One combination, and what came of it: empty when all went well."""

    engine: str
    sdk: str
    python: str
    failure: str | None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.compat", description="Fills the table of compatibility.")
    parser.add_argument("--python", action="append", choices=SUPPORTED, help="that Python only; may be repeated")
    parser.add_argument("--sdk", action="append", help="that SDK only; may be repeated")
    options = parser.parse_args()
    try:
        dist.build()
        cells = list(try_all(options.sdk or SDKS, options.python or SUPPORTED))
    except Failed as failure:
        print(f"compat: {failure}", file=sys.stderr)
        return 1
    if options.python or options.sdk:
        print(table(cells))
    else:
        PAGE.write_text(page(cells))
    return 1 if any(cell.failure for cell in cells) else 0


def try_all(sdks: Sequence[str], pythons: Sequence[str]) -> Iterator[Cell]:
    """Every cell, one after the other."""
    with surroundings() as around:
        engines = [around.engine, *(Path(name) for name in filter(None, os.environ.get("ENGINES", "").split(":")))]
        for sdk in sdks:
            for version in pythons:
                try:
                    python = interpreter(version)
                except PythonMissing as missing:
                    print(f"compat: left out: {missing}", file=sys.stderr)
                    continue
                yield from _try(around, engines, sdk, version, python)


def _try(around: Surroundings, engines: Sequence[Path], sdk: str, version: str, python: str) -> Iterator[Cell]:
    with tempfile.TemporaryDirectory(prefix="previsionio-compat-") as folder:
        try:
            inside = dist.environment(Path(folder), python)
            pulumi = "pulumi" if sdk == NEWEST else f"pulumi=={sdk}"
            dist.install(inside, "highest", str(dist.PROVIDER.wheel), pulumi)
            sdk = run([str(inside), "-c", _ASK_SDK], clean_environment(), ROOT).strip()
            failure = None
        except Failed as failed:
            failure = _last_line(failed)
        for engine in engines:
            number = run([str(engine / "pulumi"), "version"], clean_environment(), ROOT).strip().removeprefix("v")
            cell = Cell(number, sdk, version, failure or _life(dataclasses.replace(around, engine=engine), inside))
            print(f"compat: engine {cell.engine}, SDK {sdk}, Python {version}: {cell.failure or 'works'}", flush=True)
            yield cell


_ASK_SDK: Final = "import importlib.metadata; print(importlib.metadata.version('pulumi'))"


def _life(around: Surroundings, python: Path) -> str | None:
    try:
        around.live(python)
    except Failed as failed:
        return _last_line(failed)
    return None


def _last_line(failed: Failed) -> str:
    lines = [line.strip() for line in str(failed).splitlines() if line.strip()]
    told = [line for line in lines if re.search(r"\berror\b", line, re.IGNORECASE)]
    return (told or lines)[-1][:200]


# The page


def page(cells: Sequence[Cell]) -> str:
    """The page of the reference."""
    today = datetime.datetime.now(tz=datetime.timezone.utc).date()
    return f"{HEAD}{table(cells)}\nRun on {today} with {_version()}, on {os.uname().sysname}.\n"


def table(cells: Sequence[Cell]) -> str:
    """A line for each engine and SDK, a column for each Python; below it, why a cell failed."""
    pythons = [version for version in SUPPORTED if any(cell.python == version for cell in cells)]
    rows = list(dict.fromkeys((cell.engine, cell.sdk) for cell in cells))
    lines = [["Engine", "Pulumi SDK", *(f"Python {version}" for version in pythons)]]
    lines.append(["---"] * len(lines[0]))
    for engine, sdk in rows:
        of_row = {cell.python: cell for cell in cells if (cell.engine, cell.sdk) == (engine, sdk)}
        lines.append([engine, sdk, *(_mark(of_row.get(version)) for version in pythons)])
    failures = [f"- SDK {cell.sdk}, Python {cell.python}: {cell.failure}" for cell in cells if cell.failure]
    text = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return text + ("\n" + "\n".join(failures) + "\n" if failures else "")


def _mark(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    return "fails" if cell.failure else "works"


def _version() -> str:
    return dist.PROVIDER.wheel.name.split("-")[1]


if __name__ == "__main__":
    sys.exit(main())
