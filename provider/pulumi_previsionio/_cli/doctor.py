"""`doctor`: is everything there that `pulumi up` needs? Each line that says no also says what to do."""

from __future__ import annotations

import dataclasses
import platform as python_platform
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .._core.context import Context, shared_context
from .._errors import PlatformError, Refused
from .._platform.collections import CONNECTORS, DATASOURCES, PROJECTS
from .._platform.session import Session
from .._platform.settings import PROJECT_SETTING, SETTINGS, TOKEN_SETTING, URL_SETTING, Setting
from .._version import __version__
from . import plugin
from .connection import Places, look
from .console import Console
from .engine import OLDEST, find
from .errors import Failure
from .literals import one_line

_LANGUAGE_HOST: Final = "pulumi-language-python"
_READS_OPTIONS: Final = (3, 128)
"""The first release whose Python language host takes `toolchain` from the project, and no option from its own flags."""
_SHOWN: Final = 20


@dataclasses.dataclass(frozen=True)
class Line:
    """One finding. `good` is None for what is neither right nor wrong; `advice` says what to do about a wrong one."""

    title: str
    finding: str
    good: bool | None = True
    advice: str = ""

    def __str__(self) -> str:
        mark = {True: "ok  ", False: "FAIL", None: "--  "}[self.good]
        advice = f"\n      → {self.advice}" if self.advice else ""
        return f"{mark}  {self.title}: {self.finding}{advice}"


def examine(folder: Path, stack: str | None, console: Console) -> Iterator[Line]:
    """Every finding, as soon as it is there."""
    yield from _versions()
    yield from _engine(folder)
    if plugin.is_needed(folder):
        yield Line("native plugin", *plugin.find(folder))
    places = look(folder, stack, console)
    yield from _settings(places)
    if places.settings.url and places.settings.token and not places.settings.problems:
        yield from _platform(shared_context(places.settings))


def _versions() -> Iterator[Line]:
    import importlib.metadata  # takes long

    python = python_platform.python_version()
    yield Line("pulumi-previsionio", f"{__version__}, Python {python} at {sys.executable}")
    yield Line("Pulumi SDK", importlib.metadata.version("pulumi"))


def _engine(folder: Path) -> Iterator[Line]:
    try:
        engine = find(folder)
        version = engine.version()
    except Failure as error:
        yield Line("engine", str(error), False, "https://www.pulumi.com/docs/install/")
        return
    number = ".".join(map(str, version)) or "a build without a version"
    oldest = ".".join(map(str, OLDEST))
    if version and version < OLDEST:
        advice = f"`adopt` needs {oldest} or later: upgrade Pulumi. Everything else works"
        yield Line("engine", f"{number} at {engine.path}", False, advice)
    else:
        yield Line("engine", f"{number} at {engine.path}")
    yield _language_host(shutil.which(_LANGUAGE_HOST) or _beside(engine.path, _LANGUAGE_HOST))


def _language_host(path: str | None) -> Line:
    if path is None:
        advice = "it comes with Pulumi: install it again, or put its folder on the PATH"
        return Line("Python language host", "not found", False, advice)
    version = _sdk_version(Path(path))
    number = ".".join(map(str, version)) or "a build that does not name its version"
    if version and version < _READS_OPTIONS:
        advice = (
            "it ignores `virtualenv` and `toolchain` in Pulumi.yaml: activate the program's virtual environment before "
            "`pulumi`, or install a release of Pulumi with its own language host"
        )
        return Line("Python language host", f"{number} at {path}", None, advice)
    return Line("Python language host", f"{number} at {path}")


def _sdk_version(host: Path) -> tuple[int, ...]:
    """The release of Pulumi's Go SDK that a language host was built from, which Go writes into it."""
    # Lines such as `mod <TAB> github.com/pulumi/pulumi/sdk/v3 <TAB> v3.79.0` (Go: runtime/debug.BuildInfo).
    found = re.search(rb"(?:mod|dep)\tgithub\.com/pulumi/pulumi/sdk/v3\tv(\d+)\.(\d+)\.(\d+)", host.read_bytes())
    return tuple(map(int, found.groups())) if found else ()


def _beside(path: str, name: str) -> str | None:
    file = Path(path).resolve().parent / name
    return str(file) if file.exists() else None


def _settings(places: Places) -> Iterator[Line]:
    for setting in SETTINGS:
        origin = places.origins.get(setting.key)
        value = getattr(places.settings, setting.argument)
        if origin:
            shown = "set" if setting.secret else value
            yield Line(f"setting {setting.argument}", f"{shown}, from {_place(origin)}")
        elif setting in (URL_SETTING, TOKEN_SETTING, PROJECT_SETTING):
            needed = None if setting is PROJECT_SETTING else False
            yield Line(f"setting {setting.argument}", "not set", needed, setting.missing())
        elif value is not None:
            yield Line(f"setting {setting.argument}", f"{value}, the default")
    for variable in places.hidden_by_stack:
        finding = f"{variable} says something else than the stack's configuration, which counts"
        yield Line("environment", finding, None, f"unset {variable} if it belongs to another platform")
    if places.agreeing and not places.hidden_by_stack:
        yield Line("environment", f"{', '.join(places.agreeing)} as in the stack's configuration")
    for problem in places.settings.problems:
        if not problem.startswith("no "):
            yield Line("settings", problem, False, "set it to what your platform's administrator gave you")
    if places.no_stack:
        advice = "choose one with `pulumi stack select`, or name it with --stack"
        yield Line("stack configuration", one_line(places.no_stack), None, advice)


def _place(origin: str) -> str:
    return f"the environment ({origin})" if origin.isupper() else "the stack's configuration"


def _platform(context: Context) -> Iterator[Line]:
    session = context.session
    try:
        session.client.probe("/version")
    except Refused as error:
        if error.status in (401, 403):
            yield Line("platform", f"{session.url} answers")
            advice = f"copy the token again from the platform's web interface into {_where(TOKEN_SETTING)}"
            yield Line("token", str(error), False, advice)
        else:
            yield Line("platform", str(error), False, "set the address of the platform's web interface, as its host")
        return
    except PlatformError as error:
        yield Line("platform", str(error), False, "is the address right, and does your network or proxy lead there?")
        return
    yield Line("platform", f"{session.url} answers, and accepts the token")
    try:
        yield from _project(session, context.settings.project_id)
    except PlatformError as error:
        yield Line("project", str(error), False, "the platform failed: try again, or ask its administrator")


def _where(setting: Setting) -> str:
    return f"the stack ({setting.full_key}) or {setting.variable}"


def _project(session: Session, project_id: str | None) -> Iterator[Line]:
    projects = session.list_all(PROJECTS, None)
    there = ", ".join(f"{one_line(str(each.get('name')))} ({each.get('_id')})" for each in projects[:_SHOWN])
    more = f" and {len(projects) - _SHOWN} more" if len(projects) > _SHOWN else ""
    yield Line("projects", f"the token sees {len(projects)}{': ' if there else ''}{there}{more}", None)
    if project_id is None:
        return
    item = session.fetch(PROJECTS, project_id)
    if item is None:
        yield Line("project", f"there is no {project_id}", False, f"set the id of one of these: {there}{more}")
        return
    yield Line("project", f"{one_line(str(item.get('name')))!r} ({project_id})")
    yield from _updates(session, project_id)


def _updates(session: Session, project_id: str) -> Iterator[Line]:
    for collection in (CONNECTORS, DATASOURCES):
        noun, items = f"{collection.noun}s", session.list_all(collection, project_id)
        if not items:
            yield Line(noun, "none yet, so whether they can be updated in place cannot be asked", None)
        elif "PUT" in session.capabilities(collection, str(items[0]["_id"])).methods:
            yield Line(noun, f"{len(items)}; changes are made in place")
        else:
            yield Line(noun, f"{len(items)}; the platform offers no updates, so every change is a replacement", None)
