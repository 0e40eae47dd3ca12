"""`doctor` in projects that need the native plugin: does the engine find it?"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.unit.fake_engine import FakeEngine

COMMAND = "pulumi-resource-previsionio"
DECLARED = "name: p\nruntime: yaml\nplugins:\n  providers:\n    - name: previsionio\n      path: .venv/bin\n"


@pytest.fixture
def engine(tmp_path: Path) -> FakeEngine:
    return FakeEngine(tmp_path)


def plugin_line(engine: FakeEngine, project: str = "", **environment: str) -> dict[str, Any]:
    if project:
        (engine.project / "Pulumi.yaml").write_text(project)
    environment.setdefault("PULUMI_HOME", str(engine.folder / "nothing"))
    done = engine.run("doctor", "--json", **environment)
    found = {line["title"]: line for line in json.loads(done.stdout)["lines"]}
    line: dict[str, Any] = found.get("native plugin", {})
    return line


def install(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / COMMAND).touch(mode=0o755)


SWAPPED = DECLARED.replace("name: previsionio\n      path: .venv/bin", "path: .venv/bin\n      name: previsionio")


@pytest.mark.parametrize("order", [DECLARED, SWAPPED])
def test_where_pulumi_yaml_says(order: str, engine: FakeEngine) -> None:
    missing = plugin_line(engine, order)
    assert (missing["good"], missing["finding"]) == (False, "not in .venv/bin, where Pulumi.yaml says it is")
    assert missing["advice"].startswith("install pulumi-previsionio into that environment, or have Pulumi.yaml name ")

    install(engine.project / ".venv" / "bin")
    assert plugin_line(engine)["finding"] == "in .venv/bin, as Pulumi.yaml says"


def test_installed_or_on_the_path(engine: FakeEngine, tmp_path: Path) -> None:
    usual = f"{engine.folder / 'bin'}{os.pathsep}/usr/bin:/bin"
    missing = plugin_line(engine, "name: p\nruntime: nodejs\n", PATH=usual)
    assert (missing["good"], missing["finding"]) == (False, "not found")

    install(tmp_path / "somewhere")
    path = f"{usual}{os.pathsep}{tmp_path / 'somewhere'}"
    assert "Pulumi warns about that" in plugin_line(engine, PATH=path)["finding"]

    home = tmp_path / "home"
    install(home / "plugins" / "resource-previsionio-v0.2.0")
    assert plugin_line(engine, PATH=path, PULUMI_HOME=str(home))["finding"].startswith("installed at ")


@pytest.mark.parametrize("runtime", ["python", "\n  name: python\n  options:\n    virtualenv: venv"])
def test_programs_in_python_need_it_for_its_classes_only(runtime: str, engine: FakeEngine) -> None:
    project = f"name: p\nruntime: {runtime}\n"
    (engine.project / "__main__.py").write_text("import pulumi_previsionio as previsionio\n")
    assert plugin_line(engine, project) == {}

    (engine.project / "__main__.py").write_text("import pulumi_previsionio.native as previsionio\n")
    assert plugin_line(engine, project)["title"] == "native plugin"
