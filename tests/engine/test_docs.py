"""The programs and commands of the reference, run as they stand there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from previsionio_local import LocalPlatform

from tests.engine.documents import DOCS, TIMEOUT, Reader, blocks, programs
from tests.engine.programs import Server
from tests.engine.pulumi_cli import Stack, kill_session, with_quick_pip
from tests.secret_search import leaked
from tests.servers.google_cloud import GoogleCloud
from tests.servers.postgresql import PostgreSQL
from tests.servers.process import free_ports
from tests.servers.proftpd import FTP, SFTP
from tests.servers.seaweedfs import S3
from tests.torture.http_proxy import HttpProxy, Request

GUIDES = sorted(f"guides/{path.name}" for path in (DOCS / "guides").glob("*.md"))
PAGES = [
    *sorted(f"resources/{path.name}" for path in (DOCS / "resources").glob("[!_]*.md")),
    *sorted(path.name for path in DOCS.glob("*.md")),
]


@pytest.fixture
def clouds(s3: S3, google: GoogleCloud) -> Iterator[LocalPlatform]:
    """A platform whose S3 and Google connectors lead to the test servers."""
    with LocalPlatform(
        s3_endpoint=s3.endpoint, gcs_endpoint=google.endpoint, bigquery_endpoint=google.endpoint
    ) as platform:
        yield platform


def test_the_program_of_every_page_works_and_all_are_one_stack(
    new_stack: Callable[..., Stack],
    clouds: LocalPlatform,
    postgresql: PostgreSQL,
    ftp: FTP,
    sftp: SFTP,
    s3: S3,
    google: GoogleCloud,
) -> None:
    stack = new_stack("reference", clouds)
    config: dict[str, str | int] = {
        "s3AccessKeyId": s3.username,
        "s3SecretAccessKey": s3.password,
        "googleCredentials": json.dumps(google.credentials),
        "stagingUrl": clouds.url,
        "stagingToken": clouds.token,
        "stagingProject": clouds.project_id,
    }
    servers: dict[str, Server] = {"crm": postgresql, "files": ftp, "vault": sftp}
    for name, server in servers.items():
        config |= {f"{name}Host": server.host, f"{name}Port": server.port}
        config |= {f"{name}Username": server.username, f"{name}Password": server.password}
    with (stack.folder / "Pulumi.dev.yaml").open("a") as file:  # one write instead of twenty commands
        file.write(f"config: {json.dumps({f'test:{key}': str(value) for key, value in config.items()})}\n")
    login = {"host": postgresql.host, "port": postgresql.port, "username": postgresql.username}
    clouds.seed(connectors=[{"name": "shared", "type": "SQL", "password": postgresql.password, **login}])

    texts = [program for page in PAGES for program in programs(page)]
    for number, text in enumerate(texts):
        (stack.folder / f"program_{number}.py").write_text(
            text.replace("/exports/customers.csv", ftp.path("customers.csv")).replace(
                "/exports/orders.csv", sftp.path("exports/2024/orders.csv")
            )
        )
    up = stack.up("\n".join(f"import program_{number}" for number in range(len(texts))))

    assert set(up.ops.values()) == {"create"}
    assert {step.type.rpartition(":")[2] for step in up.steps} >= {
        page.removeprefix("resources/").removesuffix(".md") for page in PAGES if page.startswith("resources/")
    }


@pytest.fixture
def reader(new_stack: Callable[..., Stack], postgresql: PostgreSQL) -> Iterator[Callable[..., Reader]]:
    """Makes a reader with a stack of that name, or in an empty folder."""
    readers = []

    def make(name: str, platform: LocalPlatform | None = None, project: str = "test") -> Reader:
        stack = new_stack(name, platform, project)
        stack.config("crmHost", postgresql.host)
        stack.config("crmPort", str(postgresql.port))
        stack.config("crmPassword", postgresql.password, secret=True)
        made = Reader(stack.folder, stack._environment() | {"STATE": str(stack.home / "state")})
        made.answers = {"crmPassword": postgresql.password}
        readers.append(made)
        return made

    yield make
    for made in readers:
        made.end()


def test_a_first_stack(engine: Path, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    ftp_port, platform_port = free_ports(2)
    paths = [str(Path(sys.prefix) / "bin"), str(engine), os.environ["PATH"]]
    own = {"PATH": os.pathsep.join(paths), "HOME": str(tmp_path), "PULUMI_HOME": str(tmp_path / "pulumi")}
    reader = Reader(tmp_path / "shop", with_quick_pip(own))
    reader.words = {"2121": str(ftp_port), "8025": str(platform_port)}
    try:
        reader.follow("guides/first-stack.md")
    finally:
        reader.end()
    assert leaked(["hush"], reader.printed) == []


def test_day_to_day_guides_one_after_the_other_on_one_stack(
    reader: Callable[..., Reader], platform: LocalPlatform, postgresql: PostgreSQL
) -> None:
    everyday = reader("everyday", platform)
    everyday.environment["CRM_PASSWORD"] = postgresql.password
    everyday.follow("guides/rotating-passwords.md")
    everyday.follow("command.md")
    everyday.follow("guides/upgrading.md")
    for command in steps("guides/ci.md"):
        # Not again what another guide has run, with more options or names.
        words = set(command.replace(" --stack dev", "").split())
        if not any(words <= set(typed.split()) for typed in everyday.typed):
            everyday.run(command, [])
    assert any("--preview-only" in typed for typed in everyday.typed)
    assert leaked([postgresql.password, platform.token], everyday.printed) == []


def steps(page: str) -> list[str]:
    """The commands in the workflows of a page, each once."""
    workflows = [yaml.safe_load(block.text) for block in blocks(page) if block.language == "yaml"]
    found = [step["run"] for workflow in workflows for job in workflow["jobs"].values() for step in job["steps"][3:]]
    assert len(workflows) == 3
    return [command for command in dict.fromkeys(found) if not command.startswith("pip install")]


def test_unit_tests_under_mocks(tmp_path: Path) -> None:
    tester = Reader(tmp_path, {"PATH": os.pathsep.join([str(Path(sys.prefix) / "bin"), os.environ["PATH"]])})
    tester.follow("guides/unit-tests.md")


def test_after_a_crash(reader: Callable[..., Reader], platform: LocalPlatform) -> None:
    """The run is killed for real, between the creation on the platform and its answer."""
    crashed = reader("crashed", project="shop")
    with HttpProxy(platform.url) as proxy:
        crashed.environment |= {
            "PREVISION_URL": proxy.url,
            "PREVISION_MASTER_TOKEN": platform.token,
            "PREVISION_PROJECT_ID": platform.project_id,
        }
        (program,) = programs("guides/after-a-crash.md")
        (crashed.folder / "__main__.py").write_text(program)
        command = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]
        made, killed = threading.Event(), threading.Event()

        def hold(_number: int, request: Request, is_done: bool) -> None:
            if is_done and request.method == "POST":
                made.set()
                killed.wait(TIMEOUT)

        proxy.at_boundary = hold
        run = subprocess.Popen(
            command, cwd=crashed.folder, env=crashed.environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        assert made.wait(TIMEOUT)
        kill_session(run.pid)
        run.wait()
        killed.set()
        proxy.at_boundary = lambda _number, _request, _is_done: None
        proxy.mend()
        state = Path(crashed.environment["STATE"]) / ".pulumi"

        def damage_attributes() -> None:
            for name in ("meta.yaml.attrs", "stacks/shop/dev.json.attrs"):
                cut_off(state / name)

        def damage_state() -> None:
            cut_off(state / "stacks" / "shop" / "dev.json")

        crashed.follow(
            "guides/after-a-crash.md",
            {
                "Damaged attributes of a file backend": damage_attributes,
                "A damaged state of a file backend": damage_state,
            },
        )


def cut_off(file: Path) -> None:
    """As a machine leaves a file that it went away from."""
    file.write_bytes(file.read_bytes()[:40])
