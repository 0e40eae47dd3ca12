"""HTTP to one platform: pooled, thread-safe, bounded in time; every failure becomes one of our errors.

No more calls are in flight than the settings say. Those for which the platform reaches for a source (connection tests,
look-ups) take as long as the source lets it wait; they are counted for themselves, as many again, so that however many
of them wait, they hold up nothing else.

Retries are urllib3's. Calls that may be repeated without harm are tried again when the connection breaks or the
platform answers 502, 503 or 504; a creation is tried again only when it cannot have reached the platform.
"""

from __future__ import annotations

import contextlib
import dataclasses
import email.utils
import http.client
import http.cookiejar
import json
import re
import ssl
import threading
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any, Final

import requests
import requests.adapters
import urllib3

from .._errors import NotFound, Refused, Unreachable
from .._version import __version__

CONNECT_TIMEOUT: Final = 10.0
"""Seconds to reach the platform."""
READ_TIMEOUT: Final = 60.0
"""Seconds without a byte before an answer counts as lost."""
LONGEST_PAUSE: Final = 30.0
"""Seconds that one `Retry-After` may hold up a call."""


class _BareToken(requests.auth.AuthBase):
    """The platform wants `Authorization: <token>` without a scheme. An auth object also keeps ~/.netrc out."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._token
        return request


class _Retry(urllib3.Retry):
    """Retries that wait as long as the platform asks for, within reason."""

    # By default a 503 that says when to come back is sent again whatever `status_forcelist` says: a second object.
    RETRY_AFTER_STATUS_CODES = frozenset({429})

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
        try:
            asked = super().get_retry_after(response)
        except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):
            return None
        return None if asked is None else min(asked, LONGEST_PAUSE)


class Client:
    """The API of one platform, below `{url}/ext/v1`. Safe for any number of threads; `parallelism` calls at a time."""

    def __init__(self, url: str, token: str, *, parallelism: int, read_timeout: float = READ_TIMEOUT) -> None:
        self.url = url
        self.clock_offset: float | None = None
        """Seconds by which the platform's clock is ahead of ours, after its `Date` headers; None before the first."""
        self._timeout = (CONNECT_TIMEOUT, read_timeout)
        self._places, self._source_places = (threading.Semaphore(parallelism) for _ in range(2))
        repeat = _Retry(
            total=4,
            status_forcelist=(429, 502, 503, 504),
            allowed_methods=None,
            backoff_factor=0.2,
            backoff_jitter=0.2,
            raise_on_status=False,
        )
        once = _Retry(
            total=3,
            read=0,
            other=0,
            status_forcelist=(429,),
            allowed_methods=None,
            backoff_factor=0.2,
            raise_on_status=False,
        )
        self._repeatable = _session(url, token, 2 * parallelism, repeat)
        self._once = _session(url, token, 2 * parallelism, once)
        for scheme in ("http://", "https://"):  # one pool of connections for both
            pool = self._repeatable.get_adapter(scheme)
            assert isinstance(pool, requests.adapters.HTTPAdapter)
            adapter = self._once.get_adapter(scheme)
            assert isinstance(adapter, requests.adapters.HTTPAdapter)
            adapter.poolmanager, adapter.proxy_manager = pool.poolmanager, pool.proxy_manager

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._json("GET", path, query=query)

    def get_from_source(self, path: str) -> dict[str, Any]:
        """A GET that the platform answers after a look behind a connector."""
        return self._json("GET", path, reaches_source=True)

    def probe(self, path: str) -> None:
        """A GET whose answer may hold anything, or nothing."""
        self._call("GET", path)

    def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._json("PUT", path, body=body)

    def delete(self, path: str) -> None:
        self._done("DELETE", path)

    def try_source(self, path: str, body: Mapping[str, Any] | None = None) -> None:
        """A POST that makes nothing and that the platform answers after a look behind a connector, such as a test."""
        self._done("POST", path, body=body, reaches_source=True)

    def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A POST that makes an object; never sent twice once it may have arrived."""
        return self._json("POST", path, body=body, once=True)

    def capabilities(self, path: str) -> Capabilities:
        """What the platform announces for an object beyond the public contract.

        An `Allow` header says it (RFC 9110 §9.3.7), or a status that says that there is no such method. Everything
        else, such as a redirect to a login page, says nothing about the platform.

        Raises:
            NotFound: the object does not exist.
            PlatformError: the answer says neither what is offered nor that nothing is.
        """
        try:
            headers = self._call("OPTIONS", path).headers
        except Refused as error:
            if error.status in (405, 501):
                return Capabilities(frozenset(), frozenset())
            raise
        if "Allow" not in headers:
            raise Unreachable(
                f"OPTIONS {path}: the answer has no Allow header, so whether the object can be changed is not known",
                outcome_unknown=False,
            )
        return Capabilities(_words(headers["Allow"].upper()), _words(headers.get("Prevision-Local", "")))

    def pages(self, path: str) -> Iterator[list[dict[str, Any]]]:
        """The pages of a list, in order."""
        seen: set[str] = set()
        number = 1
        while True:
            page = self.page(path, number)
            yield page.items
            if number >= page.count:
                return
            ids = {str(item.get("_id")) for item in page.items}
            if ids <= seen:
                raise Unreachable(
                    f"GET {path}: the list says that it has {page.count} pages of {page.total} objects, "
                    f"but page {number} brings nothing new",
                    outcome_unknown=False,
                )
            seen |= ids
            number += 1

    def page(self, path: str, number: int) -> Page:
        """One page of a list; pages count from 1 (platform-api.md §5)."""
        answer = self.get(path, page=number)
        items, meta = answer.get("items"), answer.get("metaData")
        if not isinstance(items, list) or not isinstance(meta, dict):
            raise Unreachable(f"GET {path}: the platform's list cannot be read", outcome_unknown=False)
        if not all(isinstance(item, dict) and isinstance(item.get("_id"), str) and item["_id"] for item in items):
            raise Unreachable(
                f"GET {path}: the platform's list holds what is no object with an _id", outcome_unknown=False
            )
        total, rows = meta.get("totalItems"), meta.get("rowsPerPage")
        if type(total) is not int or type(rows) is not int or total < 0 or rows < 1:
            raise Unreachable(f"GET {path}: the platform's list does not say how long it is", outcome_unknown=False)
        page = Page(items, total, count=-(-total // rows))
        if meta.get("nextPage") and number >= page.count:
            raise Unreachable(
                f"GET {path}: the platform's list says that it has {page.count} pages, and that one comes after "
                f"page {number}",
                outcome_unknown=False,
            )
        return page

    def _done(
        self, method: str, path: str, *, body: Mapping[str, Any] | None = None, reaches_source: bool = False
    ) -> None:
        """A call whose answer says no more than that it is done; a web page says nothing, whatever its status."""
        if self._call(method, path, body=body, reaches_source=reaches_source).content.lstrip().startswith(b"<"):
            raise Unreachable(
                f"{method} {self.url}/ext/v1{path} is answered with a web page: is the address right?",
                outcome_unknown=True,
            )

    def _json(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        once: bool = False,
        reaches_source: bool = False,
    ) -> dict[str, Any]:
        answer = self._call(method, path, query=query, body=body, once=once, reaches_source=reaches_source)
        try:
            content = answer.json()
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise Unreachable(
                f"{method} {path}: the platform answered {answer.status_code} without the JSON object it should hold",
                outcome_unknown=once,
            )
        return content

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        once: bool = False,
        reaches_source: bool = False,
    ) -> requests.Response:
        session = self._once if once else self._repeatable
        try:
            with self._source_places if reaches_source else self._places:
                answer = session.request(
                    method,
                    f"{self.url}/ext/v1{path}",
                    params=query or None,
                    json=body,
                    timeout=self._timeout,
                    allow_redirects=False,
                )
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise Unreachable(
                f"no answer from the platform at {self.url}: {_network_reason(error)}",
                outcome_unknown=not _never_sent(error),
            ) from None
        # http.client takes a head that ends early for a whole one; `Date` stands in every answer (RFC 9110 §6.6.1).
        if "Date" not in answer.headers and self.clock_offset is not None:
            raise Unreachable(f"{method} {path}: the head of the platform's answer was cut", outcome_unknown=True)
        self._read_clock(answer)
        if 200 <= answer.status_code < 300:
            return answer
        raise self._failure(method, path, answer)

    def _failure(self, method: str, path: str, answer: requests.Response) -> Exception:
        status = answer.status_code
        if 300 <= status < 400:
            location = urllib.parse.urlsplit(answer.headers.get("Location", ""))
            to = f" to {location.scheme}://{location.hostname}" if location.hostname else ""
            return Refused(
                f"the address {self.url} redirects{to}: set the platform's own",
                status=status,
                reason="redirect",
            )
        own_words, reason = _reason(answer)
        if status == 408:  # the platform, or what stands before it, gave up on the request; it may have been read
            return Unreachable(f"the platform gave up on the request (408): {reason}", outcome_unknown=True)
        if status >= 500 and status != 501:  # "Not Implemented" is a clear answer
            return Unreachable(f"the platform failed ({status}){f': {reason}' if reason else ''}", outcome_unknown=True)
        if status == 401:
            return Refused(f"the platform refused the token (401): {reason}", status=status, reason=reason)
        if status == 403:
            return Refused(f"the token may not do this (403): {reason}", status=status, reason=reason)
        if status == 404 and own_words:
            return NotFound(f"{reason} (404)", status=status, reason=reason)
        if status == 404:
            return Refused(
                f"{method} {self.url}/ext/v1{path} leads to no Prevision.io platform (404): is the address right?",
                status=status,
                reason=reason,
            )
        return Refused(f"{reason} ({status})", status=status, reason=reason, **_hints(answer))

    def _read_clock(self, answer: requests.Response) -> None:
        try:
            date = email.utils.parsedate_tz(answer.headers.get("Date", ""))
            if date is None:
                return
            offset = email.utils.mktime_tz(date) - time.time()
        except (ValueError, OverflowError, TypeError, IndexError):  # a date that is none
            return
        # `Date` is cut to whole seconds and has travelled: the largest difference seen is nearest to the truth.
        self.clock_offset = offset if self.clock_offset is None else max(self.clock_offset, offset)


@dataclasses.dataclass(frozen=True)
class Page:
    """One page of a list: its items; how many items the list has, and how many pages."""

    items: list[dict[str, Any]]
    total: int
    count: int


@dataclasses.dataclass(frozen=True)
class Capabilities:
    """The methods that `Allow` announces, and the extensions that our local platform names."""

    methods: frozenset[str]
    extensions: frozenset[str]


def _words(header: str) -> frozenset[str]:
    return frozenset(word.strip() for word in header.split(",") if word.strip())


def _session(url: str, token: str, connections: int, retries: urllib3.Retry) -> requests.Session:
    session = requests.Session()
    # What the environment says of proxies and certificates, once: by default all of it is read for each call anew.
    with contextlib.suppress(ValueError):  # no address at all, as the first call will tell
        environment = session.merge_environment_settings(url, {}, None, None, None)
        session.proxies, session.verify = environment["proxies"], environment["verify"]
        session.trust_env = False
    session.auth = _BareToken(token)
    session.headers["Accept"] = "application/json"
    session.headers["User-Agent"] = f"pulumi-previsionio/{__version__}"
    # Nothing that one thread's answer sets may change another thread's request.
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    adapter = requests.adapters.HTTPAdapter(
        pool_connections=2, pool_maxsize=connections, max_retries=retries, pool_block=True
    )
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    return session


def _reason(answer: requests.Response) -> tuple[bool, str]:
    """Whether the answer is the platform's own JSON, and its reason on one line."""
    try:
        content = json.loads(answer.content)
    except (ValueError, RecursionError):
        content_type = answer.headers.get("Content-Type", "of no type")
        return False, f"the answer is {content_type}, not the platform's JSON"
    message = content.get("message", content.get("errorMessage")) if isinstance(content, dict) else None
    if isinstance(message, list):
        message = "; ".join(str(part) for part in message)
    return isinstance(content, dict), " ".join(str(message).split()) if message else "no reason given"


def _hints(answer: requests.Response) -> dict[str, Any]:
    """Which field is wrong, and what there is instead, where a refusal tells."""
    try:
        content = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    field, candidates = (content.get(key) if isinstance(content, dict) else None for key in ("field", "candidates"))
    return {
        "field": field if isinstance(field, str) else "",
        "candidates": [each for each in candidates if isinstance(each, str)] if isinstance(candidates, list) else [],
    }


_BEFORE_SENDING = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.ProxyError,
    urllib3.exceptions.LocationValueError,
    ssl.SSLCertVerificationError,
    requests.exceptions.InvalidURL,
)


def _never_sent(error: Exception) -> bool:
    """True when the request cannot have reached the platform."""
    return any(isinstance(cause, _BEFORE_SENDING) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it was made from, however it holds them."""
    pending: list[BaseException] = [error]
    seen: set[int] = set()
    while pending:
        current = pending.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        related = (*current.args, getattr(current, "reason", None), current.__cause__, current.__context__)
        pending += [item for item in related if isinstance(item, BaseException)]


def _network_reason(error: Exception) -> str:
    """A short reason without the objects' addresses and repeated URLs that the libraries put in."""
    causes = list(_causes(error))
    for kind, words in _NETWORK_REASONS:
        if any(isinstance(cause, kind) for cause in causes):
            return words
    text = re.sub(r"^.*\[Errno [-\d]+\] |<[^>]*>:? ?|\w*Connection\([^)]*\): ", "", str(causes[-1]))
    return " ".join(text.split()) or type(error).__name__


_NETWORK_REASONS: Final = (
    (urllib3.exceptions.NameResolutionError, "its host name is unknown"),
    (ssl.SSLCertVerificationError, "its certificate is not trusted (REQUESTS_CA_BUNDLE names one's own authorities)"),
    (urllib3.exceptions.ReadTimeoutError, "none came in time"),
    (requests.exceptions.ReadTimeout, "none came in time"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionResetError, "the connection was cut"),
    (http.client.RemoteDisconnected, "the connection was cut"),
    (http.client.IncompleteRead, "the connection was cut"),
    (TimeoutError, f"no connection within {CONNECT_TIMEOUT:g} s"),
)
