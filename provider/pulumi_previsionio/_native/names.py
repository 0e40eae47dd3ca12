"""Names of properties: `projectId` for the engine and its languages, `project_id` for the core and Python.

Tokens name types and functions. A state that a dynamic provider has made holds the core's names: both are understood.
"""

from __future__ import annotations

import re
from typing import Final

from .._core.kind import Kind
from .._core.kinds import KINDS

PACKAGE: Final = "previsionio"


def camel(name: str) -> str:
    """`project_id` → `projectId`."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def snake(name: str) -> str:
    """`projectId` → `project_id`; `project_id` stays as it is."""
    return re.sub(r"(?<=[a-z0-9])[A-Z]|(?<!^)(?<!_)[A-Z](?=[a-z])", lambda found: f"_{found[0]}", name).lower()


def token(name: str) -> str:
    """The token of a resource, a type or a function, such as `previsionio:index:SQLConnector`."""
    return f"{PACKAGE}:index:{name}"


def dynamic_token(kind: Kind) -> str:
    """The token under which Python's dynamic class of a kind stands in states."""
    return f"pulumi-python:dynamic/{PACKAGE}:{kind.name}"


KINDS_BY_TOKEN: Final = {token(kind.name): kind for kind in KINDS}


_PHASES: Final = {"a": "-alpha.", "b": "-beta.", "rc": "-rc.", "dev": "+dev", "post": "+post"}


def semantic_version(version: str) -> str:
    """A Python version as the engine reads it (semver.org): `0.2.0rc1` → `0.2.0-rc.1`.

    Written as Pulumi's Python host does it for the packages of a program, with which the engine compares.
    """
    found = re.fullmatch(r"(\d+\.\d+\.\d+)\.?(?:(a|b|rc|dev|post)(\d+))?", version)
    if found is None:
        raise ValueError(f"{version} is no version of this package")
    release, phase, number = found.groups()
    return f"{release}{_PHASES[phase]}{number}" if phase else str(release)
