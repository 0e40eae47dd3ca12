"""The same story over every kind of source, told to a local platform by its HTTP API, with real servers behind it."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest
import requests
from previsionio_local import LocalPlatform

from tests.secret_search import leaked
from tests.servers import content
from tests.sources.scenarios import SCENARIOS, Fields, Scenario


@dataclass(frozen=True)
class Api:
    """A platform's HTTP API."""

    platform: LocalPlatform

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        return requests.request(
            method,
            f"{self.platform.url}/ext/v1{path}",
            headers={"Authorization": self.platform.token},
            json=body,
            timeout=30,
        )

    def make(self, what: str, **body: Any) -> str:
        answer = self.call("POST", f"/projects/{self.platform.project_id}/{what}", {"name": "a name", **body})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["_id"])

    def make_datasource(self, connector: Fields, location: Fields) -> str:
        return self.make("data-sources", connector_id=self.make("connectors", **connector), **location)

    def wait_for(self, dataset: str) -> dict[str, Any]:
        deadline = time.monotonic() + 30
        while True:
            status: dict[str, Any] = self.call("GET", f"/datasets/{dataset}").json()
            if status["copy_state"] in ("done", "failed"):
                return status
            assert time.monotonic() < deadline, status
            time.sleep(0.02)


@pytest.fixture(scope="module", params=SCENARIOS)
def scenario(request: pytest.FixtureRequest) -> Scenario:
    server, make = SCENARIOS[request.param]
    return make(request.getfixturevalue(server))


@pytest.fixture(scope="module")
def api(scenario: Scenario) -> Iterator[Api]:
    with LocalPlatform(**scenario.endpoints) as platform:
        yield Api(platform)


def test_reads_what_the_source_holds(api: Api, scenario: Scenario) -> None:
    connector = api.make("connectors", **scenario.connector)
    assert_accepted(api.call("POST", f"/connectors/{connector}/test"), scenario)
    for path, names in scenario.lists.items():
        assert set(names) <= set(api.call("GET", f"/connectors/{connector}/{path}").json()["items"])
    datasource = api.make("data-sources", connector_id=connector, **scenario.location)
    assert_accepted(api.call("POST", f"/data-sources/{datasource}/test"), scenario)

    assert_holds(api, datasource, scenario.table)


def test_reads_odd_places(api: Api, scenario: Scenario) -> None:
    connector = api.make("connectors", **scenario.connector)
    for location, table in scenario.elsewhere:
        datasource = api.make("data-sources", connector_id=connector, **location)
        assert_accepted(api.call("POST", f"/data-sources/{datasource}/test"), scenario)
        assert_holds(api, datasource, table)


def test_refuses_wrong_credentials(api: Api, scenario: Scenario) -> None:
    for wrong in scenario.wrong_credentials:
        connector = api.make("connectors", **scenario.connector | wrong)
        assert_refused(api.call("POST", f"/connectors/{connector}/test"), scenario)


def test_says_that_nobody_answers(api: Api, scenario: Scenario) -> None:
    if scenario.unreachable:
        assert_unreachable(api, scenario, scenario.connector | scenario.unreachable)
    if scenario.unreachable_endpoints:
        with LocalPlatform(**scenario.unreachable_endpoints) as platform:
            assert_unreachable(Api(platform), scenario, scenario.connector)


def test_names_what_is_missing(api: Api, scenario: Scenario) -> None:
    connector = api.make("connectors", **scenario.connector)
    for location in scenario.missing:
        datasource = api.make("data-sources", connector_id=connector, **location)
        reason = assert_refused(api.call("POST", f"/data-sources/{datasource}/test"), scenario)
        assert list(location.values())[-1].split()[-1] in reason

        dataset = api.make("datasets/data-source", datasource_id=datasource)
        status = api.wait_for(dataset)
        assert status["copy_state"] == "failed"
        assert status["errorMessage"]

    answer = api.call("POST", f"/connectors/{connector}/verify", scenario.missing[0])
    assert answer.status_code == 422, answer.text
    assert scenario.suggestion in answer.json()["candidates"]


def assert_holds(api: Api, datasource: str, table: content.Table) -> None:
    """A dataset made from the data source has exactly the rows of `table`, as Parquet and as CSV."""
    dataset = api.make("datasets/data-source", datasource_id=datasource)
    status = api.wait_for(dataset)
    assert status["copy_state"] == "done", status.get("errorMessage")

    parquet = pq.read_table(io.BytesIO(api.call("GET", f"/datasets/{dataset}/download?extension=parquet").content))
    assert parquet.column_names == list(table.header)
    columns = [column.to_pylist() for column in parquet.columns]
    assert comparable(zip(*columns, strict=True)) == comparable(table.rows)

    text = api.call("GET", f"/datasets/{dataset}/download?extension=csv").content.decode()
    header, *rows = csv.reader(io.StringIO(text))
    assert header == list(table.header)
    assert comparable(rows) == comparable(table.rows)


def assert_accepted(answer: requests.Response, scenario: Scenario) -> None:
    assert answer.status_code == 200, answer.text
    assert_keeps_secrets(answer, scenario)


def assert_refused(answer: requests.Response, scenario: Scenario) -> str:
    """A refusal is a 4xx with one line for a person; returns it."""
    assert 400 <= answer.status_code < 500, answer.text
    assert_keeps_secrets(answer, scenario)
    (reason,) = answer.json()["message"]
    assert 10 < len(reason) < 300
    assert "\n" not in reason
    assert "Traceback" not in reason
    return str(reason)


def assert_unreachable(api: Api, scenario: Scenario, connector: Fields) -> None:
    datasource = api.make_datasource(connector, scenario.location)
    reason = assert_refused(api.call("POST", f"/data-sources/{datasource}/test"), scenario)
    assert re.search("cannot reach|could not connect", reason, re.IGNORECASE)


def assert_keeps_secrets(answer: requests.Response, scenario: Scenario) -> None:
    assert leaked([*scenario.secrets(), "wr@ng pässword"], answer.content) == []


def comparable(rows: Any) -> list[tuple[Any, ...]]:
    """Rows whose values are equal if they mean the same: a CSV file knows neither types nor trailing zeros."""
    return [tuple(_meaning(value) for value in row) for row in rows]


def _meaning(value: Any) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return _meaning_of_text(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return Decimal(str(value)) if isinstance(value, int | float) else value


def _meaning_of_text(text: str) -> Any:
    for parse in (Decimal, date.fromisoformat, datetime.fromisoformat):
        with suppress(ValueError, ArithmeticError):
            return parse(text)
    return text


def test_comparable_knows_the_forms_of_a_value() -> None:
    typed = (1, Decimal("1.50"), None, date(2024, 2, 29), datetime(2024, 2, 29, 1, 2, 3), "SKU-001")
    assert comparable([typed]) == comparable([("1", "1.5", "", "2024-02-29", "2024-02-29 01:02:03", "SKU-001")])
    assert comparable([typed]) != comparable([("1", "1.51", "", "2024-02-29", "2024-02-29 01:02:03", "SKU-001")])
    assert content.CUSTOMERS.csv().decode().splitlines()[0] == "id,name,email,balance,birthday,updated_at"
