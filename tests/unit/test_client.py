"""HTTP to one platform, against a server that answers as it is told."""

import concurrent.futures
import re
import socket
import threading
import time
import types
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from pulumi_previsionio import NotFound, PlatformError, PrevisionError, Refused, Unreachable
from pulumi_previsionio._platform import operation
from pulumi_previsionio._platform.client import Client
from pulumi_previsionio._platform.urls import quoted

from tests.servers.process import make_certificate
from tests.unit.examples import quick
from tests.unit.fake_platform import TOKEN
from tests.unit.scripted_server import CUT, Answer, Request, ScriptedServer

REPEATABLE = ["get", "get_from_source", "put", "delete", "try_source"]
HTML = Answer(404, b"<html>nothing here</html>", {"Content-Type": "text/html"})


def client_of(server: ScriptedServer, **options: Any) -> Client:
    return Client(server.url, TOKEN, **{"parallelism": 16, "call_timeout": 5.0, **options})


def call(client: Client, method: str) -> Any:
    """One call of the client, by the name of its method."""
    if method in ("put", "create"):
        return getattr(client, method)("/things", {"name": "x"})
    return getattr(client, method)("/things")


def refused(status: int) -> Answer:
    return Answer(status, {"status": status, "message": ["because", "of this"]})


@pytest.fixture
def client(server: ScriptedServer) -> Client:
    return client_of(server)


# What is sent


def test_the_token_is_sent_bare_and_nothing_else_of_ours(server: ScriptedServer, client: Client) -> None:
    client.create("/projects/P/connectors", {"name": "crm"})

    (request,) = server.requests
    assert request.line == "POST /ext/v1/projects/P/connectors"
    assert request.json == {"name": "crm"}
    assert request.headers["Authorization"] == TOKEN
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept"] == "application/json"
    assert request.headers["User-Agent"].startswith("pulumi-previsionio/")


def test_an_entry_in_netrc_does_not_replace_the_token(
    server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert requests.utils.get_netrc_auth(server.url) == ("somebody", "else")

    call(client_of(server), "get")

    assert server.requests[0].headers["Authorization"] == TOKEN


def test_cookies_are_never_sent_back(server: ScriptedServer, client: Client) -> None:
    server.answer(Answer(headers={"Set-Cookie": "session=1; Path=/"}))

    for method in [*REPEATABLE, "create"]:
        call(client, method)

    assert not [request for request in server.requests if "Cookie" in request.headers]


@pytest.mark.parametrize("text", ["a/b", "a b", "ä?#%", "a..b", "a;b=c"])
def test_a_name_is_one_segment_of_a_path(text: str, server: ScriptedServer, client: Client) -> None:
    client.get(f"/connectors/C/databases/{quoted(text)}/tables")

    _, _, _, segment, *_ = server.requests[0].path.removeprefix("/ext/v1/").split("/")
    assert urllib.parse.unquote(segment) == text


def test_an_address_with_a_path_keeps_it(server: ScriptedServer) -> None:
    Client(f"{server.url}/base", TOKEN, parallelism=1).get("/version")

    assert server.lines == ["GET /base/ext/v1/version"]


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["get", "put", "delete", "try_source", "create"])
def test_the_token_never_goes_where_a_redirect_points(status: int, method: str, server: ScriptedServer) -> None:
    with ScriptedServer() as elsewhere:
        target = elsewhere.url.replace("127.0.0.1", "localhost")
        server.answer(Answer(status, headers={"Location": f"{target}/login?token=x"}))

        with pytest.raises(Refused) as caught:
            call(client_of(server), method)

        assert elsewhere.requests == []
    assert str(caught.value) == f"the address {server.url} redirects to http://localhost: set the platform's own"
    assert len(server.requests) == 1


# Trying again


@pytest.mark.parametrize("trouble", [CUT, Answer(502), Answer(503), Answer(504), refused(429)], ids=str)
@pytest.mark.parametrize("method", REPEATABLE)
def test_what_may_be_repeated_is_repeated(
    method: str, trouble: Answer, server: ScriptedServer, client: Client, pauses: list[float]
) -> None:
    server.answer(trouble, trouble, Answer(body={"_id": "1"}))

    call(client, method)

    assert len(server.requests) == 3
    assert len(set(server.lines)) == 1


@pytest.mark.parametrize("trouble", [CUT, Answer(503), refused(429)], ids=str)
@pytest.mark.parametrize("method", ["get", "put", "delete", "try_source"])
def test_repeating_has_an_end(
    method: str, trouble: Answer, server: ScriptedServer, client: Client, pauses: list[float]
) -> None:
    server.answer(trouble)

    with pytest.raises(PlatformError):
        call(client, method)

    assert len(server.requests) == 5
    assert sum(pauses) < 10


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 422, 500])
@pytest.mark.parametrize("method", [*REPEATABLE[:4], "create"])
def test_a_clear_answer_is_not_asked_for_again(
    status: int, method: str, server: ScriptedServer, client: Client, pauses: list[float]
) -> None:
    server.answer(refused(status))

    with pytest.raises(PlatformError):
        call(client, method)

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        CUT,
        Answer(500),
        Answer(502),
        Answer(503),
        Answer(503, headers={"Retry-After": "1"}),
        Answer(413, headers={"Retry-After": "1"}),
        Answer(504),
        Answer(body={"_id": "0123456789"}, cut_half_way=True),
        Answer(body=b"<html>"),
        Answer(body=[]),
        Answer(204),
    ],
    ids=str,
)
def test_a_creation_that_may_have_arrived_is_sent_once(
    trouble: Answer, server: ScriptedServer, client: Client, pauses: list[float]
) -> None:
    server.answer(trouble, Answer(body={"_id": "1"}))

    with pytest.raises(PlatformError) as caught:
        call(client, "create")

    assert len(server.requests) == 1
    assert caught.value.outcome_unknown is (trouble.status != 413)


def test_a_creation_whose_answer_does_not_come_is_sent_once() -> None:
    with ScriptedServer(lambda _: Answer(delay=0.2)) as server:
        with pytest.raises(Unreachable, match=r"none came within 0.1 s$") as caught:
            call(client_of(server, call_timeout=0.1), "create")

        assert caught.value.outcome_unknown
        assert len(server.requests) == 1


def test_a_creation_that_was_turned_away_for_now_is_sent_again(
    server: ScriptedServer, client: Client, pauses: list[float]
) -> None:
    server.answer(refused(429), refused(429), Answer(body={"_id": "1"}))

    assert call(client, "create") == {"_id": "1"}
    assert len(server.requests) == 3


def test_the_time_that_the_platform_asks_for_is_given_within_reason(
    server: ScriptedServer, client: Client, pauses: list[float]
) -> None:
    for asked, given_ in [("2", 2.0), ("86400", 30.0)]:
        server.answer(Answer(429, headers={"Retry-After": asked}), Answer())
        call(client, "get")
        assert pauses.pop() == given_


@pytest.mark.parametrize("date", ["soon", "Mon, 01 Jan 10000 00:00:00 GMT", "-5", ""])
def test_a_retry_after_that_cannot_be_read_is_no_reason_to_fail(
    date: str, server: ScriptedServer, client: Client, pauses: list[float]
) -> None:
    server.answer(Answer(429, headers={"Retry-After": date}), Answer())

    call(client, "get")

    assert len(server.requests) == 2


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port on which nobody listens, and nobody else can."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


def test_a_creation_that_found_nobody_is_known_not_to_have_happened(free_port: int, pauses: list[float]) -> None:
    with pytest.raises(Unreachable, match=r"connection refused$") as caught:
        call(Client(f"http://127.0.0.1:{free_port}", TOKEN, parallelism=1), "create")

    assert not caught.value.outcome_unknown
    assert pauses


@pytest.mark.parametrize(("answer", "unknown"), [(CUT, True), (refused(400), False), (Answer(body={"_id": "1"}), None)])
def test_after_attempts_that_found_nobody_the_one_that_arrived_counts(
    answer: Answer, unknown: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ScriptedServer(lambda _: answer)  # nobody there yet
    pauses: list[float] = []

    def come_up(pause: float) -> None:
        if not pauses:
            server.__enter__()
        pauses.append(pause)

    monkeypatch.setattr(
        "pulumi_previsionio._platform.client.time", types.SimpleNamespace(sleep=come_up, time=time.time)
    )
    try:
        call(Client(server.url, TOKEN, parallelism=1), "create")
        outcome = None
    except PlatformError as error:
        outcome = error.outcome_unknown
    finally:
        server.__exit__()

    assert pauses
    assert outcome is unknown
    assert len(server.requests) == 1


# How long a call and an operation may take


@pytest.mark.parametrize("drips_from_start", [True, False])
@pytest.mark.parametrize("method", ["get", "create"])
def test_an_answer_that_drips_ends_with_the_time_of_the_call(method: str, drips_from_start: bool) -> None:
    dripping = Answer(body={"_id": "1" * 900}, drip=0.02, drips_from_start=drips_from_start)
    with ScriptedServer(lambda _: dripping) as server, operation.limited(1.0):
        with pytest.raises(Unreachable) as caught:
            call(client_of(server, call_timeout=0.3), method)

        assert re.search(r"within 0\.\d+ s$", str(caught.value))
        assert len(server.requests) == 1 if method == "create" else len(server.requests) > 1


def test_a_call_that_was_cut_leaves_the_next_ones_alone(server: ScriptedServer) -> None:
    server.answer(Answer(body={"_id": "1" * 900}, drip=0.02), Answer(body={"_id": "2"}))
    client = client_of(server, call_timeout=0.3)

    assert call(client, "get") == {"_id": "2"}
    assert call(client, "create") == {"_id": "2"}


def test_nothing_is_sent_once_the_time_of_the_operation_is_over(server: ScriptedServer, client: Client) -> None:
    with operation.limited(0.0), pytest.raises(Unreachable) as caught:
        call(client, "create")

    assert str(caught.value) == "POST /things was not sent: the 0 s that the operation may take are over"
    assert not caught.value.outcome_unknown
    assert not server.requests


def test_no_pause_is_longer_than_what_is_left_to_the_operation(server: ScriptedServer, client: Client) -> None:
    server.answer(Answer(429, {"status": 429, "message": ["slow down"]}, headers={"Retry-After": "20"}))

    with operation.limited(10.0), pytest.raises(Refused, match="slow down"):
        call(client, "get")

    assert len(server.requests) == 1


def test_a_place_in_flight_is_free_while_a_call_pauses(server: ScriptedServer) -> None:
    client = client_of(server, parallelism=1)
    server.answer(Answer(429, headers={"Retry-After": "1"}), Answer(body={"_id": "other"}), Answer(body={"_id": "1"}))

    with concurrent.futures.ThreadPoolExecutor() as threads:
        pausing = threads.submit(call, client, "get")
        while not server.requests:
            time.sleep(0.01)
        assert call(client, "create") == {"_id": "other"}
        assert pausing.result() == {"_id": "1"}


def test_whoever_waits_for_a_place_does_so_no_longer_than_the_operation_may_take() -> None:
    is_over = threading.Event()
    with ScriptedServer(lambda _: Answer(200 if is_over.wait(10) else 400)) as server:
        client = client_of(server, parallelism=1)
        with concurrent.futures.ThreadPoolExecutor() as threads:
            slow = threads.submit(call, client, "get")
            while not server.requests:
                time.sleep(0.01)
            with operation.limited(0.1), pytest.raises(Unreachable, match=r"GET /things was not sent"):
                call(client, "get")
            is_over.set()
            slow.result()


def test_a_long_wait_says_what_it_waits_for(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(operation, "PATIENCE", 0.1)
    said = threading.Event()

    def say(line: str) -> None:
        print(line)
        said.set()

    monkeypatch.setattr(operation, "say", say)

    with ScriptedServer(lambda _: Answer(200 if said.wait(10) else 400)) as slow, operation.limited(10.0, "Thing 'x'"):
        call(client_of(slow), "get")

    assert capsys.readouterr().out == "Thing 'x': waiting for the platform's answer to GET /things for 0.1 s\n"


def test_a_long_pause_says_who_asked_for_it(
    server: ScriptedServer, client: Client, pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    server.answer(Answer(429, headers={"Retry-After": "25"}), Answer())

    call(client, "get")

    assert capsys.readouterr().err == "the platform asks to wait 25 s before GET /things is sent again\n"


# Security of the wire


def test_authorities_of_ones_own(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    with ScriptedServer() as server:
        server.use_tls(certificate, key)
        url = server.url.replace("http://127.0.0.1", "https://localhost")
        Client(url, TOKEN, parallelism=1, ca_bundle=str(certificate)).get("/version")
        assert server.lines == ["GET /ext/v1/version"]

        with pytest.raises(Unreachable, match=r"its certificate is not trusted .previsionio:caBundle") as caught:
            Client(url, TOKEN, parallelism=1).get("/version")
        assert not caught.value.outcome_unknown
        assert server.lines == ["GET /ext/v1/version"]


# What failures become


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        (refused(400), Refused, "because; of this (400)"),
        (refused(401), Refused, "the platform refused the token (401): because; of this"),
        (refused(403), Refused, "the token may not do this (403): because; of this"),
        (refused(404), NotFound, "because; of this (404)"),
        (Answer(404, {}), NotFound, "no reason given (404)"),
        (Answer(400, {"message": "in\n  plain words"}), Refused, "in plain words (400)"),
        (Answer(400, {"errorMessage": "as datasets do"}), Refused, "as datasets do (400)"),
        (Answer(400, ["x"]), Refused, "no reason given (400)"),
        (Answer(409, b"<html>"), Refused, "the answer is application/json, not the platform's JSON (409)"),
        (refused(500), Unreachable, "the platform failed (500): because; of this"),
    ],
    ids=str,
)
def test_every_refusal_says_status_and_reason_on_one_line(
    answer: Answer, kind: type[PlatformError], text: str, server: ScriptedServer, client: Client
) -> None:
    server.answer(answer)

    with pytest.raises(PlatformError) as caught:
        call(client, "get")

    assert (type(caught.value), str(caught.value)) == (kind, text)


def test_a_page_of_something_else_is_never_taken_for_a_missing_object(server: ScriptedServer, client: Client) -> None:
    server.answer(HTML)

    with pytest.raises(Refused, match=r"leads to no Prevision.io platform \(404\): is the address right\?$") as caught:
        call(client, "get")

    assert not isinstance(caught.value, NotFound)


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b"NaN"])
@pytest.mark.parametrize("method", ["get", "get_from_source", "put", "create"])
def test_an_answer_that_is_no_json_object_is_no_answer(
    content: bytes, method: str, server: ScriptedServer, client: Client
) -> None:
    server.answer(Answer(body=content))

    with pytest.raises(Unreachable, match=r"answered 200 without the JSON object it should hold$") as caught:
        call(client, method)

    assert caught.value.outcome_unknown is (method == "create")


@pytest.mark.parametrize("method", ["delete", "try_source"])
@pytest.mark.parametrize("answer", [Answer(204), Answer(body=b"anything"), Answer(201, [])], ids=str)
def test_where_nothing_is_read_any_success_will_do(
    method: str, answer: Answer, server: ScriptedServer, client: Client
) -> None:
    server.answer(answer)

    call(client, method)


@pytest.mark.parametrize("method", ["delete", "try_source"])
def test_a_web_page_says_of_nothing_that_it_is_done(method: str, server: ScriptedServer, client: Client) -> None:
    server.answer(Answer(200, b"\n<!DOCTYPE html>", {"Content-Type": "text/html"}))

    with pytest.raises(Unreachable, match=r"is answered with a web page: is the address right\?$"):
        call(client, method)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://no-such-host.invalid", "its host name is unknown"),
        ("http://a..b", "label empty or too long"),
        (f"http://{'a' * 70}.example", "label empty or too long"),
        ("http://two words", "Failed to parse"),
        ("http://[::1", "Failed to parse"),
        ("http://h:99999", "Failed to parse"),
        ("http://.", "label"),
    ],
)
def test_an_address_that_leads_nowhere_is_unreachable_and_nothing_was_sent(
    url: str, reason: str, pauses: list[float]
) -> None:
    with pytest.raises(Unreachable, match=reason) as caught:
        call(Client(url, TOKEN, parallelism=1), "create")

    assert not caught.value.outcome_unknown
    assert str(caught.value).startswith(f"no answer from the platform at {url}: ")


def test_a_server_that_speaks_no_tls_is_unreachable(server: ScriptedServer, pauses: list[float]) -> None:
    with pytest.raises(Unreachable, match=r"^no answer from the platform at https://"):
        call(Client(server.url.replace("http", "https", 1), TOKEN, parallelism=1), "get")


def test_a_server_that_speaks_no_http_is_unreachable(pauses: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_answer_garbage, args=(listener,), daemon=True).start()
        with pytest.raises(Unreachable) as caught:
            call(Client(f"http://127.0.0.1:{listener.getsockname()[1]}", TOKEN, parallelism=1), "create")

    assert caught.value.outcome_unknown


def _answer_garbage(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"220 ready\r\n\r\n")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"not gzip", headers={"Content-Encoding": "gzip"}),
        Answer(body={"long": "x" * 100}, cut_half_way=True),
        Answer(headers={"Transfer-Encoding": "chunked"}, body=b"zz\r\n"),
    ],
    ids=["encoding", "length", "chunks"],
)
def test_a_broken_body_is_unreachable(answer: Answer, server: ScriptedServer, client: Client) -> None:
    server.answer(answer)

    with pytest.raises(Unreachable) as caught:
        call(client, "create")

    assert caught.value.outcome_unknown


@pytest.mark.parametrize(
    "error",
    [
        cls
        for cls in vars(requests.exceptions).values()
        if isinstance(cls, type) and issubclass(cls, IOError) and not issubclass(cls, Warning)
    ],
    ids=lambda cls: cls.__name__,
)
def test_no_error_of_requests_reaches_a_user(
    error: type[Exception], client: Client, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    if issubclass(error, requests.exceptions.JSONDecodeError):
        raised: Exception = error("no", "JSON", 0)
    else:
        raised = error("reason of the library")

    def fail(*_: Any, **__: Any) -> None:
        raise raised

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", fail)

    with pytest.raises(PrevisionError):
        call(client, "get")


def test_the_token_is_in_no_error(server: ScriptedServer, pauses: list[float]) -> None:
    texts = []
    for answer in (CUT, Answer(500), HTML, refused(401), Answer(302, headers={"Location": "/x"}), Answer(body=b"x")):
        server.answer(answer)
        for method in ("get", "create"):
            with pytest.raises(PlatformError) as caught:
                call(client_of(server), method)
            texts += [str(caught.value), repr(caught.value), repr(caught.value.args)]

    assert TOKEN not in "".join(texts)


# Lists


def _page(items: Any, total: Any, rows: Any) -> Answer:
    return Answer(body={"items": items, "metaData": {"totalItems": total, "rowsPerPage": rows}})


def test_all_pages_are_read_and_no_more(server: ScriptedServer, client: Client) -> None:
    pages = [[{"_id": "1"}, {"_id": "2"}], [{"_id": "3"}, {"_id": "4"}], [{"_id": "5"}]]
    server.answer(*(_page(items, 5, 2) for items in pages))

    assert list(client.pages("/things")) == pages
    assert [request.query for request in server.requests] == [{"page": "1"}, {"page": "2"}, {"page": "3"}]


def test_an_empty_list_is_one_call(server: ScriptedServer, client: Client) -> None:
    server.answer(_page([], 0, 10))

    assert list(client.pages("/things")) == [[]]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(),
        Answer(body={"items": []}),
        Answer(body={"metaData": {"totalItems": 0, "rowsPerPage": 1}}),
        _page(False, 0, 10),
        _page([], None, 10),
        _page([], 1, 0),
        _page([], 1, "10"),
    ],
    ids=str,
)
def test_a_list_that_cannot_be_read_is_an_error_and_not_an_empty_one(
    answer: Answer, server: ScriptedServer, client: Client
) -> None:
    server.answer(answer)

    with pytest.raises(Unreachable, match="the platform's list"):
        list(client.pages("/things"))


# What a platform offers


@pytest.mark.parametrize("answer", [Answer(502, {}), Answer(503, {}), Answer(504, {}), CUT], ids=str)
def test_the_question_what_it_offers_is_repeated(
    answer: Answer, server: ScriptedServer, client: Client, pauses: list[float]
) -> None:
    server.answer(answer, Answer(204, headers={"Allow": "GET"}))

    assert client.capabilities("/things").methods == {"GET"}


@pytest.mark.parametrize(
    ("answer", "methods"),
    [
        (Answer(204, headers={"Allow": "GET, put ,DELETE"}), "GET PUT DELETE"),
        (Answer(204, headers={"Allow": ""}), ""),
        (refused(405), ""),
        (Answer(501, b"Unsupported method"), ""),
    ],
    ids=str,
)
def test_what_a_platform_does_not_announce_it_does_not_offer(
    answer: Answer, methods: str, server: ScriptedServer, client: Client
) -> None:
    server.answer(answer)

    assert client.capabilities("/connectors/1").methods == set(methods.split())
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        *map(refused, (400, 401, 403, 404, 409, 429)),
        Answer(500),
        CUT,
        HTML,
        Answer(204),
        Answer(302, headers={"Location": "/login", "Allow": "GET"}),
    ],
    ids=str,
)
def test_a_platform_that_cannot_be_asked_is_not_taken_for_one_that_offers_nothing(
    answer: Answer, server: ScriptedServer, client: Client, pauses: list[float]
) -> None:
    server.answer(answer)

    with pytest.raises(PlatformError):
        client.capabilities("/connectors/1")


# The platform's clock


def test_the_platforms_clock_is_known_from_any_answer(server: ScriptedServer, client: Client) -> None:
    assert client.clock_offset is None
    server.answer(Answer(headers={"Date": "Tue, 01 Jan 2030 00:00:00 GMT"}))

    call(client, "get")

    assert client.clock_offset == pytest.approx(1893456000 - time.time(), abs=2)


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Mon, 01 Jan 10000 00:00:00 GMT", "Mon, 99 Jan 2030 99:99:99 GMT", "1 Jan 0 1:1:1 -9999"]
)
def test_a_date_that_cannot_be_read_does_not_lose_an_answer(date: str, server: ScriptedServer, client: Client) -> None:
    server.answer(Answer(body={"_id": "1"}, headers={"Date": date}))

    assert call(client, "create") == {"_id": "1"}


@quick
@given(st.from_regex(r"\A(Mon, )?[0-9]{1,4} (Jan|Feb|Foo) -?[0-9]{1,6} [0-9:]{0,9} ?([+-][0-9]{0,6}|GMT)?\Z"))
def test_no_date_whatsoever_loses_an_answer(date: str) -> None:
    client = Client("http://h", TOKEN, parallelism=1)
    answer = requests.Response()
    answer.headers["Date"] = date

    client._read_clock(answer)


# Many threads


def test_many_threads_share_as_many_connections_and_none_is_lost(server: ScriptedServer) -> None:
    client = client_of(server, parallelism=16)

    def work(number: int) -> None:
        server_says = (
            client.get(f"/things/{number}") if number % 2 else client.create(f"/things/{number}", {"n": number})
        )
        assert server_says == {}

    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(320)))

    assert len(server.requests) == 320
    assert {request.headers["Authorization"] for request in server.requests} == {TOKEN}
    assert sorted(int(request.path.rpartition("/")[2]) for request in server.requests) == list(range(320))
    assert server.connections <= 16


@pytest.mark.parametrize("method", ["get", "try_source", "get_from_source"])
def test_no_more_calls_are_in_flight_than_may_be(method: str, server: ScriptedServer) -> None:
    server.answer(Answer(delay=0.1))
    client = client_of(server, parallelism=8)

    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda _: call(client, method), range(16)))

    assert server.most_in_flight == server.connections == 8


@pytest.mark.parametrize("slow", ["try_source", "get_from_source"])
def test_calls_that_wait_for_a_source_hold_up_no_others(slow: str) -> None:
    in_time = threading.Event()

    def respond(request: Request) -> Answer:
        if request.method == "PUT":
            return Answer()
        return Answer() if in_time.wait(10) else Answer(400)

    with ScriptedServer(respond) as server, concurrent.futures.ThreadPoolExecutor(8) as threads:
        client = client_of(server, parallelism=2)
        waiting = [threads.submit(call, client, slow) for _ in range(6)]
        for _ in range(10):
            call(client, "put")
        in_time.set()
        for call_ in waiting:
            call_.result()
        assert server.most_in_flight == 3
