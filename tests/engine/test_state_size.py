"""What a stack's state holds of each resource, to the byte.

File backends write the whole state after each step, so what is in it is paid again and again.
"""

import json
from typing import Any

from previsionio_local import LocalPlatform

from tests.engine.programs import connector, datasource, program
from tests.engine.pulumi_cli import Stack
from tests.servers.mariadb import MariaDB

URL = "https://platform.example.org"
PASSWORD = "correct horse battery staple"


def size(resource: dict[str, Any], platform: LocalPlatform) -> int:
    """Bytes of inputs and outputs, with what differs between test runs replaced."""
    kept = {part: dict(resource[part]) for part in ("inputs", "outputs")}
    for properties in kept.values():
        properties["platform_url"] = URL
        if "port" in properties:
            properties |= {"port": 3306, "username": "reader"}
    text = json.dumps(kept, separators=(",", ":"))
    assert platform.url not in text
    return len(text)


def empty(value: Any) -> bool:
    return value in (None, "", [], {})


def test_state_holds_each_input_twice_and_nothing_else(stack: Stack, platform: LocalPlatform, mariadb: MariaDB) -> None:
    """Inputs and outputs are the engine's two copies; they are equal, complete and free of empty values."""
    there = connector("SQLConnector", "crm", mariadb, password=PASSWORD, test_connection=False)
    up = stack.up(program(there, datasource("d", "crm", database="crm", table="customers", verify_source=False)))
    crm, source = (stack.resources()[name] for name in ("crm", "d"))

    shared = {"__provider", "name", "project_id", "platform_url"}
    assert set(crm["inputs"]) == shared | {
        *("host", "port", "username", "password", "test_connection", "force_destroy"),
    }
    assert set(source["inputs"]) == shared | {"connector_id", "database", "table", "verify_source"}
    for resource in (crm, source):
        assert {key: value for key, value in resource["inputs"].items() if key != "password"} == {
            key: value for key, value in resource["outputs"].items() if key != "password"
        }
        assert not [key for key, value in resource["inputs"].items() if empty(value)]

    assert (size(crm, platform), size(source, platform)) == (1006, 636)
    # Of the stack only the program's own line: the SDK's and asyncio's frames would be as much again.
    for resource in (crm, source):
        assert [frame["sourcePosition"].partition("#")[0] for frame in resource["stackTrace"]] == [
            "project:///__main__.py"
        ], resource["stackTrace"]
    # Each message of a step of the SDK's would be a call that the program waits for.
    messages = [event["diagnosticEvent"]["message"] for event in up.events if "diagnosticEvent" in event]
    assert any("registering resource: ty=pulumi:pulumi:Stack" in message for message in messages)
    assert not [message for message in messages if "previsionio" in message]


def test_the_provider_is_a_reference_and_no_secret(stack: Stack, mariadb: MariaDB) -> None:
    stack.up(program(connector("SQLConnector", "crm", mariadb, test_connection=False)))
    provider = stack.resources()["crm"]["inputs"]["__provider"]
    assert isinstance(provider, str)
    assert len(provider) == 96
