"""No call to an SQL server is without end: ours ends it, here and at the server."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from previsionio_local import LocalPlatform

from tests.platform.client import Client, client_of, refusal
from tests.servers.fault_proxy import FaultProxy
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL

Server = Any

EVERY_SERVER = pytest.mark.parametrize("dialect", ["postgresql", "mariadb"])


@pytest.fixture(scope="module")
def impatient() -> Iterator[LocalPlatform]:
    with LocalPlatform(connect_timeout=1, read_timeout=2, copy_timeout=2, copies=4) as platform:
        yield platform


@pytest.fixture(scope="module")
def patient() -> Iterator[LocalPlatform]:
    with LocalPlatform(connect_timeout=3, copies=4) as platform:
        yield platform


@pytest.fixture
def server(request: pytest.FixtureRequest, dialect: str) -> Server:
    return request.getfixturevalue(dialect)


def login(server: Server, **changes: Any) -> dict[str, Any]:
    login = {"host": server.host, "port": server.port, "username": server.username, "password": server.password}
    return {"type": "SQL", **login, **changes}


def asleep(server: Server, marker: str) -> str:
    """A query that takes a minute, and can be told from others."""
    sleep = "pg_sleep(60)" if isinstance(server, PostgreSQL) else "SLEEP(60)"
    return f"SELECT {sleep} AS {marker}"


def running(server: Server, marker: str) -> int:
    """How many such queries the server works on."""
    if isinstance(server, MariaDB):
        with server.connect_as_administrator() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT info FROM information_schema.processlist WHERE id <> CONNECTION_ID()")
            return sum(marker in str(info) for (info,) in cursor.fetchall())
    with server.connect_as_administrator() as connection:
        query = "SELECT query FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep' AND pid IN "
        locks = "(SELECT pid FROM pg_stat_activity WHERE usename = %s)"
        return len(connection.execute((query + locks).encode(), [server.username]).fetchall())


def until(met: Callable[[], bool]) -> None:
    """Fails if it does not come to pass: an hour would be the alternative."""
    deadline = time.monotonic() + 120
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def start(client: Client, connector: dict[str, Any], request: str) -> str:
    return client.start_dataset(client.datasource(connector, database="crm", request=request))


@EVERY_SERVER
@pytest.mark.parametrize("how", ["delete", "reset"])
def test_a_dataset_that_is_gone_is_cancelled_at_its_source(
    patient: LocalPlatform, server: Server, dialect: str, how: str
) -> None:
    with client_of(patient) as client:
        dataset = start(client, client.connector(**login(server)), asleep(server, f"gone_{how}"))
        until(lambda: running(server, f"gone_{how}") == 1)
        if how == "delete":
            client.delete(f"/datasets/{dataset}")
        else:
            patient.reset()
        until(lambda: running(server, f"gone_{how}") == 0)


@EVERY_SERVER
def test_a_snapshot_that_takes_too_long_is_cancelled_at_its_source(
    impatient: LocalPlatform, server: Server, dialect: str
) -> None:
    with client_of(impatient) as client:
        dataset = start(client, client.connector(**login(server)), asleep(server, "too_long"))
        assert "could not ask" in client.copied(dataset)["errorMessage"]
        until(lambda: running(server, "too_long") == 0)


@EVERY_SERVER
def test_slow_queries_of_one_source_leave_places_to_others(
    patient: LocalPlatform, server: Server, dialect: str
) -> None:
    patient.reset()
    with client_of(patient) as client:
        slow, quick = client.connector(**login(server)), client.connector(**login(server))
        for number in range(4):
            start(client, slow, asleep(server, f"slow_{number}"))
        until(lambda: running(server, "slow_") == 2)
        assert client.copied(start(client, quick, "SELECT 1 AS a"))["rows"] == 1
        assert running(server, "slow_") == 2
    patient.reset()
    until(lambda: running(server, "slow_") == 0)


@EVERY_SERVER
def test_a_server_that_falls_silent_is_given_up(impatient: LocalPlatform, server: Server, dialect: str) -> None:
    with FaultProxy(server.host, server.port) as proxy, client_of(impatient) as client:
        connector = client.connector(**login(server, host=proxy.host, port=proxy.port))
        path = f"/connectors/{connector['_id']}"
        assert client.post(f"{path}/verify", database="crm", table="customers") == {"found": True}
        dataset = start(client, connector, asleep(server, "silent"))
        until(lambda: running(server, "silent") == 1)
        proxy.blackhole = True
        assert "no answer in time" in client.copied(dataset)["errorMessage"]
        for answer in (
            client.call("POST", f"{path}/test"),
            client.call("POST", f"{path}/verify", json={"database": "crm", "table": "customers"}),
        ):
            assert "no answer in time" in refusal(answer, 400)
        proxy.blackhole = False
        assert client.post(f"{path}/verify", database="crm", table="customers") == {"found": True}


@EVERY_SERVER
@pytest.mark.parametrize("bytes_of_answer", [30, 150])
def test_a_server_that_falls_silent_in_the_middle_of_a_look_up_is_given_up(
    impatient: LocalPlatform, server: Server, dialect: str, bytes_of_answer: int
) -> None:
    with silent_after(server, bytes_of_answer) as port, client_of(impatient) as client:
        path = f"/connectors/{client.connector(**login(server, port=port))['_id']}"
        answer = client.call("POST", f"{path}/verify", json={"database": "crm", "table": "customers"})
        assert "no answer in time" in refusal(answer, 400)


@EVERY_SERVER
def test_a_locked_table_could_not_be_asked(impatient: LocalPlatform, server: Server, dialect: str) -> None:
    with client_of(impatient) as client, locked(server):
        connector = client.connector(**login(server, username=server.admin_username, password=server.admin_password))
        for location in ({"table": "locked"}, {"request": "SELECT * FROM locked"}):
            body = {"database": "crm", **location}
            verified = client.call("POST", f"/connectors/{connector['_id']}/verify", json=body)
            assert "locked by somebody else" in refusal(verified, 400)
            assert "candidates" not in verified.json()
            source = client.datasource(connector, **body)
            tested = client.call("POST", f"/data-sources/{source['_id']}/test")
            assert refusal(tested, 400) == refusal(verified, 400)
            assert client.dataset(source)["errorMessage"] == refusal(verified, 400)
        tables = client.get(f"/connectors/{connector['_id']}/databases/crm/tables")["items"]
        assert {"customers", "locked"} <= set(tables)


def test_silent_servers_hold_up_nothing_else() -> None:
    count = 50  # more than the 40 threads of an ordinary server
    with (
        LocalPlatform(connect_timeout=8) as patient,  # so long that all wait at the same time, on a slow machine too
        socket.create_server(("127.0.0.1", 0), backlog=count) as silent,
        client_of(patient) as client,
    ):
        connector = client.connector(**login_to(silent))
        arrived = threading.Semaphore(0)

        def ask() -> str:
            with client_of(patient) as other:
                arrived.release()
                return refusal(other.call("POST", f"/connectors/{connector['_id']}/test"), 400)

        with ThreadPoolExecutor(count) as pool:
            answers = [pool.submit(ask) for _ in range(count)]
            for _ in range(count):
                arrived.acquire()
            until(lambda: patient.max_in_flight >= count)
            assert client.get("/projects/{project}")["_id"]
            assert not any(answer.done() for answer in answers)
            assert {answer.result() for answer in answers} == {
                f"cannot reach 127.0.0.1:{silent.getsockname()[1]}: no answer in time"
            }


def login_to(listener: socket.socket) -> dict[str, Any]:
    host, port = listener.getsockname()
    return {"type": "SQL", "host": host, "port": port, "username": "nobody", "password": "hush-hush"}


@contextmanager
def locked(server: Server) -> Iterator[None]:
    """A table `locked` in `crm` that nobody else can read for now."""
    if isinstance(server, MariaDB):
        with server.connect_as_administrator("crm") as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS locked (a int)")
            cursor.execute("LOCK TABLES locked WRITE")
            yield
            cursor.execute("UNLOCK TABLES")
            cursor.execute("DROP TABLE locked")
        return
    with server.connect_as_administrator("crm") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS locked (a int)")
        connection.commit()
        connection.execute("LOCK TABLE locked")
        yield
        connection.execute("DROP TABLE locked")


@contextmanager
def silent_after(server: Server, count: int) -> Iterator[int]:
    """A port that leads to the server, and passes so many bytes of answers on each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=[listener, server, count], daemon=True).start()
        yield listener.getsockname()[1]


def accept(listener: socket.socket, server: Server, count: int) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        target = socket.create_connection((server.host, server.port))
        threading.Thread(target=pump, args=[client, target, None], daemon=True).start()
        threading.Thread(target=pump, args=[target, client, count], daemon=True).start()


def pump(source: socket.socket, target: socket.socket, limit: int | None) -> None:
    with suppress(OSError), source, target:
        while data := source.recv(4096):
            passed = data if limit is None else data[:limit]
            target.sendall(passed)
            if limit is not None:
                limit -= len(passed)
