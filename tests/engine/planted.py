"""Secret values that are easy to find again, and a search for them in everything that was written."""

import base64
import json
import secrets
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_AWKWARD = 'é"\'\\ {"a": "b\nc"}\n%20&<b>\t漢🌊'
"""What breaks naive quoting, encoding and line-wise reading."""


@dataclass(frozen=True)
class Planted:
    """One secret. Letters and digits at its beginning and end show it wherever no more than a part of it leaks."""

    where: str
    """How it gets in."""
    _marks: tuple[str, str] = field(default_factory=lambda: (secrets.token_hex(8), secrets.token_hex(8)), repr=False)

    @property
    def text(self) -> str:
        """The value, with all that is awkward in between."""
        return f"{self._marks[0]} {_AWKWARD} {self._marks[1]}"

    @property
    def plain(self) -> str:
        """The value, for places that take no more than printable ASCII."""
        return f'{self._marks[0]}\'{{"a":1}}%20&<b>\\{self._marks[1]}'

    @property
    def forms(self) -> set[bytes]:
        """The marks as they are in the raw value, in JSON, in a URL, in `repr`, and in base64 and hexadecimal."""
        forms = set()
        for mark in (raw.encode() for raw in self._marks):
            forms |= {mark, mark.upper(), mark.hex().encode()}
            for before in range(3):  # bytes before it share a character of base64 with it
                encoded = base64.b64encode(bytes(before) + mark)
                forms.add(encoded[(0, 2, 3)[before] : (before + len(mark)) * 8 // 6])
        return forms


def found(planted: Iterable[Planted], data: bytes) -> list[str]:
    """Which of the secrets the data holds, whole or in part."""
    return [each.where for each in planted if any(form in data for form in each.forms)]


def files(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """Path and content of every file below the folders."""
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()


def encodings(text: str) -> dict[str, bytes]:
    """The text as it may look on its way: what the search must see through."""
    in_json = json.dumps(text)
    return {
        "raw": text.encode(),
        "JSON": in_json.encode(),
        "JSON in JSON": json.dumps(json.dumps({"password": text})).encode(),
        "JSON without escapes": json.dumps(text, ensure_ascii=False).encode(),
        "repr": repr(text).encode(),
        "URL": urllib.parse.quote(text, safe="").encode(),
        "base64": base64.b64encode(text.encode()),
        "base64 of more": base64.urlsafe_b64encode(f'{{"k": {in_json}}}'.encode()),
        "hexadecimal": text.encode().hex().encode(),
        "first half": text[: len(text) // 2].encode(),
        "second half": text[len(text) // 2 :].encode(),
    }
