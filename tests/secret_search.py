"""Secrets that are easy to find again, and a search for secrets in everything that was written, shown or sent."""

import base64
import json
import re
import secrets
import urllib.parse
from collections.abc import Iterable, Iterator
from pathlib import Path

_PART = 12
"""So many letters and digits in a row say that it is the secret."""


def planted() -> str:
    """A new secret with all that is awkward in its middle, and what shows any part of it at its ends."""
    return f'{secrets.token_hex(8)} é"\'\\ {{"a": "b\nc"}}\n%20&<b>\t漢🌊 {secrets.token_hex(8)}'


def planted_in_ascii() -> str:
    """The same for places that take no more than printable ASCII."""
    return f'{secrets.token_hex(8)}\'{{"a":1}}%20&<b>\\{secrets.token_hex(8)}'


def leaked(searched: Iterable[str], *places: str | bytes) -> list[str]:
    """Those of the secrets that one of the places holds, however it was quoted or encoded on its way.

    A part of a secret is enough, if it has long runs of letters and digits.
    """
    data = b"\n".join(place.encode() if isinstance(place, str) else place for place in places)
    return [secret for secret in searched if any(form in data for part in _parts(secret) for form in _forms(part))]


def files(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """Path and content of every file below the folders."""
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()


def _parts(secret: str) -> set[str]:
    """What is left of a secret wherever a part of it is: no quoting changes letters and digits."""
    runs = re.findall(f"[A-Za-z0-9]{{{_PART},}}", secret)
    return {runs[0][:_PART], runs[-1][-_PART:]} if runs else {secret}


def _forms(text: str) -> set[bytes]:
    """The text as it is, quoted, in base64 and in hexadecimal."""
    quoted = {text, text.upper(), repr(text)[1:-1], urllib.parse.quote(text), urllib.parse.quote(text, safe="")}
    quoted.add(urllib.parse.quote_plus(text))
    for _ in range(2):  # a state holds secrets as JSON text inside JSON
        quoted |= {json.dumps(form, ensure_ascii=ascii_only)[1:-1] for form in quoted for ascii_only in (True, False)}
    raw = [form.encode() for form in quoted]
    return {*raw, *(form.hex().encode() for form in raw), *(form for each in raw for form in _base64(each))}


def _base64(raw: bytes) -> Iterator[bytes]:
    for before in range(3):  # bytes before it share a character with it
        encoded = base64.b64encode(bytes(before) + raw)
        inner = encoded[(0, 2, 3)[before] : (before + len(raw)) * 8 // 6]
        yield from (inner, inner.translate(bytes.maketrans(b"+/", b"-_")))
