"""The entries that describe each kind of object."""

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest
from pulumi_previsionio import Connector, ConnectorArgs, _dynamic
from pulumi_previsionio._core import kinds
from pulumi_previsionio._core.context import Context
from pulumi_previsionio._core.field_types import SECRET
from pulumi_previsionio._core.kind import SOURCE_INPUTS, Field, Kind, shape_problems
from pulumi_previsionio._core.lifecycle import check, diff
from pulumi_previsionio._core.secret import Secret
from pulumi_previsionio._core.values import from_engine, to_wire
from pulumi_previsionio._dynamic import Provider
from typing_extensions import Unpack

from tests.unit import programs
from tests.unit.conftest import settings_context
from tests.unit.examples import CONNECTORS, KINDS, PASSWORD, URL, inputs, settings
from tests.unit.fake_platform import PROJECT


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_two_inputs_of_a_kind_share_a_wire_name(kind: Kind) -> None:
    names = [field.wire for field in kind.wire_fields]

    assert len(set(names)) == len(names)
    assert "_id" not in names


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_input_takes_a_name_that_pulumi_keeps_for_itself(kind: Kind) -> None:
    reserved = {"id", "urn", "__provider", *vars(pulumi.CustomResource), *vars(pulumi.Resource)}

    assert not reserved & {field.name for field in kind.fields}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_has_exactly_one_provider_class(kind: Kind) -> None:
    providers = [cls for cls in Provider.__subclasses__() if cls.kind is kind and cls.__module__ == _dynamic.__name__]

    assert [cls.__name__ for cls in providers] == [f"{kind.name}Provider"]


def test_the_wire_names_of_secrets_are_the_platforms() -> None:
    secrets = {kind.name: kind[name].wire for kind in CONNECTORS for name in kind.secrets}

    assert secrets == {
        "SQLConnector": "password",
        "FTPConnector": "password",
        "SFTPConnector": "password",
        "S3Connector": "password",
        "GCPConnector": "googleCredentials",
    }


def test_a_connector_can_never_change_its_project_nor_a_data_source_its_connector() -> None:
    fixed = {kind.name: [field.name for field in kind.fields if field.fixed] for kind in KINDS}

    assert {name: fixed[name] for name in fixed if name.endswith("Connector")} == {
        kind.name: ["project_id", "platform_url"] for kind in CONNECTORS
    }
    assert fixed["Datasource"] == ["connector_id", "project_id", "platform_url"]
    assert fixed["Dataset"] == ["datasource_id", "project_id", "triggers", "source", "platform_url"]


# Shapes of data sources


@pytest.mark.parametrize("size", range(len(SOURCE_INPUTS) + 1))
@pytest.mark.parametrize("kind", CONNECTORS, ids=lambda kind: kind.name)
def test_exactly_the_shapes_of_a_connector_are_accepted(kind: Kind, size: int) -> None:
    def clouds(names: tuple[str, ...]) -> Iterator[dict[str, str]]:
        for cloud in ("BigQuery", "Storage", "bigquery") if "g_cloud" in names else ("",):
            yield {name: cloud if name == "g_cloud" else "x" for name in names}

    for names in itertools.combinations(SOURCE_INPUTS, size):
        for given in clouds(names):
            is_a_shape = any(
                set(names) == set(shape.all_inputs) and given.get("g_cloud") == shape.g_cloud for shape in kind.shapes
            )
            assert (shape_problems(given, kind.shapes, kind.noun) == []) == is_a_shape, given


def test_a_wrong_shape_lists_the_right_ones_and_what_was_given() -> None:
    assert shape_problems({"table": "t"}, kinds.SQL.shapes, kinds.SQL.noun) == [
        "a data source of an SQL connector takes database and table; or database and request. Given: table"
    ]
    assert shape_problems({}, kinds.GCP.shapes, kinds.GCP.noun) == [
        'a data source of a GCP connector takes g_cloud="BigQuery", database and table; '
        'or g_cloud="Storage", bucket and path. Given: none of them'
    ]


def test_without_a_known_connector_any_shape_of_any_kind_will_do() -> None:
    problems = kinds.DATASOURCE.steps.problems
    assert problems({"path": "/a.csv"}) == []
    assert problems({"bucket": "b", "path": "a.csv"}) == []
    assert problems({"bucket": "b"}) != []


# A sixth kind of connector: the entry, the provider class and the resource class, and nothing else.

FIELDS = (
    Field("account", wire="host", required=True),
    Field("warehouse", wire="warehouse", default="SMALL"),
    Field("api_key", SECRET, wire="password", required=True),
)
SNOW = kinds.connector_kind("SNOW", *FIELDS, shapes=(kinds.TABLE,))


class SnowConnectorProvider(Provider):
    kind = SNOW


class SnowConnector(Connector, module="previsionio", name="SNOWConnector"):
    _provider_class = SnowConnectorProvider
    account: pulumi.Output[str]
    api_key: pulumi.Output[Any]

    def __init__(
        self, resource: str, *, account: pulumi.Input[str], api_key: pulumi.Input[str], **common: Unpack[ConnectorArgs]
    ) -> None:
        super().__init__(resource, dict(account=account, api_key=api_key), common)


GIVEN: dict[str, Any] = dict(account="acme", api_key=PASSWORD, name="snow", project_id=PROJECT, platform_url=URL)


def test_a_sixth_kind_is_validated_from_its_entry() -> None:
    clean, problems = check(SNOW, {}, from_engine(SNOW, GIVEN), settings_context(settings()))
    assert (problems, clean["warehouse"], clean["api_key"]) == ([], "SMALL", Secret(PASSWORD))

    _, problems = check(
        SNOW, {}, from_engine(SNOW, {**GIVEN, "account": None, "api_key": {}}), settings_context(settings())
    )
    assert [problem.partition(":")[0] for problem in problems] == ["account", "api_key"]


def test_a_sixth_kind_is_mapped_to_the_wire_from_its_entry() -> None:
    assert to_wire(SNOW, from_engine(SNOW, GIVEN)) == {
        "type": "SNOW",
        "name": "snow",
        "host": "acme",
        "password": PASSWORD,
    }


def test_a_sixth_kind_is_compared_from_its_entry(context: Context) -> None:
    old = {**from_engine(SNOW, GIVEN), "platform_url": context.session.url}

    assert diff(SNOW, "5ea1", old, old, context).action == "same"
    assert diff(SNOW, "5ea1", old, {**old, "warehouse": "BIG"}, context).action == "update"
    assert diff(SNOW, "5ea1", old, {**old, "project_id": "other"}, context).replaces == ("project_id",)


def test_a_sixth_kind_registers_with_its_secret_hidden() -> None:
    seen = programs.run(lambda: SnowConnector("snow", account="acme", api_key=PASSWORD))

    assert seen.resources["snow"].typ == "pulumi-python:dynamic/previsionio:SNOWConnector"
    defaults = {"name": "snow", "warehouse": "SMALL", "test_connection": True, "force_destroy": False}
    assert seen.inputs("snow") == {"account": "acme", "api_key": PASSWORD, "default_name": "snow", **defaults}
    assert isinstance(seen.resources["snow"].inputs["api_key"], dict)


def test_the_good_inputs_of_these_tests_cover_every_required_one() -> None:
    for kind in KINDS:
        required = {field.name for field in kind.fields if field.required}
        assert required <= set(inputs(kind)), kind.name


def test_entries_cannot_be_changed_by_accident() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        kinds.SQL.noun = "else"  # type: ignore[misc]
