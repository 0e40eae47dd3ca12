"""The plugin starts without the SDK around Pulumi's generated code of the protocol.

`import pulumi.runtime.proto…` runs the whole SDK, which takes half a second of each of the plugin's processes, and a
plugin needs none of it. So the packages above the generated modules are put in place empty. Where that fails, because
an SDK is built otherwise, the plain import does the same, later.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

_PACKAGES: Final = ("pulumi", "pulumi.runtime", "pulumi.runtime.proto")


def _put_empty_packages() -> None:
    spec = importlib.util.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("pulumi")
    folder = Path(next(iter(spec.submodule_search_locations)))
    for package in _PACKAGES:
        module = ModuleType(package)
        module.__path__ = [str(folder.joinpath(*package.split(".")[1:]))]
        sys.modules[package] = module


def _forget_packages() -> None:
    for name in [name for name in sys.modules if name == "pulumi" or name.startswith("pulumi.")]:
        del sys.modules[name]


def leave_the_sdk_out() -> None:
    """Do it in a process that is nothing but a plugin, before anything imports Pulumi."""
    try:
        _put_empty_packages()
        import pulumi.runtime.proto.provider_pb2_grpc  # noqa: F401
    except Exception:  # noqa: BLE001
        _forget_packages()
