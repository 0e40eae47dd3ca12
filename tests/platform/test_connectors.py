"""Connectors, without their sources."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.platform.client import FTP, Client, refusal
from tests.secret_search import leaked, planted

GOOGLE = {"type": "service_account", "private_key": "hush", "client_email": "a@b.c"}


@pytest.mark.parametrize("kind", ["SQL", "FTP", "SFTP"])
def test_a_connector_with_a_host_is_made_and_shown(client: Client, kind: str) -> None:
    made = client.connector(type=kind)
    assert made == client.get(f"/connectors/{made['_id']}")
    shown = {name: made[name] for name in ("type", "name", "host", "port", "username", "project_id")}
    expected = FTP | {"type": kind, "project_id": client.project_id}
    del expected["password"]
    assert shown == expected


@pytest.mark.parametrize(
    "body",
    [
        {"type": "S3", "name": "s3", "username": "key", "password": "hush"},
        # One of the SDKs sends what it does not use as "", the other as null.
        {"type": "S3", "name": "s3", "username": "key", "password": "hush", "host": "", "port": ""},
        {"type": "GCP", "name": "gcp", "googleCredentials": GOOGLE},
        {"type": "GCP", "name": "gcp", "googleCredentials": GOOGLE, "host": None, "port": None, "username": ""},
    ],
)
def test_a_connector_without_a_host_is_made(client: Client, body: dict[str, Any]) -> None:
    made = client.post("/projects/{project}/connectors", **body)
    assert made["host"] is None
    assert made["port"] is None


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("SQL", ["host", "port", "username", "password"]),
        ("FTP", ["host", "port", "username", "password"]),
        ("SFTP", ["host", "port", "username", "password"]),
        ("S3", ["username", "password"]),
        ("GCP", ["googleCredentials"]),
    ],
)
def test_each_missing_field_is_named(client: Client, kind: str, fields: list[str]) -> None:
    response = client.call("POST", "/projects/{project}/connectors", json={"type": kind, "name": "x"})
    refusal(response, 400)
    assert [line.split(":")[0] for line in response.json()["message"]] == fields


def test_an_unknown_kind_is_refused(client: Client) -> None:
    response = client.call("POST", "/projects/{project}/connectors", json=FTP | {"type": "HIVE"})
    assert "type" in refusal(response, 400)


def test_secrets_are_never_returned(client: Client) -> None:
    secret = planted()
    connector = client.connector(password=secret)
    google = client.post(
        "/projects/{project}/connectors",
        type="GCP",
        name="g",
        googleCredentials=GOOGLE | {"private_key": secret},
    )
    for path in (
        f"/connectors/{connector['_id']}",
        f"/connectors/{google['_id']}",
        "/projects/{project}/connectors",
    ):
        assert leaked([secret], client.call("GET", path).content) == []
    assert leaked([secret], json.dumps([connector, google])) == []
    assert "password" not in connector
    assert "googleCredentials" not in google


def test_a_connector_in_use_is_not_deleted(client: Client) -> None:
    connector = client.connector()
    for name in ("customers", "orders"):
        client.datasource(connector, name=name, path="x.csv")
    response = client.call("DELETE", f"/connectors/{connector['_id']}")
    message = refusal(response, 409)
    assert "'customers'" in message
    assert "'orders'" in message
    for each in response.json()["data_sources"]:
        client.delete(f"/data-sources/{each['_id']}")
    response = client.call("DELETE", f"/connectors/{connector['_id']}")
    assert response.status_code == 200
    refusal(client.call("DELETE", f"/connectors/{connector['_id']}"), 404)


def test_many_users_are_not_all_named(client: Client) -> None:
    connector = client.connector()
    for number in range(12):
        client.datasource(connector, name=f"d{number}", path="x.csv")
    response = client.call("DELETE", f"/connectors/{connector['_id']}")
    assert "and 2 more" in refusal(response, 409)
    assert len(response.json()["data_sources"]) == 12


def test_an_unreachable_host_is_a_reason(client: Client) -> None:
    connector = client.connector()
    message = refusal(client.call("POST", f"/connectors/{connector['_id']}/test"), 400)
    assert message == "cannot reach 127.0.0.1:1: connection refused"


def test_a_body_where_none_is_wanted_does_no_harm(client: Client) -> None:
    # One of the SDKs sends {} with each call.
    connector = client.connector()
    assert client.call("GET", f"/connectors/{connector['_id']}", json={}).status_code == 200
    refusal(client.call("POST", f"/connectors/{connector['_id']}/test", json={}), 400)
    assert client.call("DELETE", f"/connectors/{connector['_id']}", json={}).status_code == 200
