"""Fixtures for the unit tests: a platform on loopback, and a clock that does not wait."""

import sys
import types
from collections.abc import Iterator

import pytest
from pulumi_previsionio._core.context import Context
from pulumi_previsionio._platform.client import Client
from pulumi_previsionio._platform.session import Session
from pulumi_previsionio._platform.settings import Settings

from tests.unit.fake_platform import PROJECT, FakePlatform
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
    monkeypatch.setattr("pulumi_previsionio._platform.session._sessions", {})
    monkeypatch.setattr("pulumi_previsionio._core.context._contexts", {})
    return shared_fake


@pytest.fixture
def context(fake: FakePlatform) -> Context:
    """What the provider makes of `fake`."""
    return connect(fake)


def connect(fake: FakePlatform, *, call_timeout: float = 5.0, asks_first: bool = False) -> Context:
    """What the provider makes of a fake platform.

    `asks_first`: it asks whether token and project are good before it changes anything, as it always does in earnest.
    """

    def client() -> Client:
        return Client(fake.url, fake.token, parallelism=16, call_timeout=call_timeout)

    session = (Session if asks_first else UsableSession)(fake.url, client)
    return Context(Settings(fake.url, fake.token, PROJECT), session)


def settings_context(settings: Settings) -> Context:
    """For checks of inputs: whatever the settings name is usable, and nobody asks it anything."""
    return Context(settings, UsableSession(settings.url or "http://nowhere", _no_client))


class UsableSession(Session):
    """A session with a platform where every token and every project is good."""

    def ensure_usable(self, project_id: str | None) -> None:
        """Nothing is wrong."""


def _no_client() -> Client:
    raise AssertionError("nothing is asked here")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nothing waits: the pauses that would have been made, in seconds."""
    made: list[float] = []
    clock = types.SimpleNamespace(sleep=made.append)
    import time

    for name in ("time", "monotonic"):
        setattr(clock, name, getattr(time, name))
    monkeypatch.setattr("pulumi_previsionio._platform.client.time", clock)
    monkeypatch.setattr("pulumi_previsionio._core.creation.time", clock)
    return made


@pytest.fixture
def busy() -> Iterator[None]:
    """Threads change places as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)
