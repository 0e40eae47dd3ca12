"""Sources that are slow, keys that are none, and downloads that break: said by name, and never taken for success."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests
from previsionio_local import LocalPlatform
from previsionio_local.settings import SourceSettings
from previsionio_local.sources import Connection, Location, NotFoundInSource, SourceError, open_source
from previsionio_local.sources.google import key_problem

from tests.platform.client import Client, refusal

KEY = {
    "type": "service_account",
    "project_id": "p",
    "client_email": "reader@example.org",
    "private_key": "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n",
    "token_uri": "https://oauth2.googleapis.com/token",
}


@pytest.fixture
def trickle() -> Iterator[int]:
    """A server that says a letter now and then, for ever: no timeout of a socket ever ends that."""
    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while not stopped.is_set():
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=talk, args=[connection], daemon=True).start()

        def talk(connection: socket.socket) -> None:
            with connection:
                try:
                    while not stopped.wait(0.05):
                        connection.sendall(b"2")
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        stopped.set()
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize("kind", ["FTP", "SFTP"])
def test_a_slow_source_could_not_be_asked(trickle: int, kind: str) -> None:
    settings = SourceSettings(lookup_timeout=0.5)
    connection = Connection(kind, "127.0.0.1", trickle, "reader", "hush-hush")
    with open_source(connection, settings) as source, pytest.raises(SourceError, match="could not be asked") as caught:
        source.find(Location(path="x.csv"))
    assert not isinstance(caught.value, NotFoundInSource)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "authorized_user"}, "type is 'authorized_user'"),
        ({"type": "external_account"}, "type is 'external_account'"),
        ({"type": None}, "type is missing"),
        ({"type": "a secret\nof mine"}, "type is missing"),
        ({"project_id": None}, "project_id is missing"),
        ({"project_id": " "}, "project_id is missing"),
        ({"client_email": 1}, "client_email is missing"),
        ({"token_uri": None}, "token_uri is missing"),
        ({"token_uri": "https://tokens.example.org/"}, "token_uri leads to none of Google's hosts"),
        ({"private_key": KEY["private_key"].replace("\n", "\\n")}, r"the two characters \n"),
    ],
)
def test_what_is_no_key_is_refused_by_name(client: Client, changes: dict[str, Any], reason: str) -> None:
    key = {name: value for name, value in (KEY | changes).items() if value is not None}
    connector = client.connector(type="GCP", googleCredentials=key)
    message = refusal(client.call("POST", f"/connectors/{connector['_id']}/test"), 400)
    assert message.startswith("googleCredentials: ")
    assert reason in message
    assert "MII" not in message


@pytest.mark.parametrize(
    ("token_uri", "with_google", "with_emulators"),
    [
        ("https://oauth2.googleapis.com/token", True, True),
        ("https://accounts.google.com/o/oauth2/token", True, True),
        ("https://www.googleapis.com:443/oauth2/v4/token", True, True),
        ("http://oauth2.googleapis.com/token", False, False),
        ("https://googleapis.com.example.org/token", False, False),
        ("https://notgoogleapis.com/token", False, False),
        ("https://oauth2.googleapis.com@example.org/token", False, False),
        ("https://example.org\\@oauth2.googleapis.com/token", False, False),
        ("https://example.org/#.googleapis.com", False, False),
        ("http://169.254.169.254/token", False, False),
        ("file:///etc/passwd", False, False),
        ("oauth2.googleapis.com/token", False, False),
        ("https://[", False, False),
        ("http://127.0.0.1:8080/token", False, True),
        ("http://localhost/token", False, True),
        ("http://gate.test/token", False, True),
    ],
)
def test_a_key_gets_its_token_from_google(token_uri: str, with_google: bool, with_emulators: bool) -> None:
    """Who is sent what a key signed can trade it for a token at Google's."""
    key = KEY | {"token_uri": token_uri}
    assert (key_problem(key) is None) == with_google
    assert (key_problem(key, ["http://gate.test:9199"]) is None) == with_emulators


@pytest.mark.parametrize("extension", ["csv", "zip"])
def test_a_download_that_fails_half_way_is_visibly_broken(
    platform: LocalPlatform, client: Client, extension: str
) -> None:
    dataset = client.upload(b"a\n1\n")
    (snapshot,) = platform.data.glob("snapshots/*")
    with pq.ParquetWriter(snapshot, pa.schema([("a", pa.string())]), compression="none") as writer:
        for _ in range(3):
            writer.write_table(pa.table({"a": [f"{number:0200}" for number in range(20_000)]}))
    data = bytearray(snapshot.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 10_000] = b"\xff" * 10_000
    snapshot.write_bytes(data)
    with pytest.raises((requests.exceptions.ChunkedEncodingError, http.client.IncompleteRead)):
        assert client.call("GET", f"/datasets/{dataset['_id']}/download?extension={extension}").content == b""

    snapshot.write_bytes(b"PAR1 and no more")
    message = refusal(client.call("GET", f"/datasets/{dataset['_id']}/download?extension={extension}"), 409)
    assert "the rows of dataset 'upload' are damaged" in message
