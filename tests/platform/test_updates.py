"""Updates in place, where they are offered and where not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.platform.client import FTP, Client, refusal
from tests.servers import proftpd


def objects(client: Client) -> dict[str, dict[str, Any]]:
    """A path and a valid body for each kind that can be updated."""
    connector = client.connector()
    datasource = client.datasource(connector)
    return {
        f"/connectors/{connector['_id']}": FTP,
        f"/data-sources/{datasource['_id']}": {"name": "new", "path": "new.csv"},
        f"/projects/{client.project_id}": {"name": "new"},
    }


def test_options_announce_updates(client: Client) -> None:
    for path in objects(client):
        response = client.call("OPTIONS", path)
        assert response.status_code == 204
        assert response.content == b""
        assert response.headers["Allow"] == "DELETE, GET, OPTIONS, PUT"


def test_withheld_updates_are_not_announced_and_refused(hosted: Client) -> None:
    for path, body in objects(hosted).items():
        assert hosted.call("OPTIONS", path).headers["Allow"] == "DELETE, GET, OPTIONS"
        before = hosted.get(path)
        response = hosted.call("PUT", path, json=body)
        refusal(response, 405)
        assert response.headers["Allow"] == "DELETE, GET, OPTIONS"
        assert hosted.get(path) == before


@pytest.mark.parametrize("path", ["/connectors/0", "/data-sources/0", "/projects/0"])
def test_options_of_what_is_not_there_are_404(client: Client, path: str) -> None:
    refusal(client.call("OPTIONS", path), 404)
    refusal(client.call("PUT", path, json={"name": "x", "path": "p"}), 404)


@pytest.mark.parametrize(
    ("kind", "extensions"),
    [
        ("SQL", "databases, tables, verify"),
        ("FTP", "paths, verify"),
        ("SFTP", "paths, verify"),
        ("S3", "buckets, paths, verify"),
        ("GCP", "buckets, databases, paths, tables, verify"),
    ],
)
def test_options_of_a_connector_name_the_extensions_of_its_kind(client: Client, kind: str, extensions: str) -> None:
    connector = client.connector(type=kind, googleCredentials={"private_key": "hush"})
    assert client.call("OPTIONS", f"/connectors/{connector['_id']}").headers["Prevision-Local"] == extensions


def test_a_connector_is_updated_whole(client: Client) -> None:
    connector = client.connector()
    path = f"/connectors/{connector['_id']}"
    changed = client.put(path, **FTP | {"name": "new", "host": "other", "port": 2121, "username": "writer"})
    assert changed == client.get(path)
    assert changed == connector | {"name": "new", "host": "other", "port": 2121, "username": "writer"}
    assert "host" in refusal(client.call("PUT", path, json={"name": "x", "port": 1, "username": "u"}), 400)
    assert "cannot become" in refusal(client.call("PUT", path, json=FTP | {"type": "SFTP"}), 400)
    assert client.get(path) == changed


def test_a_secret_left_out_stays_and_one_given_is_taken(client: Client, ftp: proftpd.FTP) -> None:
    login = {"host": ftp.host, "port": ftp.port, "username": ftp.username}
    connector = client.connector(**login, password=ftp.password)
    path = f"/connectors/{connector['_id']}"
    for nothing in ({}, {"password": None}, {"password": ""}):
        client.put(path, name="new", **login, **nothing)
        client.post(f"{path}/test")
    client.put(path, name="new", **login, password="another-one")
    assert "access denied" in refusal(client.call("POST", f"{path}/test"), 400)


def test_a_datasource_is_updated_whole(client: Client) -> None:
    connector = client.connector(type="SQL")
    datasource = client.datasource(connector, database="d", table="t")
    path = f"/data-sources/{datasource['_id']}"
    changed = client.put(path, name="new", connector_id=connector["_id"], database="d", request="SELECT 1")
    assert changed == client.get(path)
    assert changed == datasource | {"name": "new", "table": None, "request": "SELECT 1"}
    assert "takes" in refusal(client.call("PUT", path, json={"name": "x", "path": "p"}), 400)
    moved = {"name": "x", "connector_id": "0" * 24, "database": "d", "table": "t"}
    assert "cannot move" in refusal(client.call("PUT", path, json=moved), 400)
    assert client.get(path) == changed


def test_a_project_is_updated_whole(client: Client) -> None:
    project = client.post("/projects", name="a", description="b", color="#000000")
    path = f"/projects/{project['_id']}"
    assert client.put(path, name="c", color="#ffffff") == project | {
        "name": "c",
        "description": None,
        "color": "#ffffff",
    }
