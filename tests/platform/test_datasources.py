"""Data sources, without their sources."""

from __future__ import annotations

from typing import Any

import pytest

from tests.platform.client import Client, refusal

NOTHING = ("path", "database", "table", "bucket", "request")

SHAPES: list[tuple[str, dict[str, Any]]] = [
    ("SQL", {"database": "crm", "table": "customers"}),
    ("SQL", {"database": "crm", "request": "SELECT 1"}),
    ("FTP", {"path": "customers.csv"}),
    ("SFTP", {"path": "customers.csv"}),
    ("S3", {"bucket": "b", "path": "customers.csv"}),
    ("GCP", {"database": "crm", "table": "customers", "g_cloud": "BigQuery"}),
    ("GCP", {"bucket": "b", "path": "customers.csv", "g_cloud": "Storage"}),
]


def connector_of(client: Client, kind: str) -> dict[str, Any]:
    return client.connector(type=kind, googleCredentials={"private_key": "hush"})


@pytest.mark.parametrize(("kind", "shape"), SHAPES)
@pytest.mark.parametrize("nothing", [None, ""])
def test_each_shape_is_made_and_shown(client: Client, kind: str, shape: dict[str, Any], nothing: str | None) -> None:
    connector = connector_of(client, kind)
    made = client.datasource(connector, **dict.fromkeys(NOTHING, nothing) | shape)
    assert made == client.get(f"/data-sources/{made['_id']}")
    assert {name: made[name] for name in (*NOTHING, "g_cloud") if made[name] is not None} == shape
    assert made["connector_id"] == connector["_id"]
    assert made["project_id"] == client.project_id
    assert made["gCloud"] == shape.get("g_cloud")


def test_the_service_of_google_is_told_by_the_other_fields(client: Client) -> None:
    connector = connector_of(client, "GCP")
    assert client.datasource(connector, bucket="b", path="p")["g_cloud"] == "Storage"
    assert client.datasource(connector, database="d", table="t")["g_cloud"] == "BigQuery"


@pytest.mark.parametrize(
    ("kind", "shape", "reason"),
    [
        ("SQL", {}, "database + table or database + request"),
        ("SQL", {"database": "d"}, "not database"),
        ("SQL", {"database": "d", "table": "t", "request": "r"}, "not database + table + request"),
        ("FTP", {"path": "p", "table": "t"}, "takes path, not path + table"),
        ("S3", {"path": "p"}, "takes bucket + path, not path"),
        ("FTP", {"path": "p", "g_cloud": "Storage"}, "only a GCP connector"),
        ("GCP", {"database": "d", "table": "t", "g_cloud": "Storage"}, "takes bucket + path, not database + table"),
        ("GCP", {"bucket": "b", "path": "p", "g_cloud": "Xq7"}, "g_cloud"),
    ],
)
def test_a_wrong_shape_is_refused(client: Client, kind: str, shape: dict[str, Any], reason: str) -> None:
    connector = connector_of(client, kind)
    body = {"name": "d", "connector_id": connector["_id"], **shape}
    response = client.call("POST", "/projects/{project}/data-sources", json=body)
    assert reason in refusal(response, 400)
    assert reason in refusal(client.call("POST", f"/connectors/{connector['_id']}/verify", json=shape), 400)


def test_the_connector_must_be_in_the_project(client: Client) -> None:
    connector = client.connector()
    other = client.post("/projects", name="other")["_id"]
    body = {"name": "d", "connector_id": connector["_id"], "path": "p"}
    response = client.call("POST", f"/projects/{other}/data-sources", json=body)
    assert "connector_id" in refusal(response, 400)


def test_deleting_a_datasource_keeps_its_datasets(client: Client) -> None:
    datasource = client.datasource(client.connector())
    dataset = client.dataset(datasource)
    assert client.call("DELETE", f"/data-sources/{datasource['_id']}").status_code == 200
    refusal(client.call("GET", f"/data-sources/{datasource['_id']}"), 404)
    assert client.get(f"/datasets/{dataset['_id']}")["datasource_id"] == datasource["_id"]


def test_an_unreachable_source_is_a_reason(client: Client) -> None:
    datasource = client.datasource(client.connector())
    message = refusal(client.call("POST", f"/data-sources/{datasource['_id']}/test"), 400)
    assert message == "cannot reach 127.0.0.1:1: connection refused"
