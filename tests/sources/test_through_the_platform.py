"""The same story over every kind of source, told to a local platform by its HTTP API, with real servers behind it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import pyarrow.parquet as pq
import pytest
import requests
from previsionio_local import LocalPlatform
from previsionio_local.sources import tabular

from tests.platform.client import Client, Json, client_of
from tests.secret_search import leaked
from tests.servers import content
from tests.sources.scenarios import SCENARIOS, Fields, Scenario


@pytest.fixture(scope="module", params=SCENARIOS)
def scenario(request: pytest.FixtureRequest) -> Scenario:
    server, make = SCENARIOS[request.param]
    return make(request.getfixturevalue(server))


@pytest.fixture(scope="module")
def client(scenario: Scenario) -> Iterator[Client]:
    with LocalPlatform(**scenario.endpoints) as platform, client_of(platform) as client:
        yield client


def make(client: Client, connector: Fields) -> Json:
    made: Json = client.post("/projects/{project}/connectors", name="a name", **connector)
    return made


def test_reads_what_the_source_holds(client: Client, scenario: Scenario) -> None:
    connector = make(client, scenario.connector)
    assert_accepted(client.call("POST", f"/connectors/{connector['_id']}/test"), scenario)
    for path, names in scenario.lists.items():
        assert set(names) <= set(client.get(f"/connectors/{connector['_id']}/{path}")["items"])
    datasource = client.datasource(connector, **scenario.location)
    assert_accepted(client.call("POST", f"/data-sources/{datasource['_id']}/test"), scenario)

    assert_holds(client, datasource, scenario.table)


def test_reads_odd_places(client: Client, scenario: Scenario) -> None:
    connector = make(client, scenario.connector)
    for location, table in scenario.elsewhere:
        datasource = client.datasource(connector, **location)
        assert_accepted(client.call("POST", f"/data-sources/{datasource['_id']}/test"), scenario)
        assert_holds(client, datasource, table)


def test_refuses_wrong_credentials(client: Client, scenario: Scenario) -> None:
    for wrong in scenario.wrong_credentials:
        connector = make(client, scenario.connector | wrong)
        assert_refused(client.call("POST", f"/connectors/{connector['_id']}/test"), scenario)


def test_says_that_nobody_answers(client: Client, scenario: Scenario) -> None:
    if scenario.unreachable:
        assert_unreachable(client, scenario, scenario.connector | scenario.unreachable)
    if scenario.unreachable_endpoints:
        with LocalPlatform(**scenario.unreachable_endpoints) as platform:
            assert_unreachable(Client.of(platform), scenario, scenario.connector)


def test_names_what_is_missing(client: Client, scenario: Scenario) -> None:
    connector = make(client, scenario.connector)
    for location in scenario.missing:
        datasource = client.datasource(connector, **location)
        reason = assert_refused(client.call("POST", f"/data-sources/{datasource['_id']}/test"), scenario)
        assert list(location.values())[-1].split()[-1] in reason

        dataset = client.dataset(datasource)
        assert dataset["copy_state"] == "failed"
        assert dataset["errorMessage"]

    answer = client.call("POST", f"/connectors/{connector['_id']}/verify", json=scenario.missing[0])
    assert answer.status_code == 422, answer.text
    assert scenario.suggestion in answer.json()["candidates"]


def test_a_full_disk_here_is_no_refusal_of_the_source(
    client: Client, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    @contextmanager
    def on_a_full_disk(_: Path) -> Iterator[IO[bytes]]:
        with Path("/dev/full").open("r+b", buffering=0) as file:
            opened.append(file)
            yield file

    monkeypatch.setattr(tabular, "spooled", on_a_full_disk)
    dataset = client.dataset(client.datasource(make(client, scenario.connector), **scenario.location))
    assert bool(opened) == ("path" in scenario.location)  # rows of a database are not kept on their way
    if opened:
        assert (dataset["copy_state"], dataset["errorMessage"]) == (
            "failed",
            "the rows cannot be stored: No space left on device",
        )


def assert_holds(client: Client, datasource: Json, table: content.Table) -> None:
    """A dataset made from the data source has exactly the rows of `table`, as Parquet and as CSV."""
    dataset = client.dataset(datasource)
    assert dataset["copy_state"] == "done", dataset["errorMessage"]

    download = f"/datasets/{dataset['_id']}/download?extension=parquet"
    parquet = pq.read_table(io.BytesIO(client.call("GET", download).content))
    assert parquet.column_names == list(table.header)
    columns = [column.to_pylist() for column in parquet.columns]
    assert comparable(zip(*columns, strict=True)) == comparable(table.rows)

    header, *rows = client.rows(dataset["_id"])
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


def assert_unreachable(client: Client, scenario: Scenario, connector: Fields) -> None:
    datasource = client.datasource(make(client, connector), **scenario.location)
    reason = assert_refused(client.call("POST", f"/data-sources/{datasource['_id']}/test"), scenario)
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
