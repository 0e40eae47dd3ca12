"""Stop it, start it: everything is there, and no secret can be read on the disk."""

from __future__ import annotations

import stat
import threading
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
from previsionio_local import LocalPlatform, database
from previsionio_local.projects.models import new_project

from tests.platform.client import FTP, client_of, refusal
from tests.secret_search import files, leaked, planted
from tests.servers import proftpd

SECRET = planted()


def test_everything_survives_a_restart(tmp_path: Path, ftp: proftpd.FTP) -> None:
    paths = ["/projects"]
    with LocalPlatform(tmp_path) as platform, client_of(platform) as client:
        login = {"host": ftp.host, "port": ftp.port, "username": ftp.username, "password": ftp.password}
        connector = client.connector(**login)
        datasource = client.datasource(connector, path="customers.csv")
        dataset = client.dataset(datasource)
        paths += [f"/projects/{client.project_id}/{kind}" for kind in ("connectors", "data-sources", "datasets")]
        paths += [f"/datasets/{dataset['_id']}"]
        before = [client.get(path) for path in paths]
        rows = client.call("GET", f"/datasets/{dataset['_id']}/download?extension=csv").content
        token, project_id = platform.token, platform.project_id
    with LocalPlatform(tmp_path) as platform, client_of(platform) as client:
        assert (platform.token, platform.project_id) == (token, project_id)
        assert [client.get(path) for path in paths] == before
        client.post(f"/connectors/{connector['_id']}/test")
        assert client.call("GET", f"/datasets/{dataset['_id']}/download?extension=csv").content == rows
        assert rows == ftp.files["customers.csv"]


def test_the_log_of_the_database_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_CHECKPOINT", 5)
    with closing(database.Database(tmp_path / "db")) as objects:

        def log_after_writes() -> int:
            for _ in range(5):
                objects.store(lambda session: session.add(new_project("n" * 5_000)))
            assert objects._emptying
            objects._emptying.join()
            return (tmp_path / "db-wal").stat().st_size

        sizes = [log_after_writes() for _ in range(10)]
    assert sizes[-1] < 2 * sizes[0]


def test_what_is_stored_is_stored_where_no_thread_can_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoThread(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(database, "_CHECKPOINT", 1)
    monkeypatch.setattr(database, "threading", SimpleNamespace(Thread=NoThread, Lock=threading.Lock))
    with closing(database.Database(tmp_path / "db")) as objects:
        for _ in range(2):
            objects.store(lambda session: session.add(new_project("p")))
        with objects.read() as session:
            assert session.scalars("SELECT count(*) FROM projects") == [2]


def test_only_the_owner_can_read_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with LocalPlatform(folder) as platform, client_of(platform) as client:
        client.upload(b"a\n1\n")
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert {"key", "token", "platform.sqlite"} <= {path.name for path in files}
        assert any(path.suffix == ".parquet" for path in files)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for path in files:
            if path.parent == folder:
                assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_no_secret_is_on_the_disk(tmp_path: Path) -> None:
    with LocalPlatform(tmp_path) as platform, client_of(platform) as client:
        connector = client.connector(password=SECRET)
        client.put(f"/connectors/{connector['_id']}", **FTP | {"password": SECRET + "2"})
        google = {"type": "service_account", "private_key": SECRET}
        client.connector(type="GCP", googleCredentials=google)
        client.dataset(client.datasource(connector))
        platform.seed(connectors=[FTP | {"password": SECRET}])
        while_running = dict(files(tmp_path))
    afterwards = dict(files(tmp_path))
    assert len(afterwards) >= 3
    assert leaked([SECRET], *while_running.values(), *afterwards.values()) == []


def test_another_key_file_is_a_clear_refusal(tmp_path: Path) -> None:
    with LocalPlatform(tmp_path) as platform, client_of(platform) as client:
        connector = client.connector()
    (tmp_path / "key").unlink()
    with LocalPlatform(tmp_path) as platform, client_of(platform) as client:
        assert "key file" in refusal(client.call("POST", f"/connectors/{connector['_id']}/test"), 409)
        with requests.Session() as browser:
            browser.get(platform.sign_in_link(), timeout=5)
            page = f"{platform.url}/connector/{connector['_id']}"
            tested = browser.post(f"{page}/test", headers={"Origin": platform.url}, timeout=5)
            assert (tested.status_code, "another key file" in tested.text) == (409, True)
        # Sent again, the secret is there again.
        client.put(f"/connectors/{connector['_id']}", **FTP)
        assert "cannot reach" in refusal(client.call("POST", f"/connectors/{connector['_id']}/test"), 400)


def test_a_copy_that_was_under_way_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never_ending(*_: object) -> object:
        while True:
            time.sleep(0.01)
            yield from ()

    monkeypatch.setattr("previsionio_local.datasets.routes._rows_of_file", never_ending)
    with LocalPlatform(tmp_path) as platform, client_of(platform) as client:
        files = {"file": ("x.csv", b"a\n1\n")}
        made = client.call("POST", "/projects/{project}/datasets/file", files=files, data={"name": "d"}).json()
    with LocalPlatform(tmp_path) as platform, client_of(platform) as client:
        dataset = client.get(f"/datasets/{made['_id']}")
        assert dataset["copy_state"] == "failed"
        assert "stopped" in dataset["errorMessage"]
    assert not list((tmp_path / "spool").glob("*"))
