"""A GCP connector has one identity, its key: that of whoever runs the platform is never lent to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import google.auth
import pytest
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from previsionio_local import LocalPlatform

from tests.platform.client import Client, client_of, refusal
from tests.servers.google_cloud import GoogleCloud


@pytest.fixture
def asked(google: GoogleCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Who asked the places where an operator's own credentials come from: key file, gcloud's file, metadata server.

    The key is one that would open every door.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(500)

        do_POST = do_GET  # noqa: N815 - the library's name

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{server.server_port}"
        key = tmp_path / "application_default_credentials.json"
        key.write_text(json.dumps(google.credentials | {"token_uri": f"http://{address}/decoy"}))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
        monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", google.project)
        monkeypatch.setenv("GCE_METADATA_HOST", address)
        monkeypatch.setenv("GCE_METADATA_IP", address)
        monkeypatch.setenv("GCE_METADATA_DETECT_RETRIES", "1")
        yield asked
        server.shutdown()


def test_the_decoy_is_seen(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What the next test would see if the credentials of the environment were used."""
    for variable in ("GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG"):
        found, _ = google.auth.default(scopes=["x"])
        with pytest.raises(GoogleAuthError):
            found.refresh(Request())  # type: ignore[no-untyped-call]
        assert "/decoy" in asked
        asked.clear()
        monkeypatch.delenv(variable)
    with pytest.raises(GoogleAuthError):
        google.auth.default()
    assert asked


@pytest.mark.parametrize("good", [True, False], ids=["good key", "wrong key"])
def test_nobody_elses_credentials_are_used(google: GoogleCloud, asked: list[str], good: bool) -> None:
    key = google.credentials if good else google.credentials_with_wrong_key()
    with (
        LocalPlatform(gcs_endpoint=google.endpoint, bigquery_endpoint=google.endpoint) as platform,
        client_of(platform) as client,
    ):
        told = everything_asked(client, google, key)
    assert {reason and reason.split("'")[0] for reason in told.values()} == {None if good else "access denied for "}
    assert len(told) == 11
    assert asked == []


def everything_asked(client: Client, google: GoogleCloud, key: dict[str, str]) -> dict[str, str | None]:
    """What is said to each question that a GCP connector can be asked; None where it is answered."""
    connector = client.connector(type="GCP", googleCredentials=key)
    path = f"/connectors/{connector['_id']}"
    questions: list[tuple[str, str, dict[str, str]]] = [
        ("POST", f"{path}/test", {}),
        ("GET", f"{path}/databases", {}),
        ("GET", f"{path}/databases/crm/tables", {}),
        ("GET", f"{path}/buckets", {}),
        ("GET", f"{path}/paths?bucket={google.bucket}", {}),
    ]
    table = {"g_cloud": "BigQuery", "database": "crm", "table": "customers"}
    blob = {"g_cloud": "Storage", "bucket": google.bucket, "path": "customers.csv"}
    told: dict[str, str | None] = {}
    for location in (table, blob):
        questions.append(("POST", f"{path}/verify", location))
        datasource = client.datasource(connector, **location)
        questions.append(("POST", f"/data-sources/{datasource['_id']}/test", {}))
        told[f"snapshot of {location}"] = client.dataset(datasource)["errorMessage"]
    for method, where, body in questions:
        answer = client.call(method, where, json=body or None)
        told[f"{method} {where} {body}"] = None if answer.status_code == 200 else refusal(answer, 400)
    return told
