"""Where the settings come from: the stack's configuration first, then the environment, as for the provider."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._core.context import Context, shared_context
from .._platform.settings import SETTINGS, TOKEN_SETTING, Settings, resolve
from .console import Console
from .engine import Engine, find
from .errors import Failure

_PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")


@dataclasses.dataclass(frozen=True)
class Places:
    """The settings, where each was found, and why the stack's configuration was of no use if it was not."""

    settings: Settings
    origins: Mapping[str, str]
    """By key: the environment variable, or `stack configuration`."""
    no_stack: str | None = None
    hidden_by_stack: tuple[str, ...] = ()
    """Environment variables that say something else than the stack's configuration, which counts."""
    agreeing: tuple[str, ...] = ()
    """Those that say the same."""


def look(folder: Path, stack: str | None, console: Console) -> Places:
    """Find the settings. Outside of a Pulumi project there is only the environment."""
    config: dict[str, Any] = {}
    no_stack = None
    try:
        config = engine_for(folder, stack).config(show_secrets=True)
    except Failure as error:
        no_stack = "; ".join([str(error), *error.details])
    settings = resolve(config.get, os.environ)
    stored = {setting.key: "stack configuration" for setting in SETTINGS if config.get(setting.full_key)}
    outside = {setting.key: setting.variable for setting in SETTINGS if os.environ.get(setting.variable)}
    twice = [setting for setting in SETTINGS if setting.key in stored and setting.key in outside]
    agree = {
        setting.variable: str(config[setting.full_key]).strip() == os.environ[setting.variable].strip()
        for setting in twice
    }
    tokens = (settings.token, config.get(TOKEN_SETTING.full_key), os.environ.get(TOKEN_SETTING.variable))
    console.secrets += [token for token in tokens if token]
    return Places(
        settings,
        {**outside, **stored},
        no_stack,
        hidden_by_stack=tuple(name for name, is_same in agree.items() if not is_same),
        agreeing=tuple(name for name, is_same in agree.items() if is_same),
    )


def connect(folder: Path, stack: str | None, console: Console) -> Context:
    """What leads to the platform that the settings name; fails with what is missing."""
    places = look(folder, stack, console)
    if places.settings.problems:
        hints = [f"the stack's configuration was of no use: {places.no_stack}"] if places.no_stack else []
        raise Failure("settings are missing", *places.settings.problems, *hints)
    return shared_context(places.settings)


def explicit(state: Mapping[str, Any], console: Console) -> Context:
    """What leads to the platform of an explicit provider, by its inputs in the clear."""
    settings = resolve(state.get, {})
    console.secrets += [settings.token] if settings.token else []
    if settings.problems:
        raise Failure("an explicit provider lacks settings", *settings.problems)
    return shared_context(settings)


def engine_for(folder: Path, stack: str | None) -> Engine:
    """The engine for a command that needs a project in `folder`."""
    if not has_project(folder):
        raise Failure(f"{folder} holds no Pulumi project: change to its folder, or name it with --cwd")
    return find(folder, stack)


def has_project(folder: Path) -> bool:
    """Whether a Pulumi project is in the folder."""
    return any((folder / name).exists() for name in _PROJECT_FILES)
