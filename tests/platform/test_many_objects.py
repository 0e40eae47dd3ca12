"""With many objects, a call costs what it costs with few: steps of the database are counted, not time."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from previsionio_local import LocalPlatform, database

from tests.platform.client import FTP, Client, client_of

FEW, MANY = 220, 5_000
PAGE_SIZE = 50


class Steps:
    """Counts the instructions that SQLite executes, on every connection."""

    def __init__(self) -> None:
        self.taken = 0
        self._connect = database._connect

    def connect(self, path: Path) -> sqlite3.Connection:
        connection = self._connect(path)
        connection.set_progress_handler(self._count, 1)
        return connection

    def of(self, call: Callable[[], object]) -> int:
        before = self.taken
        call()
        return self.taken - before

    def _count(self) -> None:
        self.taken += 1


@pytest.fixture(scope="module")
def steps() -> Iterator[Steps]:
    steps = Steps()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "_connect", steps.connect)
        yield steps


@pytest.fixture(scope="module")
def few_and_many(steps: Steps) -> Iterator[tuple[Client, Client]]:
    with ExitStack() as stack:
        clients = []
        for count in (FEW, MANY):
            platform = stack.enter_context(LocalPlatform(page_size=PAGE_SIZE))
            clients.append(stack.enter_context(client_of(platform)))
            fill(platform, clients[-1], count)
        yield clients[0], clients[1]


def fill(platform: LocalPlatform, client: Client, count: int) -> None:
    """As many connectors, data sources and datasets, copied from one of each."""
    connector = client.connector()
    client.dataset(client.datasource(connector))
    copies = f"""
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
        INSERT INTO %s SELECT %s FROM %s, numbers
    """
    new = "NULL, printf('%s%%023d', n), created_at, project_id, "
    with platform._state.database.write() as session:
        for letter, table, rest in (
            ("c", "connectors", "tested_at, test_error, type, name, host, port, username, credentials"),
            (
                "d",
                "data_sources",
                "tested_at, test_error, printf('c%023d', n), name, path, database, [table], bucket, request, g_cloud",
            ),
            ("e", "datasets", "name, printf('d%023d', n), origin, state, error, [rows], [columns], size"),
        ):
            session.execute(copies % (table, new % letter + rest, table))
    platform._state.database.forget_lists()


def costs(client: Client, steps: Steps, count: int) -> dict[str, int]:
    """The steps that each kind of call takes."""
    last = -(-(count + 1) // PAGE_SIZE)
    found = {}
    for kind in ("connectors", "data-sources", "datasets"):
        path = f"/projects/{{project}}/{kind}?page="
        total = client.get(f"{path}1")["metaData"]["totalItems"]  # from now on its positions are known
        assert total == count + 1
        for name, page in (("first", 1), ("second", 2), ("last but one", last - 1)):
            found[f"{name} page of {kind}"] = steps.of(lambda path=path, page=page: client.get(f"{path}{page}"))  # type: ignore[misc]
        read = f"/{kind}/{client.get(f'{path}{last}')['items'][-1]['_id']}"
        found[f"read one of {kind}"] = steps.of(lambda read=read: client.get(read))  # type: ignore[misc]
    made: list[dict[str, str]] = []
    found["create a connector"] = steps.of(lambda: made.append(client.connector()))
    found["create a data source"] = steps.of(lambda: made.append(client.datasource(made[0])))
    connector, datasource = f"/connectors/{made[0]['_id']}", f"/data-sources/{made[1]['_id']}"
    found["change a connector"] = steps.of(lambda: client.put(connector, **FTP))
    found["refuse to delete a connector"] = steps.of(lambda: client.call("DELETE", connector))
    found["delete a data source"] = steps.of(lambda: client.delete(datasource))
    found["delete a connector"] = steps.of(lambda: client.delete(connector))
    found["overview"] = steps.of(lambda: client.local("GET", "/overview"))
    with requests.Session() as browser:
        browser.get(client.local("POST", "/sign-in").json()["url"], timeout=30)
        for shown in (f"project/{client.project_id}", f"connector/c{1:023}", f"data-source/d{1:023}"):
            url = f"{client.url}/{shown}"
            found[shown.split("/")[0]] = steps.of(lambda url=url: answer(browser.get(url, timeout=30)))  # type: ignore[misc]
    return found


def answer(response: requests.Response) -> None:
    assert response.status_code == 200, response.text
    assert len(response.content) < 500_000


def test_no_call_costs_more_with_many_objects(steps: Steps, few_and_many: tuple[Client, Client]) -> None:
    few, many = (costs(client, steps, count) for client, count in zip(few_and_many, (FEW, MANY), strict=True))
    assert many == few
    for kind in ("connectors", "data-sources", "datasets"):
        assert many[f"first page of {kind}"] == many[f"last but one page of {kind}"] > 0


ALWAYS = {
    *("annotated_types", "anyio", "click", "h11", "pydantic", "pydantic_core", "python_multipart", "starlette"),
    *("typing_extensions", "typing_inspection", "uvicorn"),
    # Where the versions of some of these need them.
    *("exceptiongroup", "idna", "multipart", "sniffio"),
}
"""The packages of others without which no call is answered."""


def test_the_command_loads_only_what_the_first_answer_needs(tmp_path: Path) -> None:
    """What takes long to load is what starts of the command would wait for."""
    script = f"""
import sys
before = set(sys.modules)
from previsionio_local import LocalPlatform, __main__
import urllib.request
with LocalPlatform({str(tmp_path)!r}) as platform:
    request = urllib.request.Request(platform.url + "/ext/v1/projects", headers={{"Authorization": platform.token}})
    assert urllib.request.urlopen(request).status == 200
    loaded = [sys.modules[name] for name in sys.modules.keys() - before]
    print(*(module.__name__ for module in loaded if "-packages" in (getattr(module, "__file__", None) or "")))
    print(*(module.__name__ for module in loaded if module.__name__.startswith("previsionio_local.")))
"""
    run = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True, timeout=60)
    of_others, ours = (set(line.split()) for line in run.stdout.splitlines())
    assert {name.partition(".")[0] for name in of_others} <= ALWAYS
    assert len(of_others) < 250
    assert {name for name in ours if name.startswith("previsionio_local.sources.")} == {
        f"previsionio_local.sources.{name}" for name in ("base", "cancellation", "deadline")
    }
    assert ours.isdisjoint(f"previsionio_local.{name}" for name in ("description", "pages.app", "status"))
