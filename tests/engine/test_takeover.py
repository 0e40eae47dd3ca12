"""Taking over what exists, on the real engine: it ends in an empty preview, and the platform is never touched."""

import dataclasses
import itertools
import json
import random
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from previsionio_local import LocalPlatform

from tests.engine import pulumi_cli
from tests.engine.objects import Objects
from tests.engine.programs import connector, datasource, program
from tests.engine.pulumi_cli import Stack
from tests.platform.client import Client
from tests.secret_search import leaked
from tests.servers.proftpd import FTP
from tests.unit.hostile import AWKWARD, SECRETS, HostileProject, projects

COMMAND = Path(sys.prefix) / "bin" / "pulumi-previsionio"
COLLECTIONS = ("connectors", "data-sources", "datasets")
PASSWORD = str(SECRETS["SQL"]["password"])
KEY_LINE = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
"""Part of the private key in `SECRETS`."""


@dataclasses.dataclass(frozen=True)
class Estate:
    """A platform of its own, with its data folder to look into."""

    platform: LocalPlatform
    data: Path

    def dump(self) -> list[str]:
        """Everything in the platform's database, as SQL."""
        with closing(sqlite3.connect(f"file:{self.data / 'platform.sqlite'}?mode=ro", uri=True)) as database:
            return list(database.iterdump())

    def seed(self, project: HostileProject) -> None:
        connectors = [{**item, **SECRETS[item["type"]]} for item in project.connectors]
        sources = [{key: value for key, value in item.items() if key != "project_id"} for item in project.datasources]
        self.platform.seed(projects=[project.project], connectors=connectors, data_sources=sources)

    def client(self, project: HostileProject) -> Client:
        """Calls the platform; the default project of the calls is this one."""
        return Client(self.platform.url, self.platform.token, project.id)


@pytest.fixture
def new_estate(tmp_path: Path) -> Iterator[Callable[[], Estate]]:
    made: list[LocalPlatform] = []

    def make() -> Estate:
        data = tmp_path / f"platform-{len(made)}"
        platform = LocalPlatform(data)
        made.append(platform)
        return Estate(platform.__enter__(), data)

    yield make
    for platform in made:
        platform.__exit__(None, None, None)


@dataclasses.dataclass
class Command:
    """`pulumi-previsionio` in a stack's folder."""

    stack: Stack
    everything: str = ""
    """All that was printed so far."""

    def __call__(self, *arguments: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [COMMAND, *arguments],
            cwd=self.stack.folder,
            env=self.stack._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        self.everything += done.stdout + done.stderr
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def export(self, project_id: str, *flags: str) -> list[str]:
        """Export into the stack's folder, with a new stack of the exported project; the places of the secrets."""
        done = self("export", "--project-id", project_id, "--out", ".", "--force", "--json", *flags)
        self.stack.cli("stack", "init", "dev")
        places: list[str] = json.loads(done.stdout)["secrets"]
        return places

    def give(self, places: list[str]) -> None:
        """Put the secrets where the program looks for them."""
        values = {place: _secret(place) for place in places}
        if places and places[0].isupper():
            self.stack.environment |= values
        elif places:
            project = (self.stack.folder / "Pulumi.yaml").read_text().splitlines()[0].removeprefix("name: ").strip('"')
            content = {f"{project}:{key}": {"value": value, "secret": True} for key, value in values.items()}
            self.stack.cli("config", "set-all", "--json", json.dumps(content))


def _secret(place: str) -> str:
    is_key = place.lower().rstrip("0123456789").endswith("credentials")
    return json.dumps(SECRETS["GCP"]["googleCredentials"]) if is_key else PASSWORD


def ids(client: Client) -> set[str]:
    return set().union(*(client.ids(f"/projects/{{project}}/{collection}") for collection in COLLECTIONS))


def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(1000):
        if is_so():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come to it")


def clients_only_read(platform: LocalPlatform) -> bool:
    """Whether no call since the last `clear_calls` can have changed anything."""
    return {call.method for call in platform.calls()} <= {"GET", "OPTIONS"}


def mixed(count: int, seed: int) -> HostileProject:
    """A project with so many connectors and data sources of all kinds and shapes, names and texts hostile."""
    chance = random.Random(seed)
    ids = (f"5ea1f00d{number:016x}" for number in itertools.count(1))
    project = {"_id": next(ids), "name": 'Größe "XL"', "description": "two\nlines"}
    inside = {"project_id": project["_id"]}

    def text() -> str:
        return chance.choice(AWKWARD)

    def server() -> dict[str, Any]:
        return {"host": "db.invalid", "port": chance.choice((21, 22, 3306)), "username": text()}

    def query() -> str:
        return "\n".join([f"SELECT {text()}", f"  FROM {text()} ", f"WHERE x = {text()}"])

    def key() -> dict[str, Any]:
        return {"username": text()}

    def nothing() -> dict[str, Any]:
        return {}

    fields = {"SQL": server, "FTP": server, "SFTP": server, "S3": key, "GCP": nothing}
    connectors = [
        {"_id": next(ids), "type": kind, "name": text(), **inside, **fields[kind]()}
        for kind in itertools.islice(itertools.cycle(fields), count // 8)
    ]
    shapes: dict[str, list[Callable[[], dict[str, Any]]]] = {
        "SQL": [lambda: {"database": text(), "table": text()}, lambda: {"database": text(), "request": query()}],
        "FTP": [lambda: {"path": text()}],
        "SFTP": [lambda: {"path": text()}],
        "S3": [lambda: {"bucket": text(), "path": text()}],
        "GCP": [
            lambda: {"g_cloud": "BigQuery", "database": text(), "table": text()},
            lambda: {"g_cloud": "Storage", "bucket": text(), "path": text()},
        ],
    }
    owners = itertools.islice(itertools.cycle(connectors), count - len(connectors))
    sources = [
        {
            "_id": next(ids),
            "name": text(),
            "connector_id": owner["_id"],
            **inside,
            **chance.choice(shapes[owner["type"]])(),
        }
        for owner in owners
    ]
    return HostileProject(project, connectors, sources, [])


def test_200_mixed_objects_there_and_back(
    new_stack: Callable[..., Stack], new_estate: Callable[[], Estate], ftp: FTP
) -> None:
    estate, project = new_estate(), mixed(197, seed=20)
    platform = estate.platform
    estate.seed(project)
    client = estate.client(project)
    login = {"host": ftp.host, "port": ftp.port, "username": ftp.username, "password": ftp.password}
    source = client.datasource(client.connector(name="real", **login), path=ftp.path("customers.csv"))
    upload = client.upload(b"a\n1\n", name="uploaded")
    for dataset in (client.dataset(source), upload):
        assert dataset["copy_state"] == "done"
    before = estate.dump()

    stack = new_stack("stack")
    command = Command(stack)
    stack.environment |= {"PREVISION_URL": platform.url, "PREVISION_MASTER_TOKEN": platform.token}
    places = command.export(project.id)
    assert "dataset 'uploaded'" in (stack.folder / "README.md").read_text()
    missing = command("adopt", code=3).stderr
    (advice,) = (line.strip() for line in missing.splitlines() if "pulumi config set-all" in line)
    variables = dict(re.findall(r' --secret (\w+)="\$(\w+)"', advice))
    assert variables.keys() == set(places)
    assert len(places) == 25
    assert stack.resources() == {}
    secrets = {variable: _secret(place) for place, variable in variables.items()}
    environment = {**stack._environment(), **secrets}
    subprocess.run(["/bin/sh", "-c", advice], cwd=stack.folder, env=environment, check=True, timeout=60)
    platform.clear_calls()
    adopted = json.loads(command("adopt", "--json").stdout)

    assert len(adopted["adopted"]) == 200
    assert {entry["id"] for entry in adopted["adopted"]} == ids(client) - {upload["_id"]}
    assert len(stack.resources()) == 200
    assert stack.up(None, "--refresh").changes == {}
    assert clients_only_read(platform)
    assert estate.dump() == before

    state = json.dumps(stack.export(), ensure_ascii=False)
    assert [secret for secret in (PASSWORD, KEY_LINE, platform.token) if secret in command.everything + state] == []
    shown = json.dumps(stack.export(show_secrets=True), ensure_ascii=False)
    assert PASSWORD in shown

    stack.environment["PULUMI_SKIP_CHECKPOINTS"] = "true"  # a third of the time, with so many resources
    assert set(stack.destroy().changes.values()) == {"delete"}
    assert ids(client) == {upload["_id"]}


@settings(
    max_examples=1,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# The first that is drawn is the simplest, of which nothing is to be learned.
@given(project=projects(connectors=8, datasources=16, datasets=0, least=4).filter(lambda it: len(it.datasources) > 4))
def test_any_project_there_and_back(
    project: HostileProject, new_stack: Callable[..., Stack], new_estate: Callable[[], Estate]
) -> None:
    """With its secrets in the environment; those of the 200 objects are in the configuration."""
    estate = new_estate()
    estate.seed(project)
    before = estate.dump()
    stack = new_stack(estate.data.name.replace("platform", "stack"))
    stack.environment |= {"PREVISION_URL": estate.platform.url, "PREVISION_MASTER_TOKEN": estate.platform.token}
    command = Command(stack)

    command.give(command.export(project.id, "--with-project", "--secrets", "env"))
    command("adopt")

    assert json.loads(command("adopt", "--json").stdout)["adopted"] == []
    # Nothing changes but what the program newly says, and that is a matter of the state alone.
    program = (stack.folder / "__main__.py").read_text()
    made = "previsionio.Project("
    up = stack.up(program.replace(made, f"{made}force_destroy=True, resource_name=", 1))
    assert [(step.op, set(step.diff)) for step in up.steps if step.op != "same"] == [("update", {"force_destroy"})]
    assert clients_only_read(estate.platform)
    assert estate.dump() == before

    # By force, the project goes with what only others know of.
    stranger = {"type": "S3", "name": "stranger", "username": "AK", "password": "sk", "project_id": project.id}
    estate.platform.seed(connectors=[stranger])
    stack.destroy()
    assert estate.client(project).call("GET", "/projects/{project}").status_code == 404


COMPONENTS = """
    import pulumi
    import pulumi_previsionio as previsionio

    far = previsionio.Provider("far", url={url!r}, token={token!r}, project_id={project!r})


    class Shop(pulumi.ComponentResource):
        def __init__(self, name, opts=None):
            super().__init__("shop:index:Shop", name, None, opts)
            login = dict(host="db.invalid", port=3306, username="reader", password="correct horse battery")
            self.orders = previsionio.SQLConnector("orders", **login, opts=pulumi.ResourceOptions(parent=self))
            previsionio.Datasource(
                "lines",
                connector=self.orders,
                database="shop",
                table="lines",
                opts=pulumi.ResourceOptions(parent=self.orders),
            )


    Shop("near-shop")
    Shop("far-shop", pulumi.ResourceOptions(providers=[far]))
"""


def test_components_and_explicit_providers_are_taken_over_as_the_program_has_them(
    new_stack: Callable[..., Stack], new_estate: Callable[[], Estate]
) -> None:
    near, far = new_estate(), new_estate()
    login = {"type": "SQL", "name": "orders", "host": "db.invalid", "port": 3306, "username": "reader"}
    lines = {"name": "lines", "database": "shop", "table": "lines"}
    ids = []
    for estate in (near, far):
        (connector,) = estate.platform.seed(connectors=[{**login, "password": PASSWORD}])["connectors"]
        (source,) = estate.platform.seed(data_sources=[{**lines, "connector_id": connector}])["data_sources"]
        ids.append((connector, source))
    stack = new_stack("stack", near.platform)
    program = COMPONENTS.format(url=far.platform.url, token=far.platform.token, project=far.platform.project_id)
    # Two components hold resources of one name: the second gets its own, as a person would have to do.
    stack.program(
        program.replace('"orders"', 'f"{name}-orders", name="orders"').replace(
            '"lines",\n', 'f"{name}-lines", name="lines",\n', 1
        )
    )
    wanted = [
        {"type": f"pulumi-python:dynamic/previsionio:{kind}", "name": f"{shop}-{name}", "id": id_}
        for shop, pair in zip(("near-shop", "far-shop"), ids, strict=True)
        for (kind, name), id_ in zip((("SQLConnector", "orders"), ("Datasource", "lines")), pair, strict=True)
    ]
    (stack.folder / "import.json").write_text(json.dumps({"resources": wanted}))
    before = near.dump(), far.dump()

    done = Command(stack)("adopt")

    assert "4 objects adopted: 2 SQLConnector, 2 Datasource" in done.stdout
    assert {name: state["id"] for name, state in stack.resources().items() if "shop:" not in state["type"][:5]} == {
        entry["name"]: entry["id"] for entry in wanted
    }
    assert stack.up().changes == {}
    assert (near.dump(), far.dump()) == before
    assert leaked([far.platform.token], done.stdout, done.stderr) == []


def test_nothing_is_imported_when_one_object_is_gone_or_different(
    stack: Stack, platform: LocalPlatform, objects: Objects
) -> None:
    login = {"type": "FTP", "host": "ftp.invalid", "port": 21, "username": "u", "password": PASSWORD}
    ids = platform.seed(connectors=[{**login, "name": name} for name in ("a", "b", "c")])["connectors"]
    command = Command(stack)
    command.give(command.export(platform.project_id))

    objects.delete("b")
    gone = command("adopt", code=3).stderr
    assert f"FTPConnector 'b' ({ids[1]})" in gone
    assert "'a'" not in gone

    platform.seed(connectors=[{**login, "name": "b", "_id": ids[1]}])
    objects.change("connectors", "c", host="other.invalid")
    different = command("adopt", code=3).stderr
    assert (
        f"FTPConnector 'c' ({ids[2]}): host: the program says 'ftp.invalid', the platform has 'other.invalid'"
        in different
    )
    assert stack.resources() == {}


def test_what_a_killed_up_left_on_the_platform_is_found_and_deleted(
    stack: Stack, platform: LocalPlatform, objects: Objects, ftp: FTP
) -> None:
    held = connector("FTPConnector", "held", ftp)
    stack.up(program(held))
    stack.program(
        program(held, connector("FTPConnector", "left", ftp), datasource("late", "left", path="/customers.csv"))
    )
    # The answer to the second creation comes too late for whoever waits for it.
    platform.faults([{"method": "POST", "path": "/data-sources$", "action": "delay_after", "seconds": 5}])
    up = subprocess.Popen(
        [stack.engine / "pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
        cwd=stack.folder,
        env=stack._environment() | {"PULUMI_SKIP_CHECKPOINTS": "true"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: "late" in objects.names())
    finally:
        pulumi_cli.kill_session(up.pid)
        up.wait()
    platform.faults()
    command = Command(stack)

    assert list(stack.resources()) == ["held"]
    late, left, closing = command("orphans", code=5).stdout.splitlines()
    assert late.startswith("data source 'late' (")
    assert left.startswith("FTP connector 'left' (")
    assert " s old, used by 1 data source: 'late' (" in left
    assert closing == "2 orphans beside what dev holds"
    command("orphans", "--delete", "--yes")
    assert objects.names() == ["held"]
