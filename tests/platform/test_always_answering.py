"""It always answers: when the disk is full, when a request never ends, and whatever a client sends."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
import requests
from previsionio_local import LocalPlatform
from previsionio_local.call_log import KEPT, Call, CallLog
from previsionio_local.database import Session
from previsionio_local.events import Broadcast

from tests.platform.client import FTP, Client, client_of, refusal
from tests.platform.processes import address, command, largest_file

LARGEST = 600_000


def test_where_there_is_no_room_a_deletion_makes_some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalPlatform(tmp_path) as platform, client_of(platform) as client:
        reserve = tmp_path / "reserve"
        assert reserve.stat().st_blocks * 512 >= 100_000
        connector = client.connector()
        execute = Session.execute

        def full(session: Session, statement: str, *values: Any) -> sqlite3.Cursor:
            if reserve.exists() and statement.startswith(("INSERT", "DELETE")):
                raise sqlite3.OperationalError("database or disk is full")
            return execute(session, statement, *values)

        monkeypatch.setattr(Session, "execute", full)
        assert "disk" in refusal(client.call("POST", "/projects", json={"name": "n"}), 507)
        assert reserve.exists()
        client.delete(f"/connectors/{connector['_id']}")
        assert not reserve.exists()
        client.post("/projects", name="n")


@pytest.mark.parametrize("by", ["a thread", "a program"])
def test_who_waits_for_another_writer_holds_up_nobody(tmp_path: Path, by: str) -> None:
    with LocalPlatform(tmp_path) as platform, client_of(platform) as client, ThreadPoolExecutor() as threads:
        changed, gone = (f"/connectors/{client.connector()['_id']}" for _ in range(2))
        with ExitStack() as lock:
            if by == "a thread":
                lock.enter_context(platform._state.database.write())
            else:
                program = lock.enter_context(closing(sqlite3.connect(tmp_path / "platform.sqlite")))
                program.execute("BEGIN IMMEDIATE")
            waiting: list[Future[Any]] = [
                threads.submit(Client.of(platform).connector),
                threads.submit(Client.of(platform).change, changed),
                threads.submit(Client.of(platform).delete, gone),
            ]
            while platform._state.calls.in_flight < 3:
                client.local("GET", "/calls")
            assert client.get(gone)
            assert not any(each.done() for each in waiting)
        for each in waiting:
            each.result()
        assert len(client.all("/projects/{project}/connectors")) == 2


def rows(size: int) -> bytes:
    """A CSV file that cannot be made smaller by packing it."""
    return b"a\n" + b"\n".join(random.Random(size).randbytes(40).hex().encode() for _ in range(size // 81)) + b"\n"


def test_what_does_not_fit_is_507_and_then_all_goes_on(tmp_path: Path) -> None:
    with command(tmp_path, limit=largest_file(LARGEST)) as (process, printed):
        client = Client(address(printed), (tmp_path / "token").read_text())
        with client.session:
            client.project_id = client.local("GET", "/project").json()["project_id"]
            # The first is kept in memory until it is copied, the second does not even come that far.
            for size in (900_000, 4_000_000):
                files = {"file": ("x.csv", rows(size), "text/csv")}
                answer = client.call("POST", "/projects/{project}/datasets/file", files=files, data={"name": "large"})
                assert "disk" in refusal(answer, 507)
                assert list((tmp_path / "spool").glob("*")) == []
                assert client.post("/projects", name=f"after {size}")["name"] == f"after {size}"
            assert client.upload(rows(100_000))["copy_state"] == "done"
            assert client.get("/projects/{project}/datasets")["metaData"]["totalItems"] == 1
            fill(client)
            assert client.get("/projects/{project}")["name"] == "default"
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")


def fill(client: Client) -> None:
    """Make projects until the database cannot grow any more."""
    for _ in range(LARGEST // 100_000 + 4):
        answer = client.call("POST", "/projects", json={"name": "n" * 100_000})
        if answer.status_code != 200:
            assert "disk" in refusal(answer, 507)
            return
    pytest.fail("the database grew beyond what was allowed")


@pytest.fixture(scope="module")
def hasty() -> Iterator[LocalPlatform]:
    with LocalPlatform(request_timeout=0.2) as platform:
        yield platform


def connected(platform: LocalPlatform) -> socket.socket:
    host, _, port = platform.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def everything(connection: socket.socket) -> bytes:
    """What comes until the other side ends the connection."""
    received = b""
    while more := connection.recv(65536):
        received += more
    return received


def test_a_request_that_never_comes_whole_is_ended(hasty: LocalPlatform) -> None:
    hasty.clear_calls()
    head = f"POST /ext/v1/projects HTTP/1.1\r\nHost: localhost\r\nAuthorization: {hasty.token}\r\n".encode()
    halves = [head, head + b"Content-Length: 10\r\n\r\n{", head + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"]
    upload = head.replace(b"projects ", f"projects/{hasty.project_id}/datasets/file ".encode())
    upload += (
        b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 900\r\n\r\n--x\r\nContent-Disposition: "
    )
    for half in [*halves, upload, b"G"]:
        with connected(hasty) as connection:
            connection.sendall(half)
            answer = everything(connection)
        start, _, body = answer.partition(b"\r\n\r\n")
        assert start.startswith(b"HTTP/1.1 408 "), half
        assert b"connection: close" in start.lower()
        assert "--request-timeout" in json.loads(body)["message"][0]
    assert not [call for call in hasty.calls() if call.status == 200]


def test_a_request_in_drops_is_ended(hasty: LocalPlatform) -> None:
    with connected(hasty) as connection:
        connection.sendall(b"POST /ext/v1/projects HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n")
        connection.settimeout(0.05)
        received = b""
        for _ in range(200):
            try:
                connection.sendall(b" ")
                received = connection.recv(65536)
            except TimeoutError:
                continue
            except ConnectionError:
                break
            if not received:
                break
        else:
            pytest.fail("it waited for a drop each 50 ms")


def test_a_connection_that_says_nothing_is_ended_and_an_idle_one_is_kept(hasty: LocalPlatform) -> None:
    with connected(hasty) as idle:
        for _ in range(2):
            idle.sendall(b"GET /_local/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            received = b""
            while not received.endswith(b'{"status":"ok"}'):
                received += idle.recv(65536)
            with connected(hasty) as silent:
                assert everything(silent) == b""


def test_an_answer_that_takes_long_is_no_slow_request(hasty: LocalPlatform) -> None:
    hasty.faults([{"action": "delay", "path": "^/version$", "seconds": 0.6}])
    answer = requests.get(f"{hasty.url}/ext/v1/version", headers={"Authorization": hasty.token}, timeout=5)
    assert answer.status_code == 200


def test_the_record_of_calls_has_an_end() -> None:
    log = CallLog()
    for number in range(KEPT + 5):
        call = Call("GET", f"/{number}")
        log.enter(call)
        log.leave(call)
    assert len(log.calls) == KEPT
    assert log.calls[-1].number == KEPT + 5


def test_a_listener_that_does_not_read_is_let_go() -> None:
    async def listen() -> list[str]:
        broadcast = Broadcast()
        stream = broadcast.stream("first")
        heard = [await anext(stream)]
        for number in range(10_000):
            broadcast.send(str(number))
        return [*heard, *[text async for text in stream]]

    # Not `asyncio.run`, which leaves no loop to those tests that want the thread's own.
    with closing(asyncio.new_event_loop()) as loop:
        assert len(loop.run_until_complete(listen())) <= 1001


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_what_is_not_served_is_501(client: Client, method: str) -> None:
    for path in (
        "/projects/{project}/exporters",
        "/exporters/0",
        "/exporters/0/exports",
        "/exporters/0/dataset/0",
        "/exports/0",
        "/projects/{project}/image-folders",
        "/image-folders/0/download",
        "/projects/{project}/contact-points",
        "/contact-points/0/test",
        "/datasets/0/analysis",
        "/datasets/0/explorer",
        "/datasets/0/explorer/labels.bytes",
        "/projects/{project}/experiments",
    ):
        assert refusal(client.call(method, path), 501) == "not served by the local platform", path


def test_odd_bodies_are_no_5xx(platform: LocalPlatform, client: Client) -> None:
    upload = "/projects/{project}/datasets/file"
    half = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n+2AA-\r\n--x\r\n'
    half += b'Content-Disposition: form-data; name="file"; filename="f"\r\n\r\na\n1\n\r\n--x--\r\n'
    odd: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", upload, {"data": half, "headers": {"Content-Type": "multipart/form-data; boundary=x; charset=utf-7"}}),
        ("POST", upload, {"data": b"--x", "headers": {"Content-Type": "multipart/form-data"}}),
        ("POST", "/projects", {"data": b"[" * 200_000, "headers": {"Content-Type": "application/json"}}),
        ("POST", "/projects", {"data": b'{"name": "\xff"}', "headers": {"Content-Type": "application/json"}}),
        ("POST", "/projects/{project}/connectors", {"json": FTP | {"port": 10**400}}),
        ("POST", "/projects/{project}/connectors", {"json": FTP | {"port": 1e300}}),
        ("GET", "/projects?page=" + "9" * 5000, {}),
        ("GET", "/projects/%00%ff/connectors", {}),
    ]
    for method, path, options in odd:
        assert client.call(method, path, **options).status_code in (400, 404), path
    rules = [
        {"action": "status", "body": "\ud800"},
        {"action": "status", "content_type": "a\r\nb: c"},
        {"action": "delay", "seconds": 1e300},
    ]
    for rule in rules:
        refusal(client.local("PUT", "/faults", data=json.dumps([rule])), 400)
    for status in (204, 205, 304):
        platform.faults([{"action": "status", "status": status, "body": "no"}])
        assert client.call("GET", "/version").status_code == status


def test_a_body_that_would_fill_the_memory_is_413(client: Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(70):
            yield b" " * (1 << 20)

    assert "MiB" in refusal(client.call("POST", "/projects", data=endless()), 413)


def test_the_answer_says_that_the_connection_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("previsionio_local.server._GRACE", 30)
    with LocalPlatform() as platform:
        platform.faults([{"action": "delay", "seconds": 1.5}])
        connection = connected(platform)
        connection.sendall(
            f"GET /ext/v1/version HTTP/1.1\r\nHost: x.localhost\r\nAuthorization: {platform.token}\r\n\r\n".encode()
        )
        while not platform.calls():
            time.sleep(0.01)
    with connection:
        assert b"connection: close" in everything(connection).lower()
