"""Names of the two doors: dynamic classes and the native plugin.

Properties are `projectId` for the plugin, and `project_id` for the core and for dynamic classes. Tokens name types and
functions. States may hold resources of both doors.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any, Final

from .kind import Kind
from .kinds import KINDS

PACKAGE: Final = "previsionio"


@functools.cache
def camel(name: str) -> str:
    """`project_id` → `projectId`."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


@functools.cache
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
"""The plugin's resources."""


def kind_of_type(type_: str) -> Kind | None:
    """The kind of a resource of either door; None for those of others."""
    return _KINDS_BY_TYPE.get(type_)


_KINDS_BY_TYPE: Final = {**KINDS_BY_TOKEN, **{dynamic_token(kind): kind for kind in KINDS}}


def with_core_names(properties: Mapping[str, Any] | None) -> dict[str, Any]:
    """The properties of a state, whichever door has made them."""
    return {snake(name): value for name, value in (properties or {}).items()}


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
