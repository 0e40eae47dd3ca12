"""How a user's unit tests answer lookups and see explicit providers (`pulumi.runtime.set_mocks`)."""

from typing import Any

import pulumi
import pulumi_previsionio as previsionio
import pytest
from pulumi.runtime import MockCallArgs, MockResourceArgs
from pulumi_previsionio import InputError

from tests.unit import programs

ANSWERS: dict[str, dict[str, Any]] = {
    "previsionio:index:getProject": {"id": "p-1", "name": "crm"},
    "previsionio:index:getConnector": {
        "id": "c-1",
        "name": "files",
        "type": "FTP",
        "project_id": "p-1",
        "host": "ftp.example",
        "port": 21,
    },
    "previsionio:index:listConnectors": {
        "items": [{"id": "c-1", "name": "files", "type": "FTP", "project_id": "p-1", "host": "ftp.example"}]
    },
    "previsionio:index:getDatasource": {"id": "d-1", "name": "export", "connector_id": "c-1", "path": "/x.csv"},
    "previsionio:index:listDatasources": {"items": [{"id": "d-1", "name": "export", "connector_id": "c-1"}]},
    "previsionio:index:listDatabases": {"items": ["crm", "shop"]},
    "previsionio:index:listTables": {"items": ["customers"]},
}


class Mocks(pulumi.runtime.Mocks):
    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.made: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.made[args.name] = {**args.inputs, "provider of it": args.provider}
        return args.resource_id or f"id-of-{args.name}", dict(args.inputs)

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        self.asked.append((args.token, dict(args.args)))
        return ANSWERS[args.token], []


@pytest.fixture
def mocks() -> Mocks:
    mocks = Mocks()
    pulumi.runtime.set_mocks(mocks, project="project", stack="stack", preview=False)
    return mocks


FILES = previsionio.ConnectorResult("c-1", "files", "FTP", "p-1", host="ftp.example", port=21)


def test_every_lookup_is_answered_by_the_mocks_call(mocks: Mocks) -> None:
    def program() -> None:
        assert previsionio.get_project("crm") == previsionio.ProjectResult("p-1", "crm")
        assert previsionio.get_connector("files", project_id="p-1") == FILES
        assert [each.id for each in previsionio.list_connectors()] == ["c-1"]
        assert previsionio.get_datasource(id="d-1").path == "/x.csv"
        assert [each.name for each in previsionio.list_datasources("p-1")] == ["export"]
        assert previsionio.list_databases("c-1") == ["crm", "shop"]
        assert previsionio.list_tables("c-1", "crm") == ["customers"]

    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]
    assert mocks.asked == [
        ("previsionio:index:getProject", {"name": "crm"}),
        ("previsionio:index:getConnector", {"name": "files", "project_id": "p-1"}),
        ("previsionio:index:listConnectors", {}),
        ("previsionio:index:getDatasource", {"id": "d-1"}),
        ("previsionio:index:listDatasources", {"project_id": "p-1"}),
        ("previsionio:index:listDatabases", {"connector_id": "c-1"}),
        ("previsionio:index:listTables", {"connector_id": "c-1", "database": "crm"}),
    ]


def test_twins_and_what_is_built_on_them(mocks: Mocks) -> None:
    found: list[Any] = []

    def program() -> Any:
        connector = previsionio.get_connector_output(pulumi.Output.from_input("files"))
        previsionio.Datasource("later", connector=connector.id, path="/x.csv")
        previsionio.Datasource("now", connector=previsionio.get_connector("files"), path="/x.csv")
        tables = previsionio.list_tables_output("c-1", pulumi.Output.from_input("crm"))
        return pulumi.Output.all(connector, tables).apply(found.extend)

    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]
    assert found == [FILES, ["customers"]]
    assert mocks.made["later"]["connector_id"] == "c-1"
    assert mocks.made["now"]["connector_id"] == "c-1"
    assert mocks.made["now"]["project_id"] == "p-1"


def test_what_was_found_takes_only_sources_of_its_kind(mocks: Mocks) -> None:
    def program() -> None:
        previsionio.Datasource("x", connector=previsionio.get_connector("files"), database="crm", table="customers")

    with pytest.raises(InputError, match="a data source of an FTP connector takes path"):
        pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]


# Explicit providers


def provider(**changes: Any) -> previsionio.Provider:
    return previsionio.Provider("staging", **{"url": "https://staging.example", "token": "t0ken", **changes})


def test_an_explicit_provider_holds_its_settings_and_its_resources_name_it() -> None:
    def program() -> None:
        staging = provider(project_id="p-1", parallelism=4)
        previsionio.Project("crm", opts=pulumi.ResourceOptions(provider=staging))

    seen = programs.run(program)
    assert seen.resources["staging"].typ == "pulumi:providers:pulumi-python"
    assert seen.inputs("staging") == {
        "previsionio:url": "https://staging.example",
        "previsionio:token": "t0ken",
        "previsionio:projectId": "p-1",
        "previsionio:parallelism": 4,
        "previsionio:explicit": "arguments",
    }
    assert programs._SIGNATURE in seen.resources["staging"].inputs["previsionio:token"]
    assert "::staging::" in (seen.resources["crm"].provider or "")


def test_a_provider_without_address_or_token_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        programs.run(lambda: previsionio.Provider("staging"))
    assert str(caught.value) == (
        "Provider 'staging': "
        "url: is required, unless env_var_mappings maps a variable to PREVISION_URL; "
        "token: is required, unless env_var_mappings maps a variable to PREVISION_MASTER_TOKEN"
    )


def test_a_mapped_variable_stands_for_the_token_and_is_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGING_TOKEN", "t0ken")
    mapped = pulumi.ResourceOptions(env_var_mappings={"STAGING_TOKEN": "PREVISION_MASTER_TOKEN"})

    seen = programs.run(lambda: provider(token=None, opts=mapped))

    assert seen.inputs("staging") == {
        "previsionio:url": "https://staging.example",
        "previsionio:explicit": "token=STAGING_TOKEN",
    }


# SQLSource

SOURCE: dict[str, Any] = dict(host="db", port=5432, username="reader", password="p", database="crm")


def test_a_component_makes_a_connector_and_a_data_source_for_each_name() -> None:
    def program() -> None:
        source = previsionio.SQLSource(
            "crm", **SOURCE, tables=["customers"], queries={"big": "SELECT 1"}, name="CRM", verify_source=False
        )
        assert list(source.tables) == ["customers"]
        assert list(source.queries) == ["big"]

    seen = programs.run(program)
    assert seen.inputs("crm")["name"] == "CRM"
    assert {name: each.typ.rpartition(":")[2] for name, each in seen.resources.items()} == {
        "crm": "SQLConnector",
        "crm-customers": "Datasource",
        "crm-big": "Datasource",
    }
    assert seen.inputs("crm-customers")["table"] == seen.inputs("crm-customers")["name"] == "customers"
    assert seen.inputs("crm-big")["request"] == "SELECT 1"
    assert seen.inputs("crm-big")["connector_id"] == "id-of-crm"


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ({"tables": "customers"}, "tables: must be a list of names, such as ['customers']"),
        ({"tables": ["a", "b", "a"]}, "tables, queries: 'a' is there twice; each name becomes one data source"),
        ({"tables": ["a"], "queries": {"a": "SELECT 1"}}, "tables, queries: 'a' is there twice"),
        ({"queries": {"": "SELECT 1"}}, "tables, queries: a name must not be empty"),
    ],
)
def test_names_that_cannot_become_data_sources_are_refused(names: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=r"SQLSource 'crm': ") as caught:
        programs.run(lambda: previsionio.SQLSource("crm", **SOURCE, **names))
    assert problem in str(caught.value)
