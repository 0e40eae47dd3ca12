"""The provider host under many requests at once: as many calls in flight as may be, over as many connections.

The pool is widened on every Python that the package supports and this machine has.
"""

import itertools
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from pulumi_previsionio import _dynamic
from pulumi_previsionio._dynamic import Provider
from pulumi_previsionio._platform.calls_in_flight import START

from tests.host.provider_host import ProviderHost
from tests.unit.fake_platform import TOKEN
from tests.unit.scripted_server import Answer, Request, ScriptedServer

ENOUGH = 20.0
"""Seconds in which the calls that belong together must have come in; hardly any are needed."""


PATIENT = "from pulumi_previsionio._platform import calls_in_flight; calls_in_flight._NOISE = 1e9"
"""Has a process find no answer slow: here they are as slow as the calls that they wait for are late."""

numbers = itertools.count(1000)


def new_id(number: int) -> str:
    """The id of an object that is made now: its first half says when."""
    return f"{int(time.time()):08x}{number:016x}"


class Together:
    """Answers creations and reads once `count` of them are there; alone they fail."""

    def __init__(self, count: int) -> None:
        self._barrier = threading.Barrier(count)

    def __call__(self, request: Request) -> Answer:
        try:
            self._barrier.wait(ENOUGH)
        except threading.BrokenBarrierError:
            return Answer(400, {"status": 400, "message": ["too few at once"]})
        return Answer(body={"_id": new_id(next(numbers)), "name": request.path[-1]})


def growing() -> Callable[[Request], Answer]:
    """Answers the first 32 calls together, and then 64 together."""
    numbers, first, second = itertools.count(), Together(START), Together(2 * START)
    return lambda request: (first if next(numbers) < START else second)(request)


def host_of(server: ScriptedServer, parallelism: int | None = None, **options: Any) -> ProviderHost:
    config = {"previsionio:url": server.url, "previsionio:token": TOKEN}
    if parallelism:
        config["previsionio:parallelism"] = str(parallelism)
    return ProviderHost(config, **options)


def create(host: ProviderHost, count: int) -> list[Any]:
    """Ask for projects, whose creation is one call; the answers' ids."""
    creations = [host.create_later(_dynamic.ProjectProvider, {"name": f"p{number}"}) for number in range(count)]
    return [creation.result().id for creation in creations]


def test_as_many_slow_creations_as_at_first_are_in_flight_at_once(python: str) -> None:
    """All come in while the host still loads the provider: four have a thread, the others wait in a queue."""
    with ScriptedServer(Together(START)) as server, host_of(server, python=python, before=PATIENT) as host:
        assert len(set(create(host, START))) == START
        assert (server.most_in_flight, server.connections) == (START, START)


def test_more_are_in_flight_while_the_platform_gets_no_slower() -> None:
    with ScriptedServer(growing()) as server, host_of(server, before=PATIENT) as host:
        create(host, 3 * START)
        assert (server.most_in_flight, server.connections) == (2 * START, 2 * START)
        assert len(server.requests) == 3 * START


@pytest.mark.parametrize("parallelism", [6, START])
def test_no_more_are_in_flight_than_the_settings_say(parallelism: int) -> None:
    with (
        ScriptedServer(Together(parallelism)) as server,
        host_of(server, parallelism=parallelism, before=PATIENT) as host,
    ):
        create(host, 2 * parallelism)
        assert (server.most_in_flight, server.connections) == (parallelism, parallelism)


def test_snapshots_that_are_waited_for_take_nobodys_place() -> None:
    """Twelve copies go on, three times as many as there may be calls; four creations are in flight all the same."""
    together, waiting, copied = Together(4), threading.Semaphore(0), threading.Event()

    def respond(request: Request) -> Answer:
        if "datasets" not in request.path:
            return together(request)
        if request.method == "POST":
            return Answer(body={"_id": new_id(int(request.json["name"]))})
        waiting.release()
        state = "done" if copied.is_set() else "running"
        states = dict.fromkeys(("copy_state", "describe_state", "drift_state"), state)
        return Answer(body={"_id": request.path.rpartition("/")[2], **states})

    def snapshot(number: int) -> dict[str, Any]:
        return {"name": str(number), "datasource_id": "D", "project_id": "P", "timeout": 60.0}

    with ScriptedServer(respond) as server, host_of(server, parallelism=4) as host:
        snapshots = [host.create_later(_dynamic.DatasetProvider, snapshot(number)) for number in range(12)]
        for _ in snapshots:
            assert waiting.acquire(timeout=ENOUGH)
        assert len(create(host, 4)) == 4
        assert not any(snapshot.done() for snapshot in snapshots)
        copied.set()
        assert len({snapshot.result().id for snapshot in snapshots}) == 12


_SOURCE = {"connector_id": "5ea1f00d00000000000000aa", "project_id": "P", "database": "crm", "verify_source": True}
_SERVER = {"project_id": "P", "host": "db", "port": 3306, "username": "u", "password": "pass", "test_connection": True}
_SLOW: dict[str, tuple[type[Provider], dict[str, Any], int]] = {
    "/connectors/[^/]+/test": (_dynamic.SQLConnectorProvider, _SERVER, 4),
    "/data-sources/[^/]+/test": (_dynamic.DatasourceProvider, {**_SOURCE, "request": "SELECT 1"}, 4),
    "/verify": (_dynamic.DatasourceProvider, {**_SOURCE, "request": "SELECT 1"}, 4),
    "/tables": (_dynamic.DatasourceProvider, {**_SOURCE, "table": "customers"}, 1),
}
"""What may take a source long → whose creation leads to it, and how many of these calls may be in flight at once."""


@pytest.mark.parametrize("call", _SLOW)
def test_slow_sources_take_nobodys_place(call: str) -> None:
    """Twelve wait for a source, three times as many as there may be calls; four others are in flight all the same."""
    provider, inputs, at_once = _SLOW[call]
    together, reached, may_answer = Together(4), threading.Semaphore(0), threading.Event()

    def respond(request: Request) -> Answer:
        if re.search(f"{call}$", request.path):
            reached.release()
            assert may_answer.wait(ENOUGH)
        if request.method == "OPTIONS":
            return Answer(headers={"Allow": "GET", "Prevision-Local": "verify" if call == "/verify" else ""})
        if request.path.endswith("/projects"):
            return together(request)
        id_ = request.path.rpartition("/")[2] if request.method == "GET" else new_id(next(numbers))
        return Answer(body={"_id": id_, "items": ["customers"]})

    with ScriptedServer(respond) as server, host_of(server, parallelism=4) as host:
        create(host, 4)  # from now on this is an update
        named = [{**inputs, "name": str(number)} for number in range(12)]
        assert not any(host.check(provider, properties).failures for properties in named)
        creations = [host.create_later(provider, properties) for properties in named]
        for _ in range(at_once):
            assert reached.acquire(timeout=ENOUGH)
        assert len(create(host, 4)) == 4
        assert not any(creation.done() for creation in creations)
        assert server.in_flight <= 4
        may_answer.set()
        assert all(creation.result().id for creation in creations)


def test_four_at_a_time_remain_where_the_pool_cannot_be_found() -> None:
    hidden = "import concurrent.futures.thread as t; t._worker.__code__ = t._worker.__code__.replace(co_name='other')"
    with ScriptedServer(Together(4)) as server, host_of(server, before=hidden) as host:
        create(host, 12)
        assert server.most_in_flight == 4
