"""examples/environments: one program from dev to prod, with its state in files or in a backend that a team shares."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import quote

import pytest
import yaml
from previsionio_local import LocalPlatform
from psycopg import sql

from tests.engine.examples.copies import Copy
from tests.engine.messages import the_error
from tests.engine.objects import Objects
from tests.engine.programs import Server
from tests.secret_search import leaked
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL


@pytest.fixture(scope="module")
def platforms() -> Iterator[dict[str, LocalPlatform]]:
    """A platform for each environment."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(LocalPlatform()) for name in ("dev", "staging", "prod")}


@pytest.fixture
def servers(postgresql: PostgreSQL, mariadb: MariaDB) -> dict[str, Server]:
    return {"dev": mariadb, "staging": postgresql, "prod": postgresql}


@pytest.fixture
def environments(copy: Callable[..., Copy], platforms: dict[str, LocalPlatform], servers: dict[str, Server]) -> Copy:
    """A copy of the example, its three files filled in."""
    example = copy("environments")
    for name, platform in platforms.items():
        platform.reset()
        file = example.folder / f"Pulumi.{name}.yaml"
        content = yaml.safe_load(file.read_text())
        config = content["config"]
        config["previsionio:url"] = platform.url
        config["previsionio:projectId"] = platform.project_id
        config["previsionio-environments:host"] = servers[name].host
        config["previsionio-environments:port"] = str(servers[name].port)
        config["previsionio-environments:username"] = servers[name].username
        file.write_text(yaml.safe_dump(content))
    for variable in ("PREVISION_URL", "PREVISION_MASTER_TOKEN", "PREVISION_PROJECT_ID"):
        del example.environment[variable]
    return example


def keep_state_in(example: Copy, address: str) -> None:
    """What the README's `pulumi login` decides."""
    example.environment |= {"PULUMI_BACKEND_URL": "", "STATE": address}


def set_up(example: Copy, name: str, platforms: dict[str, LocalPlatform], servers: dict[str, Server]) -> str:
    """What the README says of `dev`, for any environment; what it says of the machine, once."""
    answers = {"password": servers[name].password, "previsionio:token": platforms[name].token}
    machine = "" if name == "dev" else "login|"
    return example.follow_readme(answers, skip=f"{machine}--stack (staging|prod)", instead=("dev", name))


def test_promotion_from_dev_to_a_protected_prod(
    environments: Copy, platforms: dict[str, LocalPlatform], servers: dict[str, Server]
) -> None:
    example = environments
    keep_state_in(example, f"file://{example.home / 'state'}")
    printed = "".join(set_up(example, name, platforms, servers) for name in platforms)
    objects = {name: Objects(platform) for name, platform in platforms.items()}
    assert {name: each.names() for name, each in objects.items()} == {name: ["crm", "customers"] for name in platforms}
    hosts = {name: each.all("connectors")["crm"]["port"] for name, each in objects.items()}
    assert hosts == {name: server.port for name, server in servers.items()}
    every_file = "".join(path.read_text() for path in example.home.rglob("*") if path.suffix in (".json", ".yaml"))
    tokens = [platform.token for platform in platforms.values()]
    assert leaked([*tokens, *(server.password for server in servers.values())], printed + every_file) == []

    # A change goes from environment to environment: each has it when its turn comes, and not before.
    example.edit("__main__.py", "pulumi.export", ORDERS + "pulumi.export")
    promoted: list[str] = []
    for name in platforms:
        assert example.up(None, "--stack", name).changes == {"orders": "create"}
        promoted.append(name)
        assert [each for each in platforms if "orders" in objects[each].names()] == promoted

    # Nothing takes anything away from prod, by mistake or by `destroy`.
    example.edit("__main__.py", ORDERS, "")
    assert "protected" in "".join(example.up(None, "--stack", "prod", expect_failure=True).errors)
    assert "protected" in "".join(example.destroy("--stack", "prod", expect_failure=True).errors)
    assert objects["prod"].names() == ["crm", "customers", "orders"]
    assert example.up(None, "--stack", "dev").changes == {"orders": "delete"}

    # A stack that is aimed at another environment's platform touches nothing there.
    example.cli("config", "set", "--stack", "dev", "previsionio:url", platforms["prod"].url)
    message = the_error(example.preview(None, "--stack", "dev", expect_failure=True))
    assert f"was made on {platforms['dev'].url}, but the settings now name {platforms['prod'].url}" in message


ORDERS = """\
orders = previsionio.Datasource("orders", connector=crm, database="crm", table="orders", opts=guarded)
"""


def test_state_in_a_backend_that_a_team_shares(
    environments: Copy, platforms: dict[str, LocalPlatform], servers: dict[str, Server], postgresql: PostgreSQL
) -> None:
    example, name = environments, f"state_{secrets.token_hex(4)}"
    with postgresql.connect_as_administrator() as connection:
        connection.autocommit = True
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    account = f"{postgresql.admin_username}:{quote(postgresql.admin_password, safe='')}"
    keep_state_in(example, f"postgres://{account}@{postgresql.host}:{postgresql.port}/{name}?sslmode=disable")
    set_up(example, "dev", platforms, servers)
    objects = Objects(platforms["dev"])
    assert objects.names() == ["crm", "customers"]
    assert not list((example.home / "state").rglob("*.json"))

    # A colleague with nothing but the project's files, the backend's address and the passphrase goes on from there.
    example.environment["PULUMI_HOME"] = str(example.home / "colleague")
    example.run('pulumi login "$STATE"')
    exported = example.run("pulumi stack export --stack dev")
    assert '"customers"' in exported
    assert leaked([servers["dev"].password], exported) == []
    assert example.up(None, "--stack", "dev").changes == {}
    assert set(example.destroy("--stack", "dev").changes.values()) == {"delete"}
    assert objects.names() == []
