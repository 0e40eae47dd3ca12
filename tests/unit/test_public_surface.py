"""What users see, and what may never change since stacks hold it."""

import ast
import base64
import inspect
import json
import pkgutil
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pulumi_previsionio as previsionio
import pytest
from hatchling.builders.wheel import WheelBuilder
from pulumi.dynamic.dynamic import serialize_provider
from pulumi_previsionio import PrevisionError, _dynamic, _errors

from tests.measured import unmeasured

ROOT = Path(__file__).parents[2]
INIT = ROOT / "provider" / "pulumi_previsionio" / "__init__.py"


def test_all_names_what_a_user_sees() -> None:
    assert set(previsionio.__all__) == {"__version__", *previsionio._HOMES} == set(dir(previsionio))
    assert previsionio.__all__ == sorted(previsionio.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'SQLConector'"):
        previsionio.SQLConector  # noqa: B018


def test_type_checkers_see_the_names_where_they_are() -> None:
    (block,) = (node for node in ast.parse(INIT.read_text()).body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]

    assert {alias.name: node.module for node in imports for alias in node.names} == previsionio._HOMES


def test_every_module_but_the_plugins_classes_is_private() -> None:
    names = [module.name for module in pkgutil.iter_modules(previsionio.__path__)]

    assert [name for name in names if not name.startswith("_")] == ["native"]


def test_every_public_name_is_documented() -> None:
    undocumented = [
        name
        for name in previsionio.__all__
        if name != "__version__" and not (getattr(previsionio, name).__doc__ or "").strip()
    ]

    assert undocumented == []


# Errors


def test_every_error_is_in_the_drawn_tree_and_has_the_parent_drawn_there() -> None:
    drawn: dict[str, str | None] = {}
    path: list[str] = []
    for line in (_errors.__doc__ or "").splitlines():
        if match := re.match(r"([│├└─ ]*)([A-Z]\w+)(?:  |$)", line):
            depth = len(match[1]) // 4
            path[depth:] = [match[2]]
            drawn[match[2]] = path[depth - 1] if depth else None
    defined = {
        name: cls.__bases__[0].__name__ if cls is not PrevisionError else None
        for name, cls in vars(_errors).items()
        if inspect.isclass(cls) and issubclass(cls, Exception)
    }

    assert drawn == defined


def test_every_error_is_public() -> None:
    defined = {name for name, cls in vars(_errors).items() if inspect.isclass(cls) and issubclass(cls, Exception)}

    assert defined <= set(previsionio.__all__)


# Imports

OWN_IMPORTS = """
import sys
import pulumi
before = set(sys.modules)
from pulumi_previsionio import *
print(*sorted(set(sys.modules) - before))
"""


def test_the_import_in_a_program_is_light() -> None:
    """Beyond Pulumi a program loads our own small modules only; `requests` and `pydantic` are for the provider host."""
    loaded = subprocess.run(
        [sys.executable, "-c", OWN_IMPORTS], capture_output=True, text=True, check=True, cwd=ROOT, env=unmeasured()
    ).stdout.split()

    foreign = {name for name in loaded if not name.startswith("pulumi_previsionio")}
    assert foreign <= {"hmac"}
    assert not {"pulumi_previsionio._platform.client", "pulumi_previsionio._core.validation"} & set(loaded)


# What stacks hold: never change a line of this table. Add one for a new class.

PROVIDERS = {
    "DatasetProvider": "gASVNgAAAAAAAACMG3B1bHVtaV9wcmV2aXNpb25pby5fZHluYW1pY5SMD0RhdGFzZXRQcm92aWRlcpSTlCmBlC4=",
    "DatasourceProvider": (
        "gASVOQAAAAAAAACMG3B1bHVtaV9wcmV2aXNpb25pby5fZHluYW1pY5SMEkRhdGFzb3VyY2VQcm92aWRlcpSTlCmBlC4="
    ),
    "FTPConnectorProvider": (
        "gASVOwAAAAAAAACMG3B1bHVtaV9wcmV2aXNpb25pby5fZHluYW1pY5SMFEZUUENvbm5lY3RvclByb3ZpZGVylJOUKYGULg=="
    ),
    "GCPConnectorProvider": (
        "gASVOwAAAAAAAACMG3B1bHVtaV9wcmV2aXNpb25pby5fZHluYW1pY5SMFEdDUENvbm5lY3RvclByb3ZpZGVylJOUKYGULg=="
    ),
    "ProjectProvider": "gASVNgAAAAAAAACMG3B1bHVtaV9wcmV2aXNpb25pby5fZHluYW1pY5SMD1Byb2plY3RQcm92aWRlcpSTlCmBlC4=",
    "S3ConnectorProvider": (
        "gASVOgAAAAAAAACMG3B1bHVtaV9wcmV2aXNpb25pby5fZHluYW1pY5SME1MzQ29ubmVjdG9yUHJvdmlkZXKUk5QpgZQu"
    ),
    "SFTPConnectorProvider": (
        "gASVPAAAAAAAAACMG3B1bHVtaV9wcmV2aXNpb25pby5fZHluYW1pY5SMFVNGVFBDb25uZWN0b3JQcm92aWRlcpSTlCmBlC4="
    ),
    "SQLConnectorProvider": (
        "gASVOwAAAAAAAACMG3B1bHVtaV9wcmV2aXNpb25pby5fZHluYW1pY5SMFFNRTENvbm5lY3RvclByb3ZpZGVylJOUKYGULg=="
    ),
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_text_by_which_a_stack_knows_its_provider(name: str) -> None:
    text = serialize_provider(getattr(_dynamic, name)())

    assert text == PROVIDERS[name]
    assert b"\x1bpulumi_previsionio._dynamic" in base64.b64decode(text)


def test_every_provider_class_is_in_the_table_and_none_is_a_secret() -> None:
    classes = {cls.__name__: cls for cls in _all_subclasses(_dynamic.Provider) if cls.__module__ == _dynamic.__name__}

    assert set(classes) == set(PROVIDERS)
    assert not any(cls.serialize_as_secret_always for cls in classes.values())


def test_the_type_tokens_by_which_a_stack_knows_its_resources() -> None:
    tokens = {
        name: getattr(cls, "_resource_type_name", None)
        for name in previsionio.__all__
        if inspect.isclass(cls := getattr(previsionio, name)) and hasattr(cls, "_provider_class")
    }

    assert tokens == {
        "Dataset": "dynamic/previsionio:Dataset",
        "Datasource": "dynamic/previsionio:Datasource",
        "FTPConnector": "dynamic/previsionio:FTPConnector",
        "GCPConnector": "dynamic/previsionio:GCPConnector",
        "Project": "dynamic/previsionio:Project",
        "S3Connector": "dynamic/previsionio:S3Connector",
        "SFTPConnector": "dynamic/previsionio:SFTPConnector",
        "SQLConnector": "dynamic/previsionio:SQLConnector",
    }


def test_each_resource_is_served_by_the_provider_of_its_name() -> None:
    for name in PROVIDERS:
        cls = getattr(previsionio, name.removesuffix("Provider"))
        assert cls._provider_class is getattr(_dynamic, name)


# The wheel


def built(project: Path, folder: Path) -> dict[str, bytes]:
    """The content of a distribution's wheel."""
    (path,) = WheelBuilder(str(project)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The content of the wheel that users install."""
    return built(ROOT, tmp_path_factory.mktemp("wheel"))


def test_the_wheel_says_that_there_is_no_binary_plugin_to_look_for(wheel: dict[str, bytes]) -> None:
    """The engine takes every distribution named `pulumi-…` for one that has a plugin, in the folder of that name."""
    assert json.loads(wheel["pulumi_previsionio/pulumi-plugin.json"]) == {"resource": False}


def test_the_wheel_is_typed(wheel: dict[str, bytes]) -> None:
    assert "pulumi_previsionio/py.typed" in wheel


def test_the_wheel_holds_every_module_and_nothing_strange(wheel: dict[str, bytes]) -> None:
    provider = ROOT / "provider"
    modules = {str(path.relative_to(provider)) for path in (provider / "pulumi_previsionio").rglob("*.py")}
    tops = {name.partition("/")[0] for name in wheel if ".dist-info" not in name}

    assert modules | {"pulumi_previsionio/_native/schema.json"} <= set(wheel)
    assert tops == {"pulumi_previsionio"}


def commands(wheel: dict[str, bytes]) -> list[str]:
    (scripts,) = (text.decode() for name, text in wheel.items() if name.endswith("entry_points.txt"))
    return [line.partition(" = ")[0] for line in scripts.splitlines() if " = " in line]


def test_the_wheel_brings_no_command_that_cannot_run(wheel: dict[str, bytes]) -> None:
    assert commands(wheel) == ["pulumi-previsionio", "pulumi-resource-previsionio"]


def test_the_local_platform_is_a_distribution_of_its_own(tmp_path: Path) -> None:
    local = built(ROOT / "local_platform", tmp_path)

    assert {name.partition("/")[0] for name in local if ".dist-info" not in name} == {"previsionio_local"}
    assert commands(local) == ["previsionio-local"]
    assert "previsionio_local/py.typed" in local


def test_the_version_is_the_distributions(wheel: dict[str, bytes]) -> None:
    (metadata,) = (content.decode() for name, content in wheel.items() if name.endswith(".dist-info/METADATA"))

    assert f"\nVersion: {previsionio.__version__}\n" in metadata
    assert "\nName: pulumi-previsionio\n" in metadata


def _all_subclasses(cls: type[Any]) -> list[type[Any]]:
    return [each for child in cls.__subclasses__() for each in (child, *_all_subclasses(child))]
