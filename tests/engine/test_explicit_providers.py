"""Several platforms in one program: each object on its own, whatever else changes."""

import json
from collections.abc import Iterator

import pytest
from previsionio_local import LocalPlatform

from tests.engine.messages import errors
from tests.engine.objects import Objects
from tests.engine.programs import connector, program
from tests.engine.pulumi_cli import Stack
from tests.secret_search import leaked
from tests.servers.proftpd import FTP

EXPORT = 'previsionio.Datasource("export", connector=files, path="/customers.csv", opts=staging)'


@pytest.fixture(scope="module")
def staging_platform() -> Iterator[LocalPlatform]:
    with LocalPlatform(token="token-of-staging") as platform:
        yield platform


@pytest.fixture
def staging(staging_platform: LocalPlatform) -> LocalPlatform:
    staging_platform.reset()
    return staging_platform


def provider(platform: LocalPlatform, token: str = "", **changes: str | int) -> str:
    arguments = {"url": platform.url, "token": token or platform.token, "project_id": platform.project_id, **changes}
    given = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return f'staging = pulumi.ResourceOptions(provider=previsionio.Provider("staging", {given}))'


def files(server: FTP, name: str = "files", opts: str = "staging") -> str:
    return connector("FTPConnector", name, server)[:-1] + f", opts={opts})"


def test_each_object_is_on_its_own_platform(
    stack: Stack, platform: LocalPlatform, objects: Objects, staging: LocalPlatform, ftp: FTP
) -> None:
    both = program(
        provider(staging, parallelism=3),
        files(ftp),
        EXPORT,
        connector("FTPConnector", "own", ftp),
        """
class Sources(pulumi.ComponentResource):
    def __init__(self, name, opts):
        super().__init__("test:index:Sources", name, {}, opts)
        below = pulumi.ResourceOptions(parent=self)""",
        "        " + files(ftp, "inner", "below"),
        """
        previsionio.Datasource(name, connector=inner, path="/readme.txt", opts=below)
        self.register_outputs({})

Sources("handed-down", pulumi.ResourceOptions(providers=[staging.provider]))
found = previsionio.get_connector("seeded", provider=staging.provider)
read = previsionio.FTPConnector.get("read", found.id, opts=staging)
pulumi.export("read", read.host)
pulumi.export("own", previsionio.list_connectors()[:0])
""",
    )
    seeded = {"type": "FTP", "name": "seeded", "host": "h", "port": 21, "username": "u", "password": "p"}
    staging.seed(connectors=[seeded])
    up = stack.up(both, preview=True)

    assert up.ops == up.announced.ops
    assert up.changes == dict.fromkeys(("files", "export", "own", "inner", "handed-down"), "create")
    assert objects.names() == ["own"]
    assert sorted(Objects(staging).names()) == ["export", "files", "handed-down", "inner", "seeded"]
    assert stack.outputs() == {"read": "h", "own": []}
    assert stack.changes_to_come() == {}
    # The token is in the state, for those alone who can decrypt it.
    assert leaked([staging.token], json.dumps(stack.export()), up.everything) == []
    assert leaked([staging.token], json.dumps(stack.export(show_secrets=True))) == [staging.token]

    assert stack.destroy().changes["read"] == "discard"
    assert objects.names() == []
    assert Objects(staging).names() == ["seeded"]


def test_a_changed_token_touches_no_resource_and_a_changed_address_is_refused(
    stack: Stack, platform: LocalPlatform, staging: LocalPlatform, ftp: FTP
) -> None:
    sources = (files(ftp), EXPORT)
    # An address is the same however it is written.
    stack.up(program(provider(staging, url=staging.url + "/ext/v1/"), *sources))
    before = Objects(staging).all("connectors")
    staging.clear_calls()
    same = stack.up(program(provider(staging, token="another-token"), *sources), preview=True)
    assert same.changes == {}
    assert staging.calls() == []
    assert leaked(["another-token"], same.everything) == []
    stack.up(program(provider(staging), *sources))
    staging.clear_calls()

    moves = {
        "another address": program(provider(platform), *sources),
        "to the default provider": program("staging = None", *sources),
    }
    for move, moved in moves.items():
        platform.clear_calls()
        (message,) = errors(stack.up(moved, expect_failure=True)).values()
        assert f"was made on {staging.url}, but the settings now name {platform.url}" in message, move
        assert platform.calls() == staging.calls() == [], move
    assert Objects(staging).all("connectors") == before


def test_a_resource_does_not_move_from_the_default_provider_to_another_platform(
    stack: Stack, platform: LocalPlatform, objects: Objects, staging: LocalPlatform, ftp: FTP
) -> None:
    stack.up(program("staging = None", files(ftp)))
    moved = program(provider(staging), files(ftp))
    (message,) = errors(stack.preview(moved, expect_failure=True)).values()
    assert f"was made on {platform.url}, but the settings now name {staging.url}" in message
    assert staging.calls() == []

    # An explicit provider for the same platform takes it over as it is, and gives it back.
    assert stack.up(program(provider(platform), files(ftp)), preview=True).changes == {}
    assert stack.up(program("staging = None", files(ftp)), preview=True).changes == {}
    assert objects.names() == ["files"]


def test_a_mapped_variable_gives_the_token_on_up_and_destroy_and_is_in_no_state(
    stack: Stack, platform: LocalPlatform, staging: LocalPlatform, ftp: FTP
) -> None:
    mapped = program(
        f"""
options = pulumi.ResourceOptions(env_var_mappings={{"STAGING_TOKEN": "PREVISION_MASTER_TOKEN"}})
staging = pulumi.ResourceOptions(provider=previsionio.Provider(
    "staging", url={staging.url!r}, project_id={staging.project_id!r}, opts=options))
pulumi.export("connectors", len(previsionio.list_connectors(provider=staging.provider)))
""",
        files(ftp),
    )
    # The stack's own PREVISION_URL and PREVISION_PROJECT_ID, and its token, are those of another platform.
    stack.environment["STAGING_TOKEN"] = staging.token
    up = stack.up(mapped, preview=True)
    assert up.changes == {"files": "create"}
    assert Objects(staging).names() == ["files"]
    assert leaked([staging.token], json.dumps(stack.export(show_secrets=True)), up.everything) == []

    stack.environment["STAGING_TOKEN"] = "wrong"
    (message,) = errors(stack.destroy(expect_failure=True)).values()
    assert "the platform refused the token (401)" in message
    # Not set, the other platform's token, which the environment still holds, is not sent in its place.
    del stack.environment["STAGING_TOKEN"]
    staging.clear_calls()
    (message,) = errors(stack.destroy(expect_failure=True)).values()
    assert "the environment variable STAGING_TOKEN, which the explicit provider names, is not set" in message
    assert staging.calls() == []
    stack.environment["STAGING_TOKEN"] = staging.token
    assert stack.destroy().changes == {"files": "delete"}
    assert Objects(staging).names() == []
    assert platform.calls() == []
