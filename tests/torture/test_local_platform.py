"""The local platform under load: killed at any moment, on a full disk, with a damaged folder, over silent sources."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import shutil
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from previsionio_local import LocalPlatform
from previsionio_local.folder import FolderError

from tests.platform.client import FTP, Client, client_of
from tests.platform.processes import address, command, largest_file
from tests.servers import proftpd
from tests.torture.size import chance, sized

Count = Callable[[str, int], None]

NO_ROOM = 507
LARGEST = 3_000_000


@dataclasses.dataclass
class Ledger:
    """What the platform has promised: what is there, what is gone; and what it was asked when it was killed."""

    names: dict[str, set[str]] = dataclasses.field(default_factory=dict)
    """Path → the names that it may have."""
    gone: set[str] = dataclasses.field(default_factory=set)
    unsure: set[str] = dataclasses.field(default_factory=set)
    """To be deleted, without an answer."""
    content: dict[str, bytes] = dataclasses.field(default_factory=dict)
    """Path → what was uploaded."""
    statuses: Counter[int] = dataclasses.field(default_factory=Counter)
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def answered(self) -> int:
        with self.lock:
            return self.statuses.total()


class Worker:
    """A client that makes, changes and deletes objects until the platform is gone."""

    def __init__(self, ledger: Ledger, client: Client, datasource: str, randomly: random.Random) -> None:
        self._ledger = ledger
        self._client = client
        self._datasource = datasource
        self._randomly = randomly
        self._own: list[str] = []

    def work(self) -> None:
        steps = (self._make, self._make, self._upload, self._upload, self._copy, self._rename, self._delete)
        # Whatever the operating system makes of a platform that dies.
        with contextlib.suppress(requests.RequestException, OSError):
            while True:
                self._randomly.choice(steps)()

    def _call(self, method: str, path: str, **options: Any) -> requests.Response:
        answer = self._client.call(method, path, **options)
        with self._ledger.lock:
            self._ledger.statuses[answer.status_code] += 1
        return answer

    def _made(self, answer: requests.Response, kind: str, content: bytes | None = None) -> None:
        if answer.status_code == 200:
            body = answer.json()
            path = f"/{kind}/{body['_id']}"
            self._own.append(path)
            with self._ledger.lock:
                self._ledger.names[path] = {body["name"]}
                if content is not None:
                    self._ledger.content[path] = content

    def _name(self) -> str:
        return f"{self._randomly.getrandbits(60):x}"

    def _make(self) -> None:
        body = FTP | {"name": self._name()}
        self._made(self._call("POST", "/projects/{project}/connectors", json=body), "connectors")

    def _upload(self) -> None:
        size = self._randomly.choice((100, 10_000, 200_000, LARGEST + 500_000))
        content = b"a\n" + b"".join(b"%x\n" % self._randomly.getrandbits(300) for _ in range(size // 77 + 1))
        options: dict[str, Any] = {"files": {"file": ("x.csv", content)}, "data": {"name": self._name()}}
        self._made(self._call("POST", "/projects/{project}/datasets/file", **options), "datasets", content)

    def _copy(self) -> None:
        body = {"name": self._name(), "datasource_id": self._datasource}
        self._made(self._call("POST", "/projects/{project}/datasets/data-source", json=body), "datasets")

    def _rename(self) -> None:
        if paths := [path for path in self._own if path.startswith("/connectors/")]:
            path, name = self._randomly.choice(paths), self._name()
            before = self._ledger.names[path]
            self._ledger.names[path] = before | {name}  # until it is answered
            answer = self._call("PUT", path, json=FTP | {"name": name})
            self._ledger.names[path] = {name} if answer.status_code == 200 else before

    def _delete(self) -> None:
        if self._own:
            path = self._own.pop(self._randomly.randrange(len(self._own)))
            with self._ledger.lock:
                self._ledger.unsure.add(path)
            answer = self._call("DELETE", path)
            with self._ledger.lock:
                self._ledger.unsure.discard(path)
                if answer.ok:
                    self._ledger.gone.add(path)


def test_kills_lose_nothing(tmp_path: Path, ftp: proftpd.FTP, count: Count) -> None:
    randomly, ledger = chance("local platform", "kills"), Ledger()
    with LocalPlatform(tmp_path) as platform, client_of(platform) as client:
        login = {"host": ftp.host, "port": ftp.port, "username": ftp.username, "password": ftp.password}
        datasource = client.datasource(client.connector(**login), path="customers.csv")["_id"]
    kills = sized(2, 60)
    for number in range(kills):
        is_full = number % 2 == 1
        _load_and_kill(tmp_path, ledger, datasource, randomly, is_full)
        _compare(tmp_path, ledger)
    bad = {status: times for status, times in ledger.statuses.items() if status >= 500 and status != NO_ROOM}
    assert bad == {}
    count("kills of the local platform", kills)
    count("calls to the local platform", ledger.answered())
    count("uploads without room", ledger.statuses[NO_ROOM])


def _load_and_kill(data: Path, ledger: Ledger, datasource: str, randomly: random.Random, is_full: bool) -> None:
    limit = largest_file(LARGEST) if is_full else None
    with command(data, "--copies", "4", limit=limit) as (process, printed):
        token = (data / "token").read_text()
        project = printed.split()[-1]
        workers = []
        for _ in range(4):
            client = Client(address(printed), token, project)
            worker = Worker(ledger, client, datasource, random.Random(randomly.random()))
            workers.append(threading.Thread(target=worker.work, daemon=True))
        end = ledger.answered() + randomly.randint(20, 120)
        for each in workers:
            each.start()
        while ledger.answered() < end and process.poll() is None:
            time.sleep(randomly.uniform(0, 0.02))
        assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
        for each in workers:
            each.join(30)
            assert not each.is_alive()


def _compare(data: Path, ledger: Ledger) -> None:
    """What was promised is there, and nothing else lies on the disk."""
    with LocalPlatform(data, page_size=10_000) as platform, client_of(platform) as client:
        there = {
            f"/{kind}/{item['_id']}": item
            for kind in ("connectors", "datasets")
            for item in client.get(f"/projects/{{project}}/{kind}")["items"]
        }
        files = list((data / "snapshots").glob("*"))
        assert [file for file in files if f"/datasets/{file.stem}" not in there or file.suffix != ".parquet"] == []
        assert list((data / "spool").glob("*")) == []
        assert ledger.gone & there.keys() == set()
        lost = ledger.names.keys() - there.keys() - ledger.gone - ledger.unsure
        assert lost == set()
        for path in ledger.names.keys() - there.keys():
            del ledger.names[path]
        for path, names in ledger.names.items():
            assert there[path]["name"] in names
            if path.startswith("/datasets/"):
                _check_rows(client, path, there[path], ledger.content.pop(path, None))
        ledger.unsure.clear()


def _check_rows(client: Client, path: str, dataset: dict[str, Any], content: bytes | None) -> None:
    state = dataset["copy_state"]
    assert state in ("done", "failed")
    if state == "done" and content:
        assert client.call("GET", f"{path}/download", params={"extension": "csv"}).content == content


def test_a_damaged_folder_is_refused_or_works(tmp_path: Path, count: Count) -> None:
    randomly = chance("local platform", "damage")
    used = tmp_path / "used"
    with LocalPlatform(used) as platform, client_of(platform) as client:
        for number in range(30):
            client.datasource(client.connector(name=f"c{number}"))
        client.upload(b"a\n1\n")
    refused = 0
    damages = sized(15, 600)
    for number in range(damages):
        data = tmp_path / str(number)
        shutil.copytree(used, data)
        file = randomly.choice([path for path in data.rglob("*") if path.is_file() and path.name != "lock"])
        _damage(file, randomly)
        reason = _refusal(data)
        if reason:
            refused += 1
            assert str(file) in reason
            assert "\n" not in reason
        shutil.rmtree(data)
    assert refused > damages // 4
    count("damaged folders", damages)


def _refusal(data: Path) -> str | None:
    """Why a platform does not start on a folder; None if it does, and answers everything."""
    try:
        with LocalPlatform(data) as platform, client_of(platform) as client:
            for path in ("/projects", "/projects/{project}/connectors", "/projects/{project}/datasets"):
                assert client.call("GET", path).status_code == 200
            for dataset in client.get("/projects/{project}/datasets")["items"]:
                assert client.call("GET", f"/datasets/{dataset['_id']}/download").status_code in (200, 404, 409)
                assert client.call("GET", f"/datasets/{dataset['_id']}/sample").status_code in (200, 404, 409)
            assert requests.get(f"{platform.url}/ext/v1/projects", timeout=10).status_code == 401
    except FolderError as error:
        return str(error)
    return None


def _damage(file: Path, randomly: random.Random) -> None:
    content = file.read_bytes()
    if randomly.random() < 0.7:
        file.write_bytes(content[: randomly.randrange(len(content))])
    else:
        page = randomly.randrange(0, len(content), 4096)
        file.write_bytes(content[:page] + randomly.randbytes(len(content[page : page + 4096])) + content[page + 4096 :])


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=500) as server:
        yield server.getsockname()[1]


def test_silent_sources_and_many_clients_hold_up_nobody(silent: int, count: Count) -> None:
    waiting, clients = sized(20, 70), sized(40, 200)
    with (
        LocalPlatform(connect_timeout=1, read_timeout=1, request_timeout=5) as platform,
        client_of(platform) as client,
        ThreadPoolExecutor(waiting + clients) as pool,
    ):
        connectors = [client.connector(type=kind, port=silent) for kind in ("FTP", "SFTP", "SQL")]
        source = client.datasource(connectors[0], path="x.csv")
        for _ in range(waiting):
            client.start_dataset(source)
        tests = [
            pool.submit(client_call, platform, "POST", f"/connectors/{connectors[n % 3]['_id']}/test")
            for n in range(waiting)
        ]
        work = [pool.submit(one_client, platform, number) for number in range(clients)]
        statuses = sum((each.result(60) for each in work), Counter[int]())
        assert set(statuses) == {200}
        assert {each.result(60) for each in tests} == {400}
        # Those that wait for a source are ended with it, also at the platform.
        datasets = client.all("/projects/{project}/datasets")
        with ThreadPoolExecutor(20) as deletes:
            deleted = [deletes.submit(client_call, platform, "DELETE", f"/datasets/{each['_id']}") for each in datasets]
        assert {each.result() for each in deleted} == {204}
        snapshots = platform.data / "snapshots"
        assert not snapshots.exists() or list(snapshots.iterdir()) == []
    count("clients of the local platform at once", clients)
    count("calls to silent sources", 2 * waiting)


def client_call(platform: LocalPlatform, method: str, path: str) -> int:
    with client_of(platform) as client:
        return client.call(method, path).status_code


def one_client(platform: LocalPlatform, number: int) -> Counter[int]:
    statuses: Counter[int] = Counter()
    with client_of(platform) as client:
        made = client.call("POST", "/projects", json={"name": f"p{number}"})
        path = f"/projects/{made.json()['_id']}"
        calls = (("GET", path), ("PUT", path), ("GET", f"{path}/connectors"), ("GET", "/projects"))
        for method, each in calls:
            answer = client.call(method, each, **({"json": {"name": "new"}} if method == "PUT" else {}))
            statuses[answer.status_code] += 1
    return statuses


def test_nonsense_gets_no_5xx(count: Count) -> None:
    randomly, statuses, bad = chance("local platform", "nonsense"), Counter[bytes](), []
    calls = sized(80, 5_000)
    with LocalPlatform(request_timeout=0.3, connect_timeout=0.5) as platform, requests.Session() as session:
        session.get(platform.sign_in_link(), timeout=10)
        cookie = "; ".join(f"{name}={value}" for name, value in session.cookies.items())
        for _ in range(calls):
            request = _nonsense(randomly, platform, cookie)
            status = _status(platform, request)
            statuses[status] += 1
            if not status.startswith((b"1", b"2", b"3", b"4")) and status != b"501":
                bad.append((status, request.replace(platform.token.encode(), b"TOKEN")))
    assert bad == []
    assert statuses[b"200"] > calls // 100
    count("calls that make no sense", calls)


METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "FOO", "CONNECT")
PATHS = (
    *("/", "/calls", "/docs", "/project/{project}", "/connector/x", "/data-source/x/rows", "/dataset/x/download/csv"),
    *("/calls/latency", "/calls/faults", "/sign-in?code=%ff", "/static/page.js", "/static/%2e%2e/app.py", "/static"),
    *("/ext/v1/projects", "/ext/v1/projects/{project}/connectors", "/ext/v1/exporters/1", "/ext/v1", "/ext/v1/"),
    *("/ext/v1/projects/{project}/datasets/file", "/ext/v1/projects?page=1e9", "/_local/seed", "/_local/overview"),
    *("//", "/%00", "/?a=%00&b=%7f", "*", "http://x/", "/calls?q=%ff%00"),
)
BODIES = (
    *(b"", b"{}", b"[]", b"null", b"seconds=nan", b"seconds=inf&action=x&path=(&times=x", b"--x\r\n\r\n--x--"),
    *(b"action=status&status=999", b"action=delay&times=-1&seconds=1e999", b"\xff\xfe", b'{"name":"\\ud800"}'),
)
TYPES = (
    *("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"),
    *("multipart/form-data", "application/json; charset=utf-16", "", "\x80"),
)
ODD_HEADERS = (
    *("Content-Length: -1", "Content-Length: 99999999999999999999", "Content-Length: 1\r\nContent-Length: 2"),
    *("Transfer-Encoding: gzip", "Expect: 100-continue", "Connection: Upgrade\r\nUpgrade: websocket"),
    *("Range: bytes=0-1,a-", "If-Modified-Since: x", "Accept-Encoding: \xff", "Cookie: a=b; ;=;\xff"),
)


def _nonsense(randomly: random.Random, platform: LocalPlatform, cookie: str) -> bytes:
    body, path = randomly.choice(BODIES), randomly.choice(PATHS).replace("{project}", platform.project_id)
    lines = [f"{randomly.choice(METHODS)} {path} HTTP/1.{randomly.choice((0, 1, 1, 1))}", "Host: localhost"]
    maybe = (f"Authorization: {platform.token}", f"Cookie: {cookie}", "Origin: http://localhost")
    lines += [line for line in maybe if randomly.random() < 0.6]
    lines.append(f"Content-Type: {randomly.choice(TYPES)}")
    lines.append(f"Content-Length: {len(body)}" if randomly.random() < 0.7 else randomly.choice(ODD_HEADERS))
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _status(platform: LocalPlatform, request: bytes) -> bytes:
    host, _, port = platform.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(request)
        return connection.recv(65536).partition(b" ")[2][:3]
