"""`LocalPlatform`: a platform inside the process of a test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import previsionio_local
import pytest
import requests
from previsionio_local import LocalPlatform

from tests.measured import unmeasured
from tests.platform.client import FTP, Client, client_of, refusal


def test_it_stops_although_somebody_listens_and_leaves_nothing() -> None:
    with LocalPlatform() as platform:
        folder = platform.data
        assert folder.is_dir()
        with client_of(platform) as client:
            assert client.get(f"/projects/{platform.project_id}")["name"] == "default"
            stream = client.call("GET", "/events", stream=True)
    # The platform ended it: one that holds up the end is cut off in the middle of a chunk.
    assert stream.text == ": connected\n\n"
    assert not folder.exists()
    with pytest.raises(requests.ConnectionError):
        requests.get(platform.url, timeout=5)


def test_the_package_imports_nothing_heavy() -> None:
    heavy = ["starlette", "pydantic", "sqlite3", "pyarrow", "boto3", "paramiko", "google.cloud", "psycopg", "pymysql"]
    script = (
        "import sys, previsionio_local\n"
        f"assert not [name for name in {heavy} if name in sys.modules]\n"
        "previsionio_local.LocalPlatform\n"
        f"assert not [name for name in {heavy[3:]} if name in sys.modules]\n"
    )
    subprocess.run([sys.executable, "-c", script], env=unmeasured(), check=True, timeout=60)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Nothing"):
        _ = previsionio_local.Nothing


def test_token_and_folder_can_be_given(tmp_path: Path) -> None:
    with LocalPlatform(tmp_path / "a" / "b", token="mine") as platform, client_of(platform) as client:
        assert platform.token == "mine"
        client.get("/version")
    assert (tmp_path / "a" / "b" / "platform.sqlite").exists()
    assert not (tmp_path / "a" / "b" / "token").exists()


def test_two_platforms_do_not_share_a_folder(tmp_path: Path) -> None:
    with LocalPlatform(tmp_path), pytest.raises(RuntimeError, match="in use"), LocalPlatform(tmp_path):
        pass


def test_ten_thousand_objects_are_seeded_at_once(platform: LocalPlatform, client: Client) -> None:
    connector_id = "0123456789abcdef01234567"
    made = platform.seed(
        projects=[{"name": "other"}],
        connectors=[FTP | {"_id": connector_id}, *[FTP | {"name": f"c{number}"} for number in range(5000)]],
        data_sources=[{"name": f"d{number}", "connector_id": connector_id, "path": "p"} for number in range(5000)],
    )
    assert made["connectors"][0] == connector_id
    assert client.get("/projects/{project}/connectors")["metaData"]["totalItems"] == 5001
    assert client.get("/projects/{project}/data-sources", params={"page": 100})["items"][-1]["name"] == "d4999"
    assert client.get(f"/data-sources/{made['data_sources'][7]}")["connector_id"] == connector_id
    assert len(client.get("/projects")["items"]) == 2


@pytest.mark.parametrize(
    "objects",
    [
        {"connectors": [{"name": "x", "type": "FTP"}]},
        {"connectors": [FTP | {"project_id": "0" * 24}]},
        {"connectors": [FTP | {"_id": "nonsense"}]},
        {"connectors": [FTP | {"_id": "0" * 24}, FTP | {"_id": "0" * 24}]},
        {"data_sources": [{"name": "x", "connector_id": "0" * 24, "path": "p"}]},
    ],
)
def test_impossible_seeds_are_refused_whole(client: Client, objects: dict[str, Any]) -> None:
    seed = {"projects": [{"name": "other"}], **objects}
    refusal(client.local("POST", "/seed", json=seed), 400)
    assert len(client.get("/projects")["items"]) == 1


def test_the_default_project_comes_back(client: Client) -> None:
    client.delete("/projects/{project}")
    assert client.local("GET", "/project").json() == {"project_id": client.project_id}
    assert client.get("/projects/{project}")["name"] == "default"
