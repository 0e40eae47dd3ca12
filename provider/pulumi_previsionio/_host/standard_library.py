"""A module of the user's project that is named like one of Python's own does not take its place in the provider host.

The host runs as `python -m pulumi.dynamic` in the program's folder, which so comes first on the path: a `secrets.py`
there would be what every later import of `secrets` gets, also by libraries. Python's own modules are looked for where
Python keeps them; everything else is found as ever. It would end with a host started as `python -P`
(https://docs.python.org/3/using/cmdline.html#cmdoption-P). tests/engine/test_before_anything_is_touched.py notices.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType


class _StandardLibraryFirst(importlib.abc.MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if path is not None or fullname not in sys.stdlib_module_names:
            return None
        here = str(Path.cwd())
        elsewhere = [entry for entry in sys.path if entry not in ("", here)]
        return importlib.machinery.PathFinder.find_spec(fullname, elsewhere, target)


def prefer_the_standard_library() -> None:
    """Do it in a provider host; elsewhere do nothing."""
    host = sys.modules.get("__main__")
    spec = getattr(host, "__spec__", None)
    if spec is not None and spec.name == "pulumi.dynamic.__main__" and not _is_done():
        sys.meta_path.insert(0, _StandardLibraryFirst())


def _is_done() -> bool:
    return any(isinstance(finder, _StandardLibraryFirst) for finder in sys.meta_path)
