"""The proxy breaks what it is told to break, and nothing else."""

import http.client
from collections.abc import Iterator

import pytest

from tests.torture.faults import faults, fits
from tests.torture.http_proxy import Answer as PassedOn
from tests.torture.http_proxy import Call, HttpProxy, Request
from tests.unit.scripted_server import Answer, ScriptedServer

ITEM = {"_id": "5ea1f00d00000000000000aa", "name": "thing"}
PAGE = {"items": [ITEM, {**ITEM, "_id": "b"}], "metaData": {"totalItems": 4, "rowsPerPage": 2}}


@pytest.fixture
def platform() -> Iterator[ScriptedServer]:
    with ScriptedServer() as platform:
        platform.answer(Answer(body=ITEM))
        yield platform


@pytest.fixture
def proxy(platform: ScriptedServer) -> Iterator[HttpProxy]:
    with HttpProxy(platform.url) as proxy:
        yield proxy


def outcome(proxy: HttpProxy) -> str:
    """Of one call on a connection of its own: the status, or how it went wrong."""
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=0.5)
    try:
        connection.request("GET", "/ext/v1/connectors/x?page=1")
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()
    return str(answer.status)


def test_one_call_is_broken_or_all_from_there_on(proxy: HttpProxy) -> None:
    proxy.break_calls(faults()["503 before"], 2)
    assert [outcome(proxy) for _ in range(4)] == ["200", "503", "200", "200"]

    proxy.break_calls(faults()["503 before"], 2, for_good=True)
    assert [outcome(proxy) for _ in range(4)] == ["200", "503", "503", "503"]
    assert proxy.count == 4

    proxy.mend()
    assert [outcome(proxy), proxy.count] == ["200", 1]


@pytest.mark.parametrize(
    ("fault", "is_carried_out", "seen"),
    [
        ("refuse", False, {"ConnectionResetError", "RemoteDisconnected"}),
        ("reset before", False, {"ConnectionResetError", "RemoteDisconnected"}),
        ("reset after", True, {"ConnectionResetError", "RemoteDisconnected"}),
        ("cut in body", True, {"IncompleteRead"}),
        ("stall before", False, {"TimeoutError"}),
        ("stall after", True, {"TimeoutError"}),
        ("drip", True, {"200"}),
        ("502 after", True, {"502"}),
        ("401 before", False, {"401"}),
    ],
)
def test_the_ways_to_break_a_call(
    fault: str, is_carried_out: bool, seen: set[str], proxy: HttpProxy, platform: ScriptedServer
) -> None:
    proxy.break_calls(faults()[fault], 1)
    assert outcome(proxy) in seen
    assert len(platform.requests) == is_carried_out


def test_refused_for_good_means_that_nobody_listens(proxy: HttpProxy) -> None:
    proxy.break_calls(faults()["refuse"], 1, for_good=True)
    outcome(proxy)
    assert outcome(proxy) == "ConnectionRefusedError"
    proxy.mend()
    assert outcome(proxy) == "200"


def test_faults_of_content_fit_only_what_they_would_change() -> None:
    item, page = (
        Call(Request("GET", "/ext/v1/connectors?page=2", {}, b""), PassedOn(200, b"").holding(content))
        for content in (ITEM, PAGE)
    )
    nothing = Call(Request("DELETE", "/ext/v1/connectors/x", {}, b""), PassedOn(204, b""))
    fitting = {name: [fits(fault, call) for call in (item, page, nothing)] for name, fault in faults().items()}

    assert fitting["missing id"] == [True, False, False]
    assert fitting["totalItems 0"] == [False, True, False]
    assert fitting["totalItems many"] == [False, True, False]
    assert fitting["page changes while read"] == [False, True, False]
    assert fitting["invalid JSON"] == [True, True, False]
    assert fitting["cut in body"] == [True, True, False]
    assert fitting["302 to sign-in"] == [True, True, True]
