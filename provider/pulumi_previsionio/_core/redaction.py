"""Keep secrets out of every text that leaves the provider, also where the platform echoes them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from typing import Any

from .credentials import canonical_credentials
from .kind import Kind
from .secret import Secret, SecretReference
from .values import Values

MASK = "[secret]"
_LONGEST = 1000
"""Characters of a message; what a platform says beyond that helps nobody."""
_TOO_SHORT = 4
_LONG_LINE = 16


def secrets_of(kind: Kind, *values: Values) -> list[str]:
    """Every secret text that these values hold, references resolved, JSON secrets also by their parts."""
    return [text for each in values for name in kind.secrets for text in _texts(each.get(name))]


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, SecretReference):
        try:
            value = value.read()
        except ValueError:
            return
    if isinstance(value, Secret):
        yield from _parts(value.reveal())
        try:
            value = json.loads(canonical_credentials(value.reveal()))
        except ValueError:
            return
    yield from _leaves(value)


# Parts of a service-account key that are no secrets and that messages need.
_PLAIN = frozenset({"type", "project_id", "client_email", "client_id", "auth_uri", "token_uri", "universe_domain"})


def _leaves(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield from _parts(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in _PLAIN:
                yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)


def _parts(text: str) -> Iterable[str]:
    """The text, and its longer lines: a parser quotes the line that it stumbled over."""
    yield text
    if "\n" in text:
        yield from (line for line in text.splitlines() if len(line) >= _LONG_LINE)


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` without any of the secrets, in whatever common encoding they appear.

    A secret of fewer than four characters would turn any text into stars or be guessed from where they stand: the
    text is withheld whole when it holds one.
    """
    ordered = sorted(set(filter(None, secrets)), key=lambda secret: (-len(secret), secret))
    short = [secret for secret in ordered if len("".join(secret.split())) < _TOO_SHORT]
    if any(re.search(_echo(secret), text) for secret in short):
        return "(the reason is withheld, for it may hold a secret)"
    if long := [secret for secret in ordered if secret not in short]:
        text = re.sub("|".join(map(_echo, long)) + "|" + "|".join(map(_base64, long)), MASK, text)
    # Cut only now: half a secret would not be found.
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


_SPACE = r"(?:\s|\+|\\+[nrtvf]|(?i:\\+x[0-9a-f]{2}|\\+u[0-9a-f]{4}|%[0-9a-f]{2}|&#x?[0-9a-f]+;))+"


def _echo(secret: str) -> str:
    """A pattern for a secret as JSON, `repr`, URLs and HTML write it, also inside each other and put on one line."""
    words = secret.split()
    if not words:
        return re.escape(secret)
    return _SPACE.join("".join(map(_character, re.findall(r"\\+|.", word, re.DOTALL))) for word in words)


_HTML = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}


def _character(char: str) -> str:
    """A pattern for one character, or for a row of backslashes."""
    if char.startswith("\\"):
        return rf"(?:\\{{{len(char)},}}|(?i:%5c){{{len(char)}}})"
    if char.isascii() and char.isalnum():
        return char
    utf8, utf16 = char.encode("utf-8", "surrogatepass"), char.encode("utf-16-be", "surrogatepass").hex()
    escapes = (
        "".join(f"%{byte:02x}" for byte in utf8),
        "".join(rf"\\+x{byte:02x}" for byte in utf8),
        "".join(rf"\\+u{utf16[at : at + 4]}" for at in range(0, len(utf16), 4)),
        rf"\\+x{ord(char):02x}",
        rf"\\+u{ord(char):08x}",
        f"&#0*{ord(char)};",
        f"&#x0*{ord(char):x};",
        *((f"&{_HTML[char]};",) if char in _HTML else ()),
    )
    return rf"(?:\\*{re.escape(char)}|(?i:{'|'.join(escapes)}))"


def _base64(secret: str) -> str:
    """A pattern for a secret in base64, also inside a longer text that was encoded whole."""
    raw = secret.encode("utf-8", "surrogatepass")
    encoded = [base64.b64encode(raw).decode().rstrip("=")]
    for before in range(3):  # bytes of what comes before: it shares a character at each end
        whole = base64.b64encode(bytes(before) + raw).decode()
        encoded.append(whole[(0, 2, 3)[before] : (before + len(raw)) * 8 // 6])
    return "|".join(re.escape(text).replace(r"\+", r"[+\-]").replace("/", "[/_]") for text in encoded)
