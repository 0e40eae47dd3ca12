"""What docstrings in Google's style say."""

import inspect
import re
from typing import Any


def summary(documented: Any) -> str:
    """A docstring without its sections."""
    return re.split(r"\n\n(?=\w+:\n)", inspect.getdoc(documented) or "")[0].strip()


def arguments(function: Any) -> dict[str, str]:
    """Argument → what the section `Args` says of it, on one line."""
    return _entries(function, r"    (\w+|\*\*\w+): (.*)")


def keys(typed_dict: Any) -> dict[str, str]:
    """Key → what is said of it in lines such as "`name`: its name"."""
    return _entries(typed_dict, r"`(\w+)`: (.*)")


def _entries(documented: Any, pattern: str) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for line in (inspect.getdoc(documented) or "").splitlines():
        if entry := re.fullmatch(pattern, line):
            name, found[entry[1]] = entry[1], entry[2]
        elif name and line.strip():
            found[name] += f" {line.strip()}"
        else:
            name = ""
    return {name: text[:1].upper() + text[1:] for name, text in found.items()}
