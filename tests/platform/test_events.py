"""`GET /events`, as the vendor's SDK reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from previsionio_local import events

from tests.platform.client import Client


def test_the_end_of_a_copy_is_an_event_in_the_sdks_form(client: Client) -> None:
    with client.call("GET", "/events", stream=True, headers={"accept": "application/json"}) as stream:
        assert stream.headers["Transfer-Encoding"] == "chunked"
        lines = stream.iter_lines(decode_unicode=True)
        assert next(lines).startswith(":")
        dataset = client.upload(b"a,b\n1,2\n")
        seen = [line for _, line in zip(range(4), lines, strict=False)]
    assert seen[0] == ""
    assert seen[1].startswith("id: ")
    assert seen[2] == "event: DATASET_UPDATE"
    assert seen[3].startswith("data: ")
    assert json.loads(seen[3].removeprefix("data: ")) == {"_id": dataset["_id"]}


def test_a_failed_copy_is_an_event_too(client: Client) -> None:
    with client.call("GET", "/events", stream=True) as stream:
        lines = stream.iter_lines(decode_unicode=True)
        next(lines)
        dataset = client.upload(b"")
        assert dataset["copy_state"] == "failed"
        assert next(line for line in lines if line.startswith("data:")).endswith(f'"{dataset["_id"]}"}}')


def test_every_listener_hears_every_event(client: Client) -> None:
    with client.call("GET", "/events", stream=True) as one, client.call("GET", "/events", stream=True) as two:
        streams = [stream.iter_lines(decode_unicode=True) for stream in (one, two)]
        for lines in streams:
            next(lines)
        client.upload(b"a\n1\n")
        for lines in streams:
            assert any(line == "event: DATASET_UPDATE" for line in lines)


def test_silence_is_broken_by_comments(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "KEEP_ALIVE", 0.05)
    with client.call("GET", "/events", stream=True) as stream:
        comments: list[Any] = [line for _, line in zip(range(5), stream.iter_lines(), strict=False) if line]
    assert comments == [b": connected", b": still here", b": still here"]


def test_listeners_are_no_calls_in_flight(client: Client) -> None:
    with client.call("GET", "/events", stream=True) as stream:
        next(stream.iter_lines())
        client.get("/version")
        assert client.local("GET", "/calls").json()["max_in_flight"] == 1
