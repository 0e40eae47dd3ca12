"""`doctor`: is everything there that `pulumi up` needs? Each line that says no also says what to do."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import platform as python_platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from .. import _kinds
from .._errors import NotFound, PlatformError, Refused
from .._platform import Platform, shared_platform
from .._settings import ALL, TOKEN
from .._version import __version__
from .console import Console
from .engine import OLDEST, find
from .errors import Failure
from .literals import one_line
from .surroundings import Places, look


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
    places = look(folder, stack, console, needed=ALL)
    yield from _settings(places)
    if places.settings.url and places.settings.token and not places.settings.problems:
        yield from _platform(shared_platform(places.settings), places.settings.project_id)


def _versions() -> Iterator[Line]:
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
    host = shutil.which("pulumi-language-python") or _beside(engine.path, "pulumi-language-python")
    advice = "" if host else "it comes with Pulumi: install it again, or put its folder on the PATH"
    yield Line("Python language host", host or "not found", bool(host), advice)


def _beside(path: str, name: str) -> str | None:
    file = Path(path).resolve().parent / name
    return str(file) if file.exists() else None


def _settings(places: Places) -> Iterator[Line]:
    values = {"url": places.settings.url, "token": "set", "projectId": places.settings.project_id}
    for setting in ALL:
        origin = places.origins.get(setting.key)
        if origin:
            yield Line(f"setting {setting.argument}", f"{values[setting.key]}, from {_place(origin)}")
        else:
            needed = None if setting.argument == "project_id" else False
            yield Line(f"setting {setting.argument}", "not set", needed, setting.missing())
    for problem in places.settings.problems:
        if not problem.startswith("no "):
            yield Line("settings", problem, False, "set it to what your platform's administrator gave you")
    if places.no_stack:
        advice = "choose one with `pulumi stack select`, or name it with --stack"
        yield Line("stack configuration", one_line(places.no_stack), None, advice)


def _place(origin: str) -> str:
    return f"the environment ({origin})" if origin.isupper() else "the stack's configuration"


def _platform(platform: Platform, project_id: str | None) -> Iterator[Line]:
    try:
        platform.client.probe("/version")
    except Refused as error:
        if error.status in (401, 403):
            yield Line("platform", f"{platform.url} answers")
            advice = f"copy the token again from the platform's web interface into {TOKEN.variable} or the stack"
            yield Line("token", str(error), False, advice)
        else:
            yield Line("platform", str(error), False, "set the address of the platform's web interface, as its host")
        return
    except PlatformError as error:
        yield Line("platform", str(error), False, "is the address right, and does your network or proxy lead there?")
        return
    yield Line("platform", f"{platform.url} answers, and accepts the token")
    try:
        yield from _project(platform, project_id)
    except PlatformError as error:
        yield Line("project", str(error), False, "the platform failed: try again, or ask its administrator")


def _project(platform: Platform, project_id: str | None) -> Iterator[Line]:
    projects = platform.listed(_kinds.PROJECT_KIND, None)
    if project_id is None:
        yield Line("projects", f"the token sees {len(projects)}", None)
        return
    try:
        item = platform.client.get(platform.item_path(_kinds.PROJECT_KIND, project_id))
    except NotFound:
        there = ", ".join(f"{one_line(str(each.get('name')))} ({each.get('_id')})" for each in projects[:5])
        yield Line("project", f"there is no {project_id}", False, f"set the id of one of these: {there}")
        return
    yield Line("project", f"{one_line(str(item.get('name')))!r} ({project_id})")
    yield from _offers(platform, project_id)


def _offers(platform: Platform, project_id: str) -> Iterator[Line]:
    for kind, noun in ((_kinds.SQL, "connectors"), (_kinds.DATASOURCE, "data sources")):
        items = platform.listed(kind, project_id)
        if not items:
            yield Line(noun, "none yet, so whether they can be updated in place cannot be asked", None)
        elif platform.offers_update(kind, str(items[0]["_id"])):
            yield Line(noun, f"{len(items)}; changes are made in place")
        else:
            yield Line(noun, f"{len(items)}; the platform offers no updates, so every change is a replacement", None)
