"""Fixtures for the unit tests: a platform on loopback, and a clock that does not wait."""

import types
from collections.abc import Iterator

import pytest
from pulumi_previsionio._client import Client
from pulumi_previsionio._platform import Platform

from tests.unit.fake_platform import FakePlatform
from tests.unit.scripted_server import ScriptedServer


@pytest.fixture(scope="session")
def shared_server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def server(shared_server: ScriptedServer) -> ScriptedServer:
    shared_server.reset()
    return shared_server


@pytest.fixture(scope="session")
def shared_fake() -> Iterator[FakePlatform]:
    with FakePlatform() as fake:
        yield fake


@pytest.fixture
def fake(shared_fake: FakePlatform, monkeypatch: pytest.MonkeyPatch) -> FakePlatform:
    """A platform that updates in place, of which this process knows nothing yet."""
    shared_fake.reset()
    monkeypatch.setattr("pulumi_previsionio._platform._platforms", {})
    return shared_fake


@pytest.fixture
def platform(fake: FakePlatform) -> Platform:
    """What the provider makes of `fake`."""
    return connect(fake)


def connect(fake: FakePlatform, *, read_timeout: float = 5.0) -> Platform:
    return Platform(fake.url, lambda: Client(fake.url, fake.token, parallelism=16, read_timeout=read_timeout))


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nothing waits: the pauses that would have been made, in seconds."""
    made: list[float] = []
    clock = types.SimpleNamespace(sleep=made.append)
    import time

    for name in ("time", "monotonic"):
        setattr(clock, name, getattr(time, name))
    monkeypatch.setattr("urllib3.util.retry.time", clock)
    monkeypatch.setattr("pulumi_previsionio._lost_replies.time", clock)
    return made
