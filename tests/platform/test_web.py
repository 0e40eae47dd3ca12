"""What a call takes, and what it answers where that is not right."""

from __future__ import annotations

from typing import Any

import pytest

from tests.platform.client import FTP, Client, refusal

CONNECTORS = "/projects/{project}/connectors"
UPLOAD = "/projects/{project}/datasets/file"
JSON = {"Content-Type": "application/json"}


def test_a_refusal_names_everything_that_is_wrong(client: Client) -> None:
    told = refusal(client.call("POST", CONNECTORS, json={"type": "FTP", "port": 0, "host": 1}), 400)
    assert told == (
        "name: Field required; host: Input should be a valid string; port: Input should be greater than or equal to 1"
    )
    told = refusal(client.local("POST", "/seed", json={"connectors": [FTP, FTP | {"type": "x"}]}), 400)
    assert told.startswith("connectors.1.type: Input should be 'SQL', 'FTP'")


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({}, "Field required"),
        ({"data": b'{"name": ', "headers": JSON}, "the body is no JSON: Expecting value at character 9"),
        ({"data": b'{"name": "\xff"}', "headers": JSON}, "the body cannot be read"),
        ({"data": b'{"name": "n"}'}, "Input should be a valid dictionary"),
        ({"data": b'{"name": "n"}', "headers": {"Content-Type": "text/plain"}}, "Input should be a valid dictionary"),
        ({"json": ["n"]}, "Input should be a valid dictionary"),
    ],
)
def test_a_body_that_is_none_is_refused(client: Client, sent: dict[str, Any], told: str) -> None:
    assert refusal(client.call("POST", "/projects", **sent), 400).startswith(told)


@pytest.mark.parametrize("kind", ["application/json", "application/JSON; charset=utf-8", "application/x+json"])
def test_a_body_of_json_is_taken_under_each_of_its_names(client: Client, kind: str) -> None:
    answer = client.call("POST", "/projects", data='{"name": "\u00e9"}'.encode(), headers={"Content-Type": kind})
    assert answer.json()["name"] == "\u00e9"


def test_fields_of_a_form_are_checked_and_empty_ones_are_none(client: Client) -> None:
    file = {"file": ("x.csv", b"a\n1\n")}
    assert refusal(client.call("POST", UPLOAD, data={"name": "n"}), 400) == "file: Field required"
    told = refusal(client.call("POST", UPLOAD, files=file, data={"name": "", "separator": ";;"}), 400)
    assert told.startswith("name: Field required; separator: String should match")
    told = refusal(client.call("POST", UPLOAD, files=file | {"name": ("n", b"n")}), 400)
    assert told == "name: Input should be a valid string"
    told = refusal(client.call("POST", UPLOAD, data={"name": "n", "file": "f"}), 400)
    assert told == "file: Input should be an instance of UploadFile"
    assert client.upload(b"a\n1\n", separator="", origin="")["copy_state"] == "done"


def test_a_path_has_one_spelling_and_each_method_its_own_call(client: Client) -> None:
    refusal(client.call("GET", "/projects/{project}/"), 404)
    for method in ("HEAD", "PATCH"):
        answer = client.call(method, "/projects/{project}")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "DELETE, GET, OPTIONS, PUT")
