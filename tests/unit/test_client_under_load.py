"""The client with as many threads as a provider host may have, on a platform that stumbles."""

import concurrent.futures
import itertools
import random
import sys
import threading
from collections.abc import Iterator

import pytest
from pulumi_previsionio import PlatformError
from pulumi_previsionio._platform.client import Client

from tests.unit.fake_platform import TOKEN
from tests.unit.scripted_server import CUT, Answer, Request, ScriptedServer

THREADS = 64
"""The most that `previsionio:parallelism` may say."""


@pytest.fixture
def restless_threads() -> Iterator[None]:
    """Threads change places as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def echo(request: Request) -> Answer:
    return Answer(body={"path": request.path, "body": request.json if request.body else None})


def work(client: Client, number: int) -> bool:
    """One call whose answer can only be its own; whether it was answered."""
    path = f"/things/{number}"
    try:
        if number % 3 == 0:
            answer = client.create(path, {"number": number})
            assert answer["body"] == {"number": number}
        elif number % 3 == 1:
            answer = client.get(path)
        else:
            answer = client.put(path, {"number": number})
            assert answer["body"] == {"number": number}
    except PlatformError:
        return False
    assert answer["path"] == f"/ext/v1{path}"
    return True


def test_each_thread_gets_its_own_answer_over_as_many_connections(restless_threads: None) -> None:
    with ScriptedServer(echo) as server:
        client = Client(server.url, TOKEN, parallelism=THREADS)
        with concurrent.futures.ThreadPoolExecutor(THREADS) as threads:
            assert all(threads.map(lambda number: work(client, number), range(1000)))
        assert server.connections <= THREADS
        assert len(server.requests) == 1000


def test_connections_that_break_are_no_threads_loss(restless_threads: None, pauses: list[float]) -> None:
    """One call in seven goes wrong, in every way; afterwards the pool is as good as new."""
    chance, lock = random.Random(7), threading.Lock()
    faults = itertools.cycle([CUT, Answer(503, {}), Answer(500, {}), Answer(cut_half_way=True, body={"a": "b" * 99})])
    healthy = threading.Event()

    def stumble(request: Request) -> Answer:
        with lock:
            if not healthy.is_set() and chance.random() < 1 / 7:
                return next(faults)
        return echo(request)

    with ScriptedServer(stumble) as server:
        client = Client(server.url, TOKEN, parallelism=8)
        with concurrent.futures.ThreadPoolExecutor(THREADS) as threads:
            assert set(threads.map(lambda number: work(client, number), range(600))) == {True, False}
            healthy.set()
            assert all(threads.map(lambda number: work(client, number), range(600, 800)))
        creations = [request.path for request in server.requests if request.method == "POST"]
        assert len(creations) == len(set(creations))  # none is sent twice, whatever became of its answer
        assert server.most_in_flight <= 8
