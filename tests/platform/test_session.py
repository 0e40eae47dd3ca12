"""The token, the calls about the session, and the form of refusals."""

from __future__ import annotations

import pytest
import requests
from previsionio_local import LocalPlatform

from tests.platform.client import Client, refusal


def test_version_and_profile_answer(client: Client) -> None:
    assert client.get("/version")["name"] == "previsionio-local"
    assert client.get("/profile")["_id"]


@pytest.mark.parametrize("token", [None, "", "wrong", "Bearer {token}", "{token}x", "\xe9"])
@pytest.mark.parametrize(
    "path", ["/ext/v1/version", "/ext/v1/projects", "/ext/v1/events", "/ext/v1/none", "/_local/calls", "/openapi.json"]
)
def test_without_the_token_nothing_answers(platform: LocalPlatform, path: str, token: str | None) -> None:
    headers = {} if token is None else {"Authorization": token.replace("{token}", platform.token).encode("latin-1")}
    response = requests.get(platform.url + path, headers=headers, timeout=5)
    assert "Authorization" in refusal(response, 401)
    assert response.json()["err_code"] == "E_UNK"


def test_health_needs_no_token(platform: LocalPlatform) -> None:
    response = requests.get(f"{platform.url}/_local/health", timeout=5)
    assert response.json() == {"status": "ok"}


def test_each_answer_has_the_date(client: Client) -> None:
    # Clients compare it with the time in identifiers.
    assert client.call("GET", "/projects").headers["Date"].endswith("GMT")


@pytest.mark.parametrize(
    "path", ["/none", "/projects/0", "/connectors/0", "/data-sources/0", "/datasets/0", "/connectors/0/databases"]
)
def test_what_is_not_there_is_404(client: Client, path: str) -> None:
    refusal(client.call("GET", path), 404)


def test_what_is_not_offered_is_405_and_says_what_is(client: Client) -> None:
    response = client.call("PATCH", "/projects/{project}/connectors")
    assert "PATCH" in refusal(response, 405)
    assert response.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"Xq7secretXq7"',
        b'{"name": ["Xq7secretXq7"]}',
        b'{"name": "n", "type": "Xq7secretXq7"}',
        b'{"name": "n", "type": "SQL", "port": "Xq7secretXq7", "password": "Xq7secretXq7"}',
        b'{"name": "n", "type": "SQL", "port": 1, "password": {"Xq7secretXq7": 1}}',
        b'{"name": "n", "type": "GCP", "googleCredentials": "Xq7secretXq7"}',
        b'{"name": "n", "type": "SQL", "port": 70000, "password": "Xq7secretXq7", "host": "h", "username": "u"}',
        b'{"name": "\\ud800", "type": "FTP", "port": 1, "password": "Xq7secretXq7", "host": "h", "username": "u"}',
    ],
)
def test_a_bad_body_is_400_and_not_repeated(client: Client, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = client.call("POST", "/projects/{project}/connectors", data=body, headers=headers)
    assert "Xq7" not in refusal(response, 400)
