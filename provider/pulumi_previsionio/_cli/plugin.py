"""Does the engine find the native plugin? Only projects in other languages, or with the plugin's classes, need it."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Final

COMMAND: Final = "pulumi-resource-previsionio"
_CLASSES: Final = "pulumi_previsionio.native"
_ADVICE: Final = (
    "have Pulumi.yaml name the folder that holds it, in the virtual environment of pulumi-previsionio: "
    "plugins: {providers: [{name: previsionio, path: .venv/bin}]}"
)


def is_needed(folder: Path) -> bool:
    """Whether the project uses the plugin, as far as its files tell."""
    project = _read(folder / "Pulumi.yaml")
    if _declared(project) is not None:
        return True
    if not re.search(r"^\s*(?:runtime|name):\s*['\"]?python\b", project, re.MULTILINE):
        return bool(project)
    return any(_CLASSES in _read(file) for file in folder.glob("*.py"))


def find(folder: Path) -> tuple[str, bool, str]:
    """Where it is, whether that is right, and what to do about it."""
    declared = _declared(_read(folder / "Pulumi.yaml"))
    if declared is not None:
        path = folder / declared
        if shutil.which(COMMAND, path=str(path)):
            return f"in {declared}, as Pulumi.yaml says", True, ""
        advice = f"install pulumi-previsionio into that environment, or {_ADVICE}"
        return f"not in {declared}, where Pulumi.yaml says it is", False, advice
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    if installed := sorted(home.glob("plugins/resource-previsionio-v*/")):
        return f"installed at {installed[-1]}", True, ""
    if found := shutil.which(COMMAND):
        return f"on the PATH at {found}: Pulumi warns about that at each command", True, ""
    return "not found", False, _ADVICE


def _declared(project: str) -> str | None:
    """The plugin's folder in Pulumi.yaml. The two lines stand in either order; a whole parser is no dependency."""
    value = r":\s*['\"]?([^\s'\",}]+)"
    for pattern in (rf"\bname{value}['\"]?,?\s+path{value}", rf"\bpath{value}['\"]?,?\s+name{value}"):
        for first, second in re.findall(pattern, project):
            name, path = (first, second) if pattern.startswith(r"\bname") else (second, first)
            if name == "previsionio":
                return str(path)
    return None


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
