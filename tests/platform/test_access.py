"""Who may call: not a web page that the user's browser happens to show."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator

import pytest
from previsionio_local import LocalPlatform

PATHS = ("/ext/v1/projects", "/_local/health", "/", "/sign-in", "/static/page.js")


@pytest.fixture(scope="module")
def named() -> Iterator[LocalPlatform]:
    with LocalPlatform(allowed_hosts=["Platform.test"]) as platform:
        yield platform


def status(platform: LocalPlatform, path: str, *headers: tuple[str, str], method: str = "GET") -> tuple[int, str]:
    """The status and the body of a call with these headers and no others."""
    host, _, port = platform.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    with connection.getresponse() as response:
        body = response.read().decode()
    connection.close()
    return response.status, body


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil", "", "["]
)
def test_another_hosts_name_is_refused_everywhere(named: LocalPlatform, host: str) -> None:
    for path in PATHS:
        code, body = status(named, path, ("Host", host), ("Authorization", named.token))
        assert code == 403, path
        assert "--allowed-host" in json.loads(body)["message"][0]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "LOCALHOST:1", "[::1]:8080", "192.168.1.7", "x.localhost", "platform.TEST"]
)
def test_its_own_names_are_taken(named: LocalPlatform, host: str) -> None:
    assert status(named, "/ext/v1/projects", ("Host", host), ("Authorization", named.token))[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "file://127.0.0.1", ""])
def test_a_page_of_another_site_is_refused_even_with_the_token(named: LocalPlatform, origin: str) -> None:
    for path in PATHS:
        headers = (("Host", "127.0.0.1"), ("Authorization", named.token), ("Origin", origin))
        code, body = status(named, path, *headers, method="POST")
        assert code == 403, path
        assert "other web sites" in body


def test_its_own_page_is_taken(named: LocalPlatform) -> None:
    host = named.url.removeprefix("http://")
    headers = (("Host", host), ("Authorization", named.token), ("Origin", named.url))
    assert status(named, "/ext/v1/projects", *headers)[0] == 200


@pytest.mark.parametrize("number", [0, 2, 3])
def test_any_number_of_tokens_but_one_is_no_token(named: LocalPlatform, number: int) -> None:
    headers = (("Host", "localhost"), *[("Authorization", named.token)] * number)
    assert status(named, "/ext/v1/projects", *headers)[0] == 401
    # Nor are halves of one.
    halves = (("Authorization", named.token[:10]), ("Authorization", named.token[10:]))
    assert status(named, "/ext/v1/projects", ("Host", "localhost"), *halves)[0] == 401
