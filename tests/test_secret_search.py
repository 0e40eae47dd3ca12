"""The search for secrets finds what it must."""

import base64
import json
import urllib.parse
from collections.abc import Callable

import pytest

from tests.secret_search import leaked, planted, planted_in_ascii

ENCODINGS: dict[str, Callable[[str], str | bytes]] = {
    "raw": str,
    "JSON": json.dumps,
    "JSON in JSON": lambda text: json.dumps(json.dumps({"password": text})),
    "JSON without escapes": lambda text: json.dumps(text, ensure_ascii=False),
    "repr": repr,
    "URL": urllib.parse.quote_plus,
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 of more": lambda text: base64.urlsafe_b64encode(f'{{"k": {json.dumps(text)}}}'.encode()),
    "hexadecimal": lambda text: text.encode().hex(),
}
PARTS: dict[str, Callable[[str], str]] = {
    "first half": lambda text: text[: len(text) // 2],
    "second half": lambda text: text[len(text) // 2 :],
}


@pytest.mark.parametrize("plant", [planted, planted_in_ascii, lambda: "p@ss'w\"örd %40:/#?", lambda: "pa55-word"])
def test_every_encoding_is_seen_through(plant: Callable[[], str]) -> None:
    secret = plant()
    for name, encoded in ENCODINGS.items():
        assert leaked([secret, "another-secret"], "before", encoded(secret)) == [secret], name


def test_a_part_is_enough() -> None:
    for secret in (planted(), planted_in_ascii()):
        for name, part in PARTS.items():
            for encoded in ENCODINGS.values():
                assert leaked([secret], encoded(part(secret))) == [secret], name


def test_nothing_is_found_where_nothing_is() -> None:
    assert leaked([planted(), planted_in_ascii(), "pa55-word"], "nothing of the kind", b"pa55 word") == []
