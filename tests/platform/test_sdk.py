"""The vendor's own SDK, unmodified, as judge."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from previsionio_local import LocalPlatform

from tests.platform.scenarios import SCENARIOS, Servers
from tests.servers import content

PROGRAM = Path(__file__).with_name("sdk_program.py")


def sdk_arguments(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in ("type", "name")}


def test_the_sdk_does_all_that_it_can(platform_over_servers: LocalPlatform, servers: Servers) -> None:
    platform = platform_over_servers
    platform.reset()
    sources = {}
    for scenario in SCENARIOS:
        server = servers(scenario.server)
        location = dict(scenario.location)
        # The argument has another name than the field.
        sources[scenario.name] = {
            "type": scenario.type,
            "connector": sdk_arguments(scenario.connector(server)),
            "wrong": sdk_arguments(scenario.wrong_login(server)),
            "location": location | ({"gCloud": location.pop("g_cloud")} if "g_cloud" in location else {}),
        }
    seen = run({"url": platform.url, "token": platform.token, "sources": sources})

    assert set(seen["projects"]) == {"default", "sdk"}
    assert seen["read again"] == "made by the SDK"
    assert seen["users"] == 1
    for name, connector in seen["connectors"].items():
        assert connector["works"] is True, name
        assert connector["wrong works"] is False, name
        assert {"crm", "shop"} <= set(connector.get("databases", ["crm", "shop"]))
        assert {"customers", "orders"} <= set(connector.get("tables", ["customers", "orders"]))
        assert "customers.csv" in connector.get("files", ["customers.csv"])
    assert len(seen["connector list"]) == len(seen["data source list"]) == len(SCENARIOS)
    for name, rows in seen["datasets"].items():
        assert [row[0] for row in rows] == [str(row[0]) for row in content.CUSTOMERS.rows], name
        assert [row[1] for row in rows] == [row[1] for row in content.CUSTOMERS.rows], name
    assert seen["data source read again"] in seen["data source list"]
    assert seen["uploads"] == [True] * 4
    assert seen["states"] == ["done", "done", "pending"]
    assert seen["downloads"] == [True] * 3
    assert "the file is empty" in seen["failed upload"]
    assert seen["dataset list"] == len(SCENARIOS) + 5
    assert seen["left"] == [0, 0, 0]
    assert seen["deleted"] is True


def test_a_wrong_token_is_an_error_of_the_sdk(platform: LocalPlatform) -> None:
    script = f"import previsionio; previsionio.client.init_client({platform.url!r}, 'wrong')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "does not hold a valid token" in done.stderr


def run(settings: dict[str, Any]) -> dict[str, Any]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PREVISION")}
    done = subprocess.run(
        [sys.executable, str(PROGRAM)],
        input=json.dumps(settings),
        capture_output=True,
        text=True,
        timeout=120,
        env=clean,
    )
    if done.returncode:
        pytest.fail(done.stderr)
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen
