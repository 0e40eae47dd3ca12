"""The description of the API is whole, and whatever it allows or forbids gets an answer that is no 5xx."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from previsionio_local import LocalPlatform
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from tests.platform.client import FTP, Client, client_of

EXAMPLES = 3
"""Calls for each operation and mode: the suite stays fast, and finds more over many runs."""

# Streams for ever; may break the calls that follow, as it should.
NOT_TRIED = {"/ext/v1/events", "/_local/faults", "/_local/latency"}

PROJECT, CONNECTOR, DATASOURCE = ("a" * 24, "b" * 24, "c" * 24)
OBJECTS: dict[str, list[dict[str, Any]]] = {
    "projects": [{"name": "p", "_id": PROJECT}],
    "connectors": [FTP | {"_id": CONNECTOR, "project_id": PROJECT}],
    "data_sources": [{"name": "d", "_id": DATASOURCE, "connector_id": CONNECTOR, "path": "p"}],
}


@pytest.fixture(scope="module")
def described() -> Iterator[LocalPlatform]:
    # One of its own: what is generated may delete anything.
    with LocalPlatform(connect_timeout=0.2) as platform:
        yield platform


def test_the_description_is_served_twice_and_complete(client: Client) -> None:
    description = client.get("/openapi.json")
    assert client.session.get(f"{client.url}/openapi.json", timeout=5).json() == description
    operations = {
        f"{method.upper()} {path.removeprefix('/ext/v1')}": operation
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }
    assert all(operation["description"] for operation in operations.values())
    assert {
        "GET /events",
        "OPTIONS /connectors/{connector_id}",
        "PUT /data-sources/{datasource_id}",
        "GET /connectors/{connector_id}/databases/{database}/tables",
        "POST /projects/{project_id}/datasets/file",
        "POST /_local/seed",
    } <= operations.keys()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_no_generated_call_gets_a_5xx(described: LocalPlatform, mode: GenerationMode) -> None:
    with client_of(described) as client:
        schema = schemathesis.openapi.from_dict(client.get("/openapi.json"))
        schema.config.update(base_url=described.url)
        statuses: Counter[int] = Counter()
        for result in schema.get_all_operations():
            assert isinstance(result, Ok)
            operation = result.ok()
            # To send something wrong, there must be something to send.
            if operation.path in NOT_TRIED or (mode is GenerationMode.NEGATIVE and not operation.body):
                continue

            @settings(
                max_examples=EXAMPLES,
                phases=[Phase.generate],
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def call(case: Case[Any]) -> None:
                described.reset()
                described.seed(**OBJECTS)
                aim(case)
                response = case.call(session=client.session, timeout=10)
                statuses[response.status_code] += 1
                assert response.status_code < 500, f"{case.as_curl_command()}\n{response.text}"

            call()
    # The calls got through to the objects, and wrong ones did not.
    assert statuses[200] > 5 if mode is GenerationMode.POSITIVE else statuses[400] > 5


def aim(case: Case[Any]) -> None:
    """Let a generated call hit an object that is there."""
    there = {"project_id": PROJECT, "connector_id": CONNECTOR, "datasource_id": DATASOURCE}
    for name in there.keys() & (case.path_parameters or {}).keys():
        case.path_parameters[name] = there[name]
    if isinstance(case.body, dict):
        for name in there.keys() & case.body.keys():
            case.body[name] = there[name]
