"""The modules of the local platform: no two of them need each other."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import previsionio_local

PACKAGE = Path(previsionio_local.__file__).parent
MODULES = {
    ".".join([PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}


def imports(name: str, path: Path) -> set[str]:
    """The modules of ours that a module imports, also inside functions and for type checkers."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    # A package that imports its own modules is what packages are for.
    return {each for each in found & MODULES.keys() if each != ".".join(package)} - {name}


def test_no_import_goes_in_a_circle() -> None:
    graph = {name: imports(name, path) for name, path in MODULES.items()}
    assert "previsionio_local.state" in graph["previsionio_local.seeding"]
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle
