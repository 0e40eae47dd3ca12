"""What is done for each resource does not grow with their number, nor with that of other people's objects.

Counted, not timed: calls of Python's functions, and looks at the objects of a list.
"""

import cProfile
import json
import pstats
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config
from pulumi_previsionio import _dynamic
from pulumi_previsionio._core import context
from pulumi_previsionio._errors import Refused
from pulumi_previsionio._platform import session
from pulumi_previsionio._platform.client import Client, Page
from pulumi_previsionio._platform.collection_cache import CollectionCache

from tests.contract import API, PROJECT, TOKEN, Contract
from tests.unit.scripted_server import ScriptedServer

ROOT = Path(__file__).parents[2]
URL = "https://platform.example.org"
FEW, MANY = 20, 100
EACH = 4


class Platform(Contract):
    """The contract without HTTP, which costs the same for each call."""

    def call(self, method: str, path: str, query: Any = None, body: Any = None) -> Any:
        answer = self.answer(method, path.removeprefix(API), query or {}, body, TOKEN)
        if answer.status >= 300:
            raise Refused("no", status=answer.status, reason="no")
        return answer


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    platform = Platform()
    platform.databases = {"crm": [f"t{number}" for number in range(EACH)]}

    class NoHTTP(Client):
        def _json(self, method: str, path: str, *, query: Any = None, body: Any = None, **_: Any) -> Any:
            return platform.call(method, path, {key: str(value) for key, value in (query or {}).items()}, body).body

        def _call(self, method: str, path: str, *, body: Any = None, **_: Any) -> Any:
            return platform.call(method, path, None, body)

        def _done(self, method: str, path: str, *, body: Any = None, **_: Any) -> None:
            platform.call(method, path, None, body)

    monkeypatch.setattr("pulumi_previsionio._platform.client.Client", NoHTTP)
    for variable in ("PREVISION_URL", "PREVISION_MASTER_TOKEN", "PREVISION_PROJECT_ID"):
        monkeypatch.delenv(variable, raising=False)
    return platform


def provider(cls: type[_dynamic.Provider]) -> _dynamic.Provider:
    made = cls()
    settings = {"previsionio:url": URL, "previsionio:token": TOKEN, "previsionio:projectId": PROJECT}
    made.configure(ConfigureRequest(config=Config(settings, "project")))
    return made


class Life:
    """The life of a stack under the methods of the provider host, as the engine calls them."""

    def __init__(self, connectors: int) -> None:
        self.connectors = connectors
        self.objects = connectors * (1 + EACH)
        self._connector = provider(_dynamic.SQLConnectorProvider)
        self._datasource = provider(_dynamic.DatasourceProvider)
        self._state: list[tuple[_dynamic.Provider, dict[str, Any], dict[str, Any], str, dict[str, Any]]] = []

    def create(self) -> None:
        server = {"host": "db.example.org", "port": 3306.0, "username": "reader", "password": "correct horse"}
        for number in range(self.connectors):
            id_ = self._make(self._connector, {"default_name": f"c{number}", **server})
            for table in range(EACH):
                source = {"connector_id": id_, "database": "crm", "table": f"t{table}", "project_id": PROJECT}
                self._make(self._datasource, {"default_name": f"c{number}-t{table}", **source})

    def _make(self, provider: _dynamic.Provider, given: dict[str, Any]) -> str:
        checked = provider.check({}, given)
        assert not checked.failures, checked.failures
        made = provider.create(dict(checked.inputs))
        self._state.append((provider, given, checked.inputs, made.id, dict(made.outs or {})))
        return made.id

    def preview(self) -> None:
        for provider, given, inputs, id_, outputs in self._state:
            checked = provider.check(inputs, given)
            assert provider.diff(id_, outputs, checked.inputs).changes is False

    def refresh(self) -> None:
        for provider, _, _, id_, outputs in self._state:
            assert provider.read(id_, outputs).outs == outputs

    def destroy(self) -> None:
        for provider, _, _, id_, outputs in sorted(self._state, key=lambda one: one[0] is self._connector):
            provider.delete(id_, outputs)


def calls_of(work: Callable[[], None]) -> int:
    """Calls of functions while `work` runs in a provider host of its own."""
    context._contexts.clear()
    session._sessions.clear()
    profile = cProfile.Profile()
    profile.runcall(work)
    calls: int = pstats.Stats(profile).total_calls  # type: ignore[attr-defined]
    return calls


def costs(connectors: int) -> dict[str, float]:
    """Calls of functions for each object, by operation."""
    life = Life(connectors)
    work = {"create": life.create, "preview": life.preview, "refresh": life.refresh, "destroy": life.destroy}
    return {name: calls_of(each) / life.objects for name, each in work.items()}


def test_no_resource_costs_more_for_there_being_many(platform: Platform) -> None:
    Life(1).create()  # what is done once in a process
    few, many = costs(FEW), costs(MANY)

    assert {name: round(many[name] / few[name], 1) for name in few} == dict.fromkeys(few, pytest.approx(1.0, abs=0.15))
    assert many["create"] < 750
    assert many["preview"] < 650
    assert many["refresh"] < 400
    assert many["destroy"] < 300


PROGRAMS = """
import asyncio, cProfile, json, pstats
import pulumi, pulumi.runtime, pulumi_previsionio, pulumi_previsionio.native
from benchmarks import noop_provider
from pulumi.runtime.stack import wait_for_rpcs

class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return "5ea1f00d00000000000000aa", args.inputs

    def call(self, args):
        return {}

async def program(connector, datasource, of):
    for number in range(10):
        made = connector(f"{of}{number}", host="db.example.org", port=3306, username="reader", password="correct horse")
        for table in range(4):
            datasource(f"{of}{number}-t{table}", connector=made, database="crm", table=f"t{table}")
    await wait_for_rpcs()

def calls(*classes):
    loop.run_until_complete(program(*classes, "first"))
    profile = cProfile.Profile()
    profile.runcall(lambda: loop.run_until_complete(program(*classes, "c")))
    return pstats.Stats(profile).total_calls / 50

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
pulumi.runtime.set_mocks(Mocks())
print(json.dumps({
    "engine alone": calls(noop_provider.Connector, noop_provider.Datasource),
    "dynamic": calls(pulumi_previsionio.SQLConnector, pulumi_previsionio.Datasource),
    "plugin": calls(pulumi_previsionio.native.SQLConnector, pulumi_previsionio.native.Datasource),
}))
"""


def test_what_a_program_does_for_a_resource_is_nearly_all_the_sdks() -> None:
    """A resource of ours has half as many properties again as one of the provider that does nothing."""
    done = subprocess.run([sys.executable, "-c", PROGRAMS], stdout=subprocess.PIPE, cwd=ROOT, check=True)
    calls = json.loads(done.stdout)

    assert calls["dynamic"] < 1.3 * calls["engine alone"]
    assert calls["plugin"] < 1.4 * calls["engine alone"]


def test_a_call_takes_less_than_one_of_requests_without_all_that_a_client_adds(server: ScriptedServer) -> None:
    client, plain = Client(server.url, TOKEN, parallelism=4), requests.Session()
    plain.trust_env = False

    def ours() -> None:
        client.get("/version")

    def bare() -> None:
        plain.get(f"{server.url}/ext/v1/version", headers={"Authorization": TOKEN}).json()

    for once in (ours, bare):
        once()
    assert calls_of(ours) < 0.8 * calls_of(bare)


class Seen(dict[str, Any]):
    """An object of a list; counts how often anybody looks into one."""

    looks = 0

    def __getitem__(self, key: str) -> Any:
        Seen.looks += 1
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        Seen.looks += 1
        return super().get(key, default)


class Lists:
    """A client of a list of ten thousand, all on one page."""

    def page(self, path: str, number: int) -> Page:
        items = [Seen({"_id": f"{n:024x}", "connector_id": f"c{n % 5000}"}) for n in range(10_000)]
        return Page(list(items), len(items), 1)


@pytest.mark.parametrize("connectors", [1, 1000])
def test_ten_thousand_objects_of_others_are_looked_at_once_for_all_connectors(connectors: int) -> None:
    lists: Any = Lists()
    cache = CollectionCache(lists, "/data-sources", lambda _: None)
    Seen.looks = 0

    for number in range(connectors):
        assert len(cache.list_of_connector(f"c{number}")) == 2
    assert Seen.looks <= 5 * 10_000
