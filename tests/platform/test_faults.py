"""Planted faults, recorded calls and latency: what other tests rely on."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
import requests
from previsionio_local import LocalPlatform

from tests.platform.client import Client, client_of, refusal


def names(client: Client) -> list[str]:
    return [project["name"] for project in client.get("/projects")["items"]]


def make(client: Client, name: str = "new") -> requests.Response:
    return client.call("POST", "/projects", json={"name": name})


def test_calls_are_recorded_in_order(platform: LocalPlatform, client: Client) -> None:
    client.get("/projects", params={"page": 1})
    refusal(client.call("GET", "/none"), 404)
    first, second = platform.calls()
    assert (first.method, first.path, first.query, first.status) == ("GET", "/projects", "page=1", 200)
    assert (second.method, second.path, second.status) == ("GET", "/none", 404)
    assert first.seconds
    body = client.local("GET", "/calls").json()
    assert [call["path"] for call in body["items"]] == ["/projects", "/none"]
    assert body["max_in_flight"] == 1
    assert client.local("DELETE", "/calls").status_code == 204
    assert platform.calls() == []


def test_calls_in_flight_wait_at_once(platform: LocalPlatform, client: Client) -> None:
    platform.latency(0.3)
    start = time.perf_counter()
    threads = [threading.Thread(target=make, args=(client, f"n{number}")) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.perf_counter() - start >= 0.3
    assert platform.max_in_flight >= 10
    platform.clear_calls()
    platform.latency(0)
    assert len(names(client)) == 21
    assert platform.max_in_flight == 1


def test_a_status_comes_instead_of_the_answer(platform: LocalPlatform, client: Client) -> None:
    platform.faults([{"action": "status", "status": 503, "method": "POST", "path": "^/projects$"}])
    refusal(make(client), 503)
    assert names(client) == ["default"]
    assert make(client).status_code == 200


def test_a_status_may_have_its_own_body(platform: LocalPlatform, client: Client) -> None:
    platform.faults([{"action": "status", "status": 502, "body": "<html>", "content_type": "text/html"}])
    response = make(client)
    assert (response.status_code, response.text) == (502, "<html>")
    assert response.headers["Content-Type"].startswith("text/html")


def test_an_answer_may_be_lost_after_the_object_is_stored(platform: LocalPlatform, client: Client) -> None:
    platform.faults([{"action": "status_after", "status": 502, "method": "POST"}])
    refusal(make(client), 502)
    assert names(client) == ["default", "new"]


def test_a_connection_is_cut_before_the_object_is_stored(platform: LocalPlatform, client: Client) -> None:
    platform.faults([{"action": "cut", "method": "POST"}])
    with pytest.raises(requests.ConnectionError):
        make(client)
    assert names(client) == ["default"]
    assert platform.calls()[0].status is None


def test_a_connection_is_cut_after_the_object_is_stored(platform: LocalPlatform, client: Client) -> None:
    platform.faults([{"action": "cut_after", "method": "POST"}])
    with pytest.raises(requests.ConnectionError):
        make(client)
    assert names(client) == ["default", "new"]


@pytest.mark.parametrize("action", ["delay", "delay_after"])
def test_a_slow_answer_is_the_right_one(platform: LocalPlatform, client: Client, action: str) -> None:
    platform.faults([{"action": action, "seconds": 0.2}])
    start = time.perf_counter()
    assert make(client).json()["name"] == "new"
    assert time.perf_counter() - start >= 0.2
    platform.faults([{"action": action, "seconds": 30}])
    give_up_on(client)
    assert ("late" in names(client)) == (action == "delay_after")


def give_up_on(client: Client) -> None:
    """Ask for a project, and wait only a little for the answer."""
    with pytest.raises(requests.Timeout):
        client.session.post(f"{client.url}/ext/v1/projects", json={"name": "late"}, timeout=0.2)


def test_garbage_comes_with_a_success(platform: LocalPlatform, client: Client) -> None:
    platform.faults([{"action": "garbage_after"}])
    response = make(client)
    assert response.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        response.json()
    assert names(client) == ["default", "new"]


def test_an_echo_repeats_what_was_sent(platform: LocalPlatform, client: Client) -> None:
    platform.faults([{"action": "echo_secret", "status": 400}])
    response = make(client, "Xq7secretXq7")
    assert response.status_code == 400
    assert '{"name": "Xq7secretXq7"}' in response.text
    assert "Xq7secretXq7" in response.json()["message"][0]
    assert names(client) == ["default"]


def test_faults_hit_the_calls_that_they_name(platform: LocalPlatform, client: Client) -> None:
    rules: list[dict[str, Any]] = [
        {"action": "status", "status": 501, "method": "POST", "path": "/projects$", "skip": 1, "times": 2},
        {"action": "status", "status": 503, "method": "GET", "path": "connectors", "times": None},
    ]
    platform.faults(rules)
    assert [make(client).status_code for _ in range(5)] == [200, 501, 501, 200, 200]
    for _ in range(3):
        refusal(client.call("GET", "/projects/{project}/connectors"), 503)
    assert client.local("DELETE", "/faults").status_code == 204
    client.get("/projects/{project}/connectors")
    assert client.local("PUT", "/faults", json=rules).status_code == 204
    refusal(client.call("GET", "/projects/{project}/connectors"), 503)


@pytest.mark.parametrize("rule", [{}, {"action": "explode"}, {"action": "cut", "path": "("}, {"action": "cut", "x": 1}])
def test_a_wrong_rule_is_refused(client: Client, rule: dict[str, Any]) -> None:
    refusal(client.local("PUT", "/faults", json=[rule]), 400)


@pytest.mark.parametrize("path", ["(x+x+)+y", "(.*)*$", "((a|a)*)*y", "(?=x)", r"(x)\1", "(" * 5000 + ")" * 5000])
def test_no_expression_holds_the_platform_up(platform: LocalPlatform, client: Client, path: str) -> None:
    """Python would try each way to split the name: 2 to the power of 200."""
    planted = client.local("PUT", "/faults", json=[{"action": "cut", "path": path, "method": "GET", "skip": 1}])
    assert planted.status_code in (204, 400)
    assert client.call("GET", f"/connectors/{'x' * 200}").status_code == 404
    platform.faults()


def test_reset_takes_everything_away(platform: LocalPlatform, client: Client) -> None:
    client.connector()
    platform.faults([{"action": "cut", "times": None}])
    platform.latency(3600)
    assert client.local("POST", "/reset").json() == {"project_id": platform.project_id}
    assert names(client) == ["default"]
    assert client.get("/projects/{project}/connectors")["items"] == []


@pytest.mark.parametrize(
    ("actions", "latency"), [(["delay"], 0), (["delay_after"], 0), ([], 30)], ids=["delay", "delay_after", "latency"]
)
def test_a_call_that_is_held_up_ends_with_a_reset(
    platform: LocalPlatform, client: Client, actions: list[str], latency: float
) -> None:
    """It would be carried out in the middle of what comes after."""
    platform.faults([{"action": action, "seconds": 30} for action in actions])
    platform.latency(latency)
    give_up_on(client)
    (held,) = (call for call in platform.calls() if call.method == "POST")
    assert held.seconds is None

    platform.reset()

    deadline = time.monotonic() + 10
    while held.seconds is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert held.status is None
    assert names(client) == ["default"]


def test_a_call_that_is_held_up_ends_with_the_platform(caplog: pytest.LogCaptureFixture) -> None:
    with LocalPlatform() as platform, client_of(platform) as client:
        platform.faults([{"action": "delay", "seconds": 30}])
        give_up_on(client)
        (held,) = platform.calls()

    assert held.seconds is not None
    # Neither of a task that had to be ended, nor a traceback.
    assert [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")] == []
