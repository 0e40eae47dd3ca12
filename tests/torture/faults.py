"""All that can go wrong with a call, by name: one table, from which the matrix is made.

A fault that would change nothing about a call, such as lying about the length of what is no list, makes no cell there:
see `fits`.
"""

from __future__ import annotations

import dataclasses
import email.utils
import functools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.torture.http_proxy import Answer, Call, Connection, Fault, Request, as_asked, as_it_is

HTML = {"Content-Type": "text/html; charset=utf-8"}
JSON = {"Content-Type": "application/json"}
PAGE = b"<!doctype html><html><body><h1>Sign in</h1></body></html>"
DAY = 86400
FOREIGN_ID = "5ea1f00d00000000000f0e1d"


def fits(fault: Fault, call: Call) -> bool:
    """Whether the fault makes a difference to a call that went well."""
    assert call.answer
    if fault.alter is as_it_is and fault.ask is as_asked:
        return fault.deliver is not _cut_in_body or len(call.answer.raw) > len(call.answer.head) + 1
    if fault.ask is not as_asked:
        return fault.ask(call.request) != call.request
    return fault.alter(call.request, call.answer) != call.answer


# Delivery


def _whole(connection: Connection, answer: Answer) -> None:
    connection.send(answer.raw)


def _reset(connection: Connection, _: Answer) -> None:
    connection.reset()


def _refuse(connection: Connection, _: Answer) -> None:
    connection.proxy.refuse()


def _stall(connection: Connection, _: Answer) -> None:
    connection.released.wait()
    connection.reset()


def _drip(connection: Connection, answer: Answer) -> None:
    """All of it, a few bytes at a time."""
    step = max(1, len(answer.raw) // 40)
    for start in range(0, len(answer.raw), step):
        connection.send(answer.raw[start : start + step])
        time.sleep(0.002)


def _drip_for_ever(connection: Connection, answer: Answer) -> None:
    """A body that grows and never ends: each byte comes soon enough for a time-out between two of them."""
    connection.send(answer.head.replace(b"Content-Length: ", b"Content-Length: 9999999"))
    while not connection.released.wait(0.05):
        connection.send(b" ")
    connection.reset()


def _cut_in_head(connection: Connection, answer: Answer) -> None:
    connection.send(answer.head[: len(answer.head) // 2])
    connection.close()


def _cut_in_body(connection: Connection, answer: Answer) -> None:
    connection.send(answer.raw[: len(answer.head) + (len(answer.raw) - len(answer.head)) // 2])
    connection.close()


# Alteration


def _status(status: int, body: bytes = b"", headers: Mapping[str, str] = JSON) -> Callable[[Request, Answer], Answer]:
    refusal = json.dumps({"status": status, "message": ["broken on purpose"]}).encode()
    return lambda _request, _answer: Answer(status, body or refusal, headers)


def _retry_date(seconds: float) -> Callable[[Request, Answer], Answer]:
    def alter(_request: Request, _answer: Answer) -> Answer:
        later = email.utils.formatdate(time.time() + seconds, usegmt=True)
        return Answer(429, b'{"status": 429, "message": "too many"}', {**JSON, "Retry-After": later})

    return alter


def _echo(request: Request, _: Answer) -> Answer:
    """A refusal that repeats the request, its token included."""
    text = f"cannot read {request.headers} {request.body.decode(errors='replace')}"
    return Answer(400, json.dumps({"status": 400, "message": [text]}).encode(), JSON)


def _object(alter: Callable[[dict[str, Any]], Any]) -> Callable[[Request, Answer], Answer]:
    """On answers that hold one object with an id."""

    def altered(_request: Request, answer: Answer) -> Answer:
        content = answer.json
        return answer.holding(alter(content)) if isinstance(content, dict) and "_id" in content else answer

    return altered


def _content(content: Any) -> Callable[[Request, Answer], Answer]:
    """On answers that hold JSON."""
    return lambda _, answer: answer.holding(content) if answer.json is not None else answer


def _list(alter: Callable[[Request, dict[str, Any]], Any]) -> Callable[[Request, Answer], Answer]:
    """On pages of lists."""

    def altered(request: Request, answer: Answer) -> Answer:
        content = answer.json
        is_list = isinstance(content, dict) and "metaData" in content
        return answer.holding(alter(request, content)) if is_list else answer

    return altered


def _meta(**changes: Any) -> Callable[[Request, Answer], Answer]:
    return _list(lambda _, page: {**page, "metaData": {**page["metaData"], **changes}})


def _without(key: str) -> Callable[[Request, Answer], Answer]:
    return _list(lambda _, page: {name: value for name, value in page.items() if name != key})


def _first_page_again(request: Request) -> Request:
    return dataclasses.replace(request, target=request.target.replace(f"page={request.page}", "page=1"))


def _shifted(request: Request, page: dict[str, Any]) -> dict[str, Any]:
    """As if somebody had just deleted an object of the first page: all others have moved up by one."""
    if request.page == 1:
        return page
    return {
        "items": page["items"][1:],
        "metaData": {**page["metaData"], "totalItems": page["metaData"]["totalItems"] - 1},
    }


# The table


def _delivery_faults() -> Iterator[Fault]:
    yield Fault("refuse", False, _refuse)
    yield Fault("reset before", False, _reset)
    yield Fault("reset after", True, _reset)
    yield Fault("cut in head", True, _cut_in_head)
    yield Fault("cut in body", True, _cut_in_body)
    yield Fault("stall before", False, _stall)
    yield Fault("stall after", True, _stall)
    yield Fault("drip", True, _drip)
    yield Fault("drip for ever", True, _drip_for_ever)


def _status_faults() -> Iterator[Fault]:
    for status in (401, 403, 408, 429, 500, 501, 502, 503, 504):
        yield Fault(f"{status} before", False, _whole, _status(status))
    for status in (500, 501, 502, 503, 504):
        yield Fault(f"{status} page before", False, _whole, _status(status, PAGE, HTML))
    for status in (408, 500, 502, 503, 504):
        yield Fault(f"{status} after", True, _whole, _status(status))
    yield Fault("504 page after", True, _whole, _status(504, PAGE, HTML))
    yield Fault("404 page", False, _whole, _status(404, PAGE, HTML))
    for name, value in (("a second", "1"), ("a day", str(DAY)), ("nonsense", "soon")):
        yield Fault(f"429 {name}", False, _whole, _status(429, headers={**JSON, "Retry-After": value}))
    yield Fault("429 date", False, _whole, _retry_date(2))
    yield Fault("429 date in a day", False, _whole, _retry_date(DAY))
    yield Fault("503 a day", False, _whole, _status(503, headers={**JSON, "Retry-After": str(DAY)}))
    for status in (302, 307):
        location = {**HTML, "Location": "https://login.example/sign-in?next=/"}
        yield Fault(f"{status} to sign-in", False, _whole, _status(status, PAGE, location))
    yield Fault("web page", False, _whole, _status(200, PAGE, HTML))
    yield Fault("web page after", True, _whole, _status(200, PAGE, HTML))
    yield Fault("echo", False, _whole, _echo)


def _content_faults() -> Iterator[Fault]:
    yield Fault("invalid JSON", True, _whole, lambda _, a: dataclasses.replace(a, body=a.body[:-1]) if a.body else a)
    for name, content in (("list", []), ("null", None), ("text", "done"), ("empty object", {})):
        yield Fault(f"wrong type: {name}", True, _whole, _content(content))
    yield Fault("missing id", True, _whole, _object(lambda item: {k: v for k, v in item.items() if k != "_id"}))
    yield Fault("foreign id", True, _whole, _object(lambda item: {**item, "_id": FOREIGN_ID}))
    yield Fault("id of wrong type", True, _whole, _object(lambda item: {**item, "_id": 7}))
    yield Fault("missing items", True, _whole, _without("items"))
    yield Fault("missing metaData", True, _whole, _without("metaData"))
    yield Fault("items of wrong type", True, _whole, _list(lambda _, page: {**page, "items": {"a": 1}}))
    yield Fault("strange items", True, _whole, _list(lambda _, page: {**page, "items": [7, None, {"name": "x"}]}))
    for total in (0, 10**6, -1, "many", None):
        yield Fault(f"totalItems {total}", True, _whole, _meta(totalItems=total))
    for rows in (0, -1, "few", 10**6):
        yield Fault(f"rowsPerPage {rows}", True, _whole, _meta(rowsPerPage=rows))
    yield Fault("page repeats", True, _whole, as_it_is, _first_page_again)
    yield Fault("page changes while read", True, _whole, _list(_shifted))


@functools.cache
def faults() -> dict[str, Fault]:
    """Name → fault."""
    return {fault.name: fault for fault in (*_delivery_faults(), *_status_faults(), *_content_faults())}
