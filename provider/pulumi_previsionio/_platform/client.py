"""HTTP to one platform: pooled, thread-safe, bounded in time; every failure becomes one of our errors.

As many calls are in flight as the platform can take (see `calls_in_flight`), and never more than the settings say.
Those for which the platform reaches for a source (connection tests, look-ups) take as long as the source lets it wait;
they are counted for themselves, as many again, so that however many of them wait, they hold up nothing else.

Calls that may be repeated without harm are tried again when the connection breaks or the platform answers 502, 503 or
504; a creation is tried again only when it cannot have reached the platform. Nobody who pauses before the next attempt
is counted as in flight.
"""

from __future__ import annotations

import dataclasses
import email.utils
import http.client
import itertools
import json
import random
import re
import ssl
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import requests
import urllib3

from .._errors import NotFound, Refused, Unreachable
from .._version import __version__
from . import operation
from .calls_in_flight import CallsInFlight, Verdict
from .settings import DEFAULT_CALL_TIMEOUT
from .watchdog import Watchdog, WatchedAdapter

CONNECT_TIMEOUT: Final = 10.0
"""Seconds to reach the platform."""
LONGEST_PAUSE: Final = 30.0
"""Seconds that one `Retry-After` may hold up a call."""
_ATTEMPTS: Final = 5
_FIRST_PAUSE: Final = 0.2
"""Seconds before the third attempt, to which as many at random are added; each pause is twice the one before. The
second attempt comes at once: it is often only that the platform has closed a connection that was kept open."""


class Client:
    """The API of one platform, below `{url}/ext/v1`. Safe for any number of threads; `parallelism` calls at most."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        parallelism: int,
        call_timeout: float = DEFAULT_CALL_TIMEOUT,
        ca_bundle: str | None = None,
    ) -> None:
        self.url = url
        self.clock_offset: float | None = None
        """Seconds by which the platform's clock is ahead of ours, after its `Date` headers; None before the first."""
        self._call_timeout = call_timeout
        self._places, self._source_places = (CallsInFlight(parallelism) for _ in range(2))
        self._headers = {
            # Without a scheme: the platform wants the bare token.
            "Authorization": token,
            "Accept": "application/json",
            "Accept-Encoding": requests.utils.DEFAULT_ACCEPT_ENCODING,
            "User-Agent": f"pulumi-previsionio/{__version__}",
        }
        self._environment = _environment(url, ca_bundle)
        self._adapter = WatchedAdapter(pool_connections=2, pool_maxsize=2 * parallelism, max_retries=0, pool_block=True)
        self._watchdog = Watchdog()

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

    def create(self, path: str, body: Mapping[str, Any], sending: Sending | None = None) -> dict[str, Any]:
        """A POST that makes an object; never sent twice once it may have arrived. `sending` is told of its way."""
        return self._json("POST", path, body=body, once=sending or Sending())

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
        once: Sending | None = None,
        reaches_source: bool = False,
    ) -> dict[str, Any]:
        answer = self._call(method, path, query=query, body=body, once=once, reaches_source=reaches_source)
        try:
            content = json.loads(answer.content)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise Unreachable(
                f"{method} {path}: the platform answered {answer.status_code} without the JSON object it should hold",
                outcome_unknown=once is not None,
            )
        return content

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        once: Sending | None = None,
        reaches_source: bool = False,
    ) -> requests.Response:
        for attempt in itertools.count(1):
            try:
                answer = self._send(method, path, query, body, reaches_source, once)
            except Unreachable as failure:
                may_repeat = not (once and failure.outcome_unknown)
                if may_repeat and not isinstance(failure, _Hopeless) and self._pause(attempt, method, path):
                    continue
                raise
            may_repeat = answer.status_code == 429 or (not once and answer.status_code in (502, 503, 504))
            if may_repeat and self._pause(attempt, method, path, answer.headers.get("Retry-After")):
                continue
            break
        if 200 <= answer.status_code < 300:
            return answer
        raise self._failure(method, path, answer)

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        reaches_source: bool,
        once: Sending | None,
    ) -> requests.Response:
        """One attempt, as long as both the call and the operation that makes it may take."""
        places = self._source_places if reaches_source else self._places
        place = places.begin(_longest_wait(operation.remaining()))
        if place is None:
            raise self._out_of_time(method, path)
        verdict: Verdict = "failed"
        try:
            seconds = min(self._call_timeout, operation.remaining())
            if seconds <= 0:
                raise self._out_of_time(method, path)
            if once:
                once.at = time.time()
            with self._watchdog.watching(seconds, _line(method, path)) as call:
                try:
                    answer = self._adapter.send(
                        self._prepared(method, path, query, body),
                        timeout=(min(CONNECT_TIMEOUT, seconds), seconds),
                        **self._environment,
                    )
                    _ = answer.content  # reads it
                except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                    never_sent = _is_caused_by(error, (*_BEFORE_SENDING, *_HOPELESS))
                    if not isinstance(error, _PASSING) or _is_caused_by(error, _HOPELESS):
                        text = self._no_answer(_network_reason(error))
                        raise _Hopeless(text, outcome_unknown=not never_sent) from None
                    is_late = call.was_cut or (not never_sent and _is_caused_by(error, _TIMEOUTS))
                    reason = f"none came within {seconds:.3g} s" if is_late else _network_reason(error)
                    # A source that hangs says nothing of the platform.
                    verdict = "overloaded" if is_late and not reaches_source else "failed"
                else:
                    never_sent, reason = False, f"it did not end within {seconds:.3g} s" if call.was_cut else ""
                    verdict = _verdict(answer.status_code)
        finally:
            places.end(place, verdict)
        if reason:
            raise Unreachable(self._no_answer(reason), outcome_unknown=not never_sent)
        # http.client takes a head that ends early for a whole one; `Date` stands in every answer (RFC 9110 §6.6.1).
        if "Date" not in answer.headers and self.clock_offset is not None:
            raise Unreachable(f"{method} {path}: the head of the platform's answer was cut", outcome_unknown=True)
        self._read_clock(answer)
        return answer

    def _prepared(
        self, method: str, path: str, query: Mapping[str, Any] | None, body: Mapping[str, Any] | None
    ) -> requests.PreparedRequest:
        """What goes to the adapter. A session's way there is a quarter of what a call computes.

        It would add what is not wanted: other credentials, cookies, redirects.
        """
        request = requests.PreparedRequest()
        request.prepare_method(method)
        request.prepare_url(f"{self.url}/ext/v1{path}", query)
        request.prepare_headers(self._headers)
        request.prepare_body(None, None, body)
        request.prepare_hooks(None)
        return request

    def _no_answer(self, reason: str) -> str:
        return f"no answer from the platform at {self.url}: {reason}"

    def _out_of_time(self, method: str, path: str) -> Unreachable:
        """The time of the whole operation is over before the call was made."""
        limit = operation.current()
        seconds = f" {limit.seconds:g} s" if limit else ""
        return Unreachable(
            f"{method} {path} was not sent: the{seconds} that the operation may take are over", outcome_unknown=False
        )

    def _pause(self, attempt: int, method: str, path: str, retry_after: str | None = None) -> bool:
        """Wait before the next attempt; False if there is none, or no time for it."""
        if attempt >= _ATTEMPTS:
            return False
        backoff = 0.0 if attempt == 1 else _FIRST_PAUSE * (2 ** (attempt - 2) + random.random())  # noqa: S311 to spread load
        asked = _seconds_asked(retry_after)
        pause = backoff if asked is None else min(asked, LONGEST_PAUSE)
        if pause >= operation.remaining():
            return False
        if pause >= operation.PATIENCE:
            operation.say(f"{_about()}the platform asks to wait {asked:.0f} s before {method} {path} is sent again")
        time.sleep(pause)
        return True

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


class _Hopeless(Unreachable):
    """No attempt will reach the platform."""


@dataclasses.dataclass
class Sending:
    """A creation on its way.

    `at` is when it was sent by the clock of this machine; what is sent again has never arrived before.
    """

    at: float = 0.0


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


def _environment(url: str, ca_bundle: str | None) -> dict[str, Any]:
    """What the environment says of proxies and certificates, once: a session would read it for each call anew."""
    with requests.Session() as session:
        try:
            return {**session.merge_environment_settings(url, {}, False, ca_bundle, None)}
        except ValueError:  # no address at all, as the first call will tell
            return {}


def _verdict(status: int) -> Verdict:
    """What an answer says of the platform's load (RFC 6585 §4, RFC 9110 §15.6.4)."""
    if status in (429, 503):
        return "overloaded"
    return "answered" if status < 500 else "failed"


def _longest_wait(seconds: float) -> float | None:
    return None if seconds == float("inf") else max(seconds, 0.0)


def _about() -> str:
    """The resource that the running operation is about, in front of a line that tells of a wait."""
    running = operation.current()
    return f"{running.label}: " if running and running.label else ""


def _line(method: str, path: str) -> Callable[[], str]:
    about = _about()
    return lambda: f"{about}waiting for the platform's answer to {method} {path} for {operation.PATIENCE:g} s"


def _seconds_asked(retry_after: str | None) -> float | None:
    """What a `Retry-After` header asks for (RFC 9110 §10.2.3); None if it cannot be read."""
    try:
        return urllib3.Retry().parse_retry_after(retry_after) if retry_after else None
    except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):
        return None


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


_PASSING: Final = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    urllib3.exceptions.HTTPError,
)
"""What the next attempt may be spared."""
_HOPELESS: Final = (
    urllib3.exceptions.LocationValueError,
    requests.exceptions.InvalidURL,
    ssl.SSLCertVerificationError,
)
"""The request cannot have reached the platform, and none ever will."""
_BEFORE_SENDING: Final = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.ProxyError,
)
"""The request cannot have reached the platform."""
_TIMEOUTS: Final = (TimeoutError, urllib3.exceptions.ReadTimeoutError)


def _is_caused_by(error: Exception, kinds: tuple[type[BaseException], ...]) -> bool:
    return any(isinstance(cause, kinds) for cause in _causes(error))


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
    (ssl.SSLCertVerificationError, "its certificate is not trusted (previsionio:caBundle names one's own authorities)"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionResetError, "the connection was cut"),
    (http.client.RemoteDisconnected, "the connection was cut"),
    (http.client.IncompleteRead, "the connection was cut"),
    (TimeoutError, f"no connection within {CONNECT_TIMEOUT:g} s"),
)
