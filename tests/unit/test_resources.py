"""The constructors, as a program sees them (`pulumi.runtime.set_mocks`)."""

import inspect
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import pulumi
import pulumi_previsionio as previsionio
import pytest
from pulumi_previsionio import InputError

from tests.unit import programs
from tests.unit.examples import KEY, PASSWORD

SERVER: dict[str, Any] = dict(host="db.example", port=3306, username="reader", password=PASSWORD)
MAKERS: dict[str, Callable[..., Any]] = {
    "SQLConnector": lambda name, /, **more: previsionio.SQLConnector(name, **{**SERVER, **more}),
    "FTPConnector": lambda name, /, **more: previsionio.FTPConnector(name, **{**SERVER, **more}),
    "SFTPConnector": lambda name, /, **more: previsionio.SFTPConnector(name, **{**SERVER, **more}),
    "S3Connector": lambda name, /, **more: previsionio.S3Connector(
        name, **{"access_key_id": "AKIA01", "secret_access_key": PASSWORD, **more}
    ),
    "GCPConnector": lambda name, /, **more: previsionio.GCPConnector(name, **{"google_credentials": KEY, **more}),
    "Datasource": lambda name, /, **more: previsionio.Datasource(
        name, **{"connector": "5ea1", "database": "crm", "table": "customers", **more}
    ),
    "Project": lambda name, /, **more: previsionio.Project(name, **more),
    "Dataset": lambda name, /, **more: previsionio.Dataset(name, **{"datasource": "5ea1", **more}),
}
SECRETS = [
    ("SQLConnector", "password"),
    ("FTPConnector", "password"),
    ("SFTPConnector", "password"),
    ("S3Connector", "secret_access_key"),
    ("GCPConnector", "google_credentials"),
]
SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d"


@pytest.mark.parametrize("kind", MAKERS)
def test_each_resource_has_its_type_token_and_registers_under_its_name(kind: str) -> None:
    seen = programs.run(lambda: MAKERS[kind]("thing"))

    assert seen.resources["thing"].typ == f"pulumi-python:dynamic/previsionio:{kind}"


@pytest.mark.parametrize("kind", MAKERS)
def test_every_input_and_output_of_a_kind_is_an_attribute_even_when_not_set(kind: str) -> None:
    missing: list[str] = []

    def program() -> None:
        thing = MAKERS[kind]("thing")
        fields = [field.name for field in thing._provider_class.kind.fields]
        missing.extend(name for name in (*fields, "id", "urn") if not isinstance(getattr(thing, name), pulumi.Output))

    programs.run(program)

    assert missing == []


@pytest.mark.parametrize("kind", MAKERS)
def test_every_output_is_declared_with_its_type(kind: str) -> None:
    cls = getattr(previsionio, kind)

    declared = {name for name in inspect.get_annotations(cls) if not name.startswith("_")}

    kind_ = cls._provider_class.kind
    assert declared == {field.name for field in (*kind_.fields, *kind_.outputs)}


@pytest.mark.parametrize("kind", MAKERS)
def test_a_constructor_takes_exactly_the_inputs_that_users_may_set(kind: str) -> None:
    cls = getattr(previsionio, kind)
    parameters = set(inspect.signature(cls.__init__).parameters) - {"self", "resource_name", "opts", "common"}
    common = set(previsionio.ConnectorArgs.__annotations__) - {"opts"} if "Connector" in kind else set()
    renamed = {"connector": "connector_id", "datasource": "datasource_id"}

    offered = {renamed.get(name, name) for name in parameters | common}

    assert offered == {field.name for field in cls._provider_class.kind.fields} - {"platform_url", "source"}


# Secrets


@pytest.mark.parametrize(("kind", "key"), SECRETS)
def test_a_secret_given_as_plain_text_leaves_the_program_as_a_secret(kind: str, key: str) -> None:
    seen = programs.run(lambda: MAKERS[kind]("thing"))

    assert SECRET_SIGNATURE in seen.resources["thing"].inputs[key]


@pytest.mark.parametrize(("kind", "key"), SECRETS)
def test_a_secret_is_a_secret_output_too(kind: str, key: str) -> None:
    assert programs.is_secret(lambda: getattr(MAKERS[kind]("thing"), key))


def test_nothing_but_the_secret_is_secret() -> None:
    seen = programs.run(lambda: MAKERS["SQLConnector"]("thing"))

    inputs = seen.resources["thing"].inputs
    assert [key for key, value in inputs.items() if isinstance(value, dict)] == ["password"]


@pytest.mark.parametrize(("kind", "key"), SECRETS)
@pytest.mark.parametrize("source", [previsionio.from_env, previsionio.from_file])
def test_a_reference_never_puts_the_value_into_the_inputs(
    kind: str, key: str, source: Callable[[str], Any], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "CRM").write_text(PASSWORD)
    monkeypatch.setenv("CRM", PASSWORD)

    seen = programs.run(lambda: MAKERS[kind]("thing", **{key: source("CRM")}))

    assert PASSWORD not in repr(seen.resources["thing"].inputs)
    assert seen.inputs("thing")[key] == {source.__name__: "CRM"}


# Names


def test_the_resource_name_is_passed_beside_the_inputs_to_become_the_default_name() -> None:
    seen = programs.run(lambda: MAKERS["SQLConnector"]("crm"))

    assert seen.inputs("crm")["default_name"] == "crm"
    assert seen.inputs("crm")["name"] == "crm"  # under mocks nobody else fills it in


@pytest.mark.parametrize("kind", MAKERS)
def test_a_name_that_is_given_is_the_only_one(kind: str) -> None:
    seen = programs.run(lambda: MAKERS[kind]("thing", name="On the platform"))

    assert seen.inputs("thing")["name"] == "On the platform"
    assert "default_name" not in seen.inputs("thing")


# What a data source takes as its connector, and a dataset as its data source


def _connector_forms() -> dict[str, Callable[[], Any]]:
    result = previsionio.ConnectorResult("id-of-crm", "crm", "SQL", "P")
    return {
        "object": lambda: previsionio.SQLConnector("crm", **SERVER, project_id="P"),
        "id": lambda: "id-of-crm",
        "id of an object": lambda: previsionio.SQLConnector("crm", **SERVER).id,
        "output": lambda: pulumi.Output.from_input("id-of-crm"),
        "lookup": lambda: result,
    }


@pytest.mark.parametrize("form", _connector_forms())
def test_a_data_source_takes_its_connector_in_any_form(form: str) -> None:
    connector = _connector_forms()[form]

    seen = programs.run(lambda: previsionio.Datasource("d", connector=connector(), database="crm", table="customers"))

    assert seen.inputs("d")["connector_id"] == "id-of-crm"
    assert seen.inputs("d").get("project_id") == ("P" if form in ("object", "lookup") else None)


def test_a_data_source_can_be_somewhere_else_than_its_connector_says() -> None:
    connector = _connector_forms()["object"]

    seen = programs.run(lambda: MAKERS["Datasource"]("d", connector=connector(), project_id="Q"))

    assert seen.inputs("d")["project_id"] == "Q"


@pytest.mark.parametrize("form", ["object", "id", "output", "lookup"])
def test_a_dataset_takes_its_data_source_in_any_form(form: str) -> None:
    result = previsionio.DatasourceResult("id-of-d", "d", "5ea1", "P")
    sources: dict[str, Callable[[], Any]] = {
        "object": lambda: MAKERS["Datasource"]("d", project_id="P"),
        "id": lambda: "id-of-d",
        "output": lambda: pulumi.Output.from_input("id-of-d"),
        "lookup": lambda: result,
    }

    seen = programs.run(lambda: previsionio.Dataset("snapshot", datasource=sources[form]()))

    assert seen.inputs("snapshot")["datasource_id"] == "id-of-d"
    assert seen.inputs("snapshot").get("project_id") == ("P" if form in ("object", "lookup") else None)


# Mistakes


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        *((kind, key) for kind in ("SQLConnector", "FTPConnector", "SFTPConnector") for key in ("host", "username")),
        ("SQLConnector", "port"),
        ("S3Connector", "access_key_id"),
        ("Datasource", "connector"),
        ("Dataset", "datasource"),
        *(secret for secret in SECRETS if secret != ("FTPConnector", "password")),
    ],
)
@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_in_a_required_input_is_refused_at_once(kind: str, key: str, nothing: Any) -> None:
    with pytest.raises(InputError, match=f"^{kind} 'thing': {key}: "):
        programs.run(lambda: MAKERS[kind]("thing", **{key: nothing}))


def test_an_empty_password_can_be_meant() -> None:
    """An anonymous FTP login takes it."""
    seen = programs.run(lambda: MAKERS["FTPConnector"]("thing", password=""))
    assert seen.inputs("thing")["password"] == ""


def test_all_missing_inputs_are_named_together() -> None:
    with pytest.raises(InputError) as caught:
        programs.run(lambda: MAKERS["SQLConnector"]("crm", host=None, password=None))

    assert str(caught.value) == "SQLConnector 'crm': host: is required; password: is required"


def test_an_input_that_there_is_not_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        programs.run(lambda: MAKERS["FTPConnector"]("files", test_conection=False, colour="red"))

    assert caught.value.problems == [
        "test_conection: is not an input of this resource. Did you mean 'test_connection'?",
        "colour: is not an input of this resource",
    ]


WRONG_SHAPES: list[tuple[str, dict[str, Any]]] = [
    ("SQLConnector", {"database": "crm"}),
    ("SQLConnector", {"database": "crm", "table": "t", "request": "select 1"}),
    ("SQLConnector", {"path": "/a.csv"}),
    ("FTPConnector", {"bucket": "b", "path": "/a.csv"}),
    ("SFTPConnector", {"database": "crm", "table": "t"}),
    ("S3Connector", {"path": "/a.csv"}),
    ("GCPConnector", {"database": "crm", "table": "t"}),
    ("GCPConnector", {"g_cloud": "BigQuery", "bucket": "b", "path": "p"}),
    ("GCPConnector", {"g_cloud": "bigquery", "database": "crm", "table": "t"}),
    ("GCPConnector", {}),
]


@pytest.mark.parametrize(("kind", "source"), WRONG_SHAPES)
def test_a_wrong_shape_for_a_connector_object_is_refused_naming_the_resource(kind: str, source: dict[str, Any]) -> None:
    def program() -> None:
        previsionio.Datasource("customers", connector=MAKERS[kind]("crm"), **source)

    with pytest.raises(
        InputError, match=r"^Datasource 'customers': a data source of an? \w+ connector takes "
    ) as caught:
        programs.run(program)

    given = str(caught.value).partition("Given: ")[2]
    assert set(given.split(", ")) == (set(source) or {"none of them"})


RIGHT_SHAPES: list[tuple[str, dict[str, Any]]] = [
    ("SQLConnector", {"database": "crm", "table": "t"}),
    ("SQLConnector", {"database": "crm", "request": "select 1"}),
    ("FTPConnector", {"path": "/a.csv"}),
    ("SFTPConnector", {"path": "/a.csv"}),
    ("S3Connector", {"bucket": "b", "path": "a.csv"}),
    ("GCPConnector", {"g_cloud": "BigQuery", "database": "crm", "table": "t"}),
    ("GCPConnector", {"g_cloud": "Storage", "bucket": "b", "path": "a.csv"}),
]


@pytest.mark.parametrize(("kind", "source"), RIGHT_SHAPES)
def test_every_right_shape_is_taken(kind: str, source: dict[str, Any]) -> None:
    def program() -> None:
        previsionio.Datasource("customers", connector=MAKERS[kind]("crm"), **source)

    seen = programs.run(program)

    assert source.items() <= seen.inputs("customers").items()


def test_a_shape_with_outputs_counts_as_given() -> None:
    def program() -> None:
        previsionio.Datasource(
            "customers",
            connector=MAKERS["GCPConnector"]("crm"),
            g_cloud=pulumi.Output.from_input("Storage"),
            bucket=pulumi.Output.from_input("b"),
            path="p",
        )

    assert programs.run(program).inputs("customers")["bucket"] == "b"


# Existing objects


@pytest.mark.parametrize("kind", MAKERS)
def test_get_reads_an_existing_object_and_sends_no_inputs(kind: str) -> None:
    seen = programs.run(lambda: getattr(previsionio, kind).get("mine", "5ea1"))

    assert seen.resources["mine"].resource_id == "5ea1"
    assert seen.inputs("mine") == {}


# Classes of users


class Subclass(previsionio.SQLConnector):
    pass


class SubSubclass(Subclass):
    port: pulumi.Output[str]  # type: ignore[assignment]


class SubSubSubclass(SubSubclass):
    pass


T = TypeVar("T")


class GenericSubclass(previsionio.Datasource, Generic[T]):
    pass


class Renamed(previsionio.SQLConnector, module="acme", name="Renamed"):
    pass


@pytest.mark.parametrize("cls", [Subclass, SubSubclass, SubSubSubclass])
def test_subclasses_keep_the_token_so_that_nothing_is_replaced(cls: type[previsionio.SQLConnector]) -> None:
    seen = programs.run(lambda: cls("crm", **SERVER))

    assert seen.resources["crm"].typ == "pulumi-python:dynamic/previsionio:SQLConnector"


def test_generic_subclasses_keep_the_token() -> None:
    seen = programs.run(lambda: GenericSubclass[int]("d", connector="5ea1", database="crm", table="customers"))

    assert seen.resources["d"].typ == "pulumi-python:dynamic/previsionio:Datasource"


def test_a_subclass_may_have_a_token_of_its_own() -> None:
    seen = programs.run(lambda: Renamed("crm", **SERVER))

    assert seen.resources["crm"].typ == "pulumi-python:dynamic/acme:Renamed"


@pytest.mark.parametrize("cls", [previsionio.SQLConnector, Subclass, Renamed])
def test_the_engines_floats_become_integers_again(cls: type[previsionio.SQLConnector]) -> None:
    port = programs.value_of(lambda: cls("crm", **SERVER).port)

    assert (port, type(port)) == (3306, int)


@pytest.mark.parametrize("cls", [SubSubclass, SubSubSubclass])
def test_the_nearest_annotation_of_an_output_counts(cls: type[Any]) -> None:
    assert inspect.get_annotations(cls)["port"] == pulumi.Output[str]
