"""The rooms of the package: which may know which, and what starts without Pulumi."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "provider" / "pulumi_previsionio"
NAME = PACKAGE.name

KNOWS: dict[str, set[str]] = {
    "_errors": set(),
    "_version": set(),
    "_platform": {"_errors", "_version"},
    "_core": {"_errors", "_platform"},
    "_host": {"_errors"},
    "_dynamic": {"_core", "_errors", "_host", "_platform"},
    "_resources": {"_core", "_dynamic", "_errors", "_host", "_platform"},
    "_native": {"_core", "_errors", "_platform", "_version"},
    "native": {"_core", "_errors", "_native", "_platform", "_resources", "_version"},
    "_cli": {"_core", "_errors", "_platform", "_version"},
}
"""Room → the rooms that it may import from. `__init__` names them all, and only that."""

NEEDS_PULUMI = {"_dynamic", "_host", "_native", "_resources", "native"}


def imports(path: Path) -> set[str]:
    """The absolute names of what a module imports, also inside functions and for type checkers."""
    here = [NAME, *path.relative_to(PACKAGE).with_suffix("").parts]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*here[: len(here) - node.level], *([node.module] if node.module else [])])
            module = base if node.level else str(node.module)
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


def room_of(name: str) -> str | None:
    """The room of a module of ours; None for everybody else's."""
    package, _, rest = name.partition(".")
    return rest.partition(".")[0] if package == NAME and rest else None


MODULES = [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_arrows_run_one_way(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    names = imports(path)

    assert {room for name in names if (room := room_of(name))} <= KNOWS[own] | {own}
    if own not in NEEDS_PULUMI:
        assert not {name for name in names if name.partition(".")[0] in ("pulumi", "grpc")}


def test_no_module_of_ours_is_without_a_room() -> None:
    assert {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES} == set(KNOWS)


@pytest.mark.parametrize(
    "module", ["_core", "_core.lifecycle", "_core.kinds", "_platform.session", "_platform.client", "_cli.main"]
)
def test_what_decides_and_asks_starts_without_pulumi(module: str) -> None:
    script = f"import sys, {NAME}.{module}; print(*sorted({{'pulumi', 'grpc', 'pydantic'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
