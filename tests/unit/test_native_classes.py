"""The plugin's Python classes: a program changes one import line, and nothing else."""

import inspect
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_previsionio as previsionio
import pytest
from pulumi_previsionio import native
from pulumi_previsionio._core.names import camel

from tests.unit import programs
from tests.unit.examples import KEY

MAKERS: dict[str, Callable[..., Any]] = {
    "SQLConnector": lambda door, **more: door.SQLConnector(
        "thing", host="h", port=1, username="u", password="p", **more
    ),
    "FTPConnector": lambda door, **more: door.FTPConnector("thing", host="h", username="u", password="p", **more),
    "SFTPConnector": lambda door, **more: door.SFTPConnector("thing", host="h", username="u", password="p", **more),
    "S3Connector": lambda door, **more: door.S3Connector("thing", access_key_id="a", secret_access_key="s", **more),
    "GCPConnector": lambda door, **more: door.GCPConnector("thing", google_credentials=KEY, **more),
    "Datasource": lambda door, **more: door.Datasource("thing", connector="C", path="p", **more),
    "Dataset": lambda door, **more: door.Dataset("thing", datasource="D", triggers=[{"projectId": 1}], **more),
    "Project": lambda door, **more: door.Project("thing", description="d", **more),
}


def recorded(make: Callable[[], object]) -> pulumi.runtime.MockResourceArgs:
    return programs.run(make).resources["thing"]


def test_the_same_names_are_there() -> None:
    assert set(native.__all__) == {*previsionio.__all__, "GCloud"}
    assert [name for name in native.__all__ if not hasattr(native, name)] == []


@pytest.mark.parametrize("kind", MAKERS)
def test_a_resource_of_the_plugin_has_the_same_inputs(kind: str) -> None:
    made = recorded(lambda: MAKERS[kind](native))
    dynamic = programs.run(lambda: MAKERS[kind](previsionio)).inputs("thing")

    assert made.typ == f"previsionio:index:{kind}"
    spelt = {camel(name): value for name, value in dynamic.items() if name != "default_name"}
    assert {name: programs.plain(value) for name, value in made.inputs.items()} == spelt


@pytest.mark.parametrize("kind", MAKERS)
def test_every_output_is_there_under_its_python_name(kind: str) -> None:
    found: dict[str, Any] = {}

    def program() -> None:
        thing = MAKERS[kind](native)
        for field in thing._provider_class.kind.fields:
            getattr(thing, field.name).apply(lambda value, name=field.name: found.update({name: value}))

    inputs = programs.run(program).inputs("thing")

    assert {name: value for name, value in found.items() if value is not None} == {
        native_name: inputs[key] for key, native_name in ((camel(name), name) for name in found) if key in inputs
    }


@pytest.mark.parametrize("kind", MAKERS)
def test_the_signature_is_the_same(kind: str) -> None:
    ours, theirs = (inspect.signature(getattr(door, kind).__init__).parameters for door in (native, previsionio))
    if kind in ("Datasource", "Dataset"):
        reference = kind.replace("Datasource", "connector").replace("Dataset", "datasource")
        assert list(ours) == ["self", "resource_name", reference, f"{reference}_id", "others"]
        args = getattr(native, f"{kind}Args").__annotations__
        assert {*args, reference} == {*theirs} - {"self", "resource_name"}
    else:
        assert ours == theirs
    assert issubclass(getattr(native, kind), getattr(previsionio, kind))


def test_a_secret_is_one_on_its_way() -> None:
    made = recorded(lambda: MAKERS["SQLConnector"](native, name="n"))

    assert pulumi.runtime.rpc.is_rpc_secret(made.inputs["password"])


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (
            lambda: native.Datasource("thing", connector="C", connector_id="C", path="p"),
            "give either connector or conn",
        ),
        (lambda: native.Datasource("thing", path="p"), "connector: is required"),
        (lambda: native.Dataset("thing", datasource="D", datasource_id="D"), "give either datasource or datasource_id"),
        (lambda: native.SQLConnector("thing", host="", port=1, username="u", password="p"), "host: must not be empty"),
    ],
)
def test_mistakes_are_caught_where_they_are_made(make: Callable[[], object], problem: str) -> None:
    with pytest.raises(previsionio.InputError, match=problem):
        programs.run(make)


def test_a_component_of_the_plugins_resources() -> None:
    def program() -> None:
        native.SQLSource("crm", host="h", port=1, username="u", password="p", database="d", tables=["t"])

    made = programs.run(program).resources

    assert [made[name].typ for name in ("crm-t",)] == ["previsionio:index:Datasource"]


def test_an_explicit_provider_is_one_of_the_plugin() -> None:
    def program() -> None:
        provider = native.Provider("thing", url="http://h", token="t", parallelism=3)
        native.Project("inside", opts=pulumi.ResourceOptions(provider=provider))

    made = programs.run(program).resources

    assert made["thing"].typ == "pulumi:providers:previsionio"
    given = {name: programs.plain(value) for name, value in made["thing"].inputs.items()}
    assert given == {"url": "http://h", "token": "t", "parallelism": 3, "explicit": "arguments"}
    assert "::thing::" in str(made["inside"].provider)
