"""Where the settings come from: the environment first, then the stack's configuration, as for the provider."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._platform import Platform, shared_platform
from .._settings import ALL, NAMESPACE, PROJECT, TOKEN, URL, Setting, Settings, resolve
from .console import Console
from .engine import Engine, find
from .errors import Failure


@dataclasses.dataclass(frozen=True)
class Places:
    """The settings, where each was found, and why the stack's configuration was of no use if it was not."""

    settings: Settings
    origins: Mapping[str, str]
    no_stack: str | None = None


def look(folder: Path, stack: str | None, console: Console, *, needed: tuple[Setting, ...]) -> Places:
    """Find the settings. The stack's configuration is read only if the environment lacks something `needed`."""
    environment = {setting.key: setting.variable for setting in ALL if os.environ.get(setting.variable)}
    config: dict[str, Any] = {}
    no_stack = None
    if not {setting.key for setting in needed} <= environment.keys():
        try:
            config = find(folder, stack).config(show_secrets=True)
        except Failure as error:
            no_stack = "; ".join([str(error), *error.details])
    settings = resolve(config.get, os.environ)
    console.secrets += [secret for secret in (settings.token, config.get(f"{NAMESPACE}:{TOKEN.key}")) if secret]
    stored = {setting.key: "stack configuration" for setting in ALL if config.get(f"{NAMESPACE}:{setting.key}")}
    return Places(settings, {**stored, **environment}, no_stack)


def connect(folder: Path, stack: str | None, console: Console, *, project: bool = False) -> tuple[Platform, Settings]:
    """The platform that the settings name, and with `project` the default project too; fails with what is missing."""
    places = look(folder, stack, console, needed=(URL, TOKEN, *([PROJECT] if project else [])))
    if places.settings.problems:
        hints = [f"the stack's configuration was of no use: {places.no_stack}"] if places.no_stack else []
        raise Failure("settings are missing", *places.settings.problems, *hints)
    return shared_platform(places.settings), places.settings


def explicit(state: Mapping[str, Any], console: Console) -> Platform:
    """The platform of an explicit provider, by its inputs in the clear."""
    settings = resolve(state.get, {})
    console.secrets += [settings.token] if settings.token else []
    if settings.problems:
        raise Failure("an explicit provider lacks settings", *settings.problems)
    return shared_platform(settings)


def engine_for(folder: Path, stack: str | None) -> Engine:
    """The engine for a command that needs a project in `folder`."""
    if not any((folder / name).exists() for name in ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")):
        raise Failure(f"{folder} holds no Pulumi project: change to its folder, or name it with --cwd")
    return find(folder, stack)
