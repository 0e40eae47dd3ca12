"""Keep secrets out of every text that leaves the provider, also where the platform echoes them."""

from __future__ import annotations

import base64
import json
import urllib.parse
from collections.abc import Iterable
from typing import Any

from ._kinds import Kind
from ._values import Secret, SecretReference, Values

MASK = "[secret]"
_LONGEST = 1000
"""Characters of a message; what a platform says beyond that helps nobody."""
_TOO_SHORT = 4


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
        text = value.reveal()
        yield text
        yield from _leaves(_parsed(text))
    else:
        yield from _leaves(value)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text.startswith("{") else None
    except ValueError:
        return None


# Parts of a service-account key that are no secrets and that messages need.
_PLAIN = frozenset({"type", "project_id", "client_email", "client_id", "auth_uri", "token_uri", "universe_domain"})


def _leaves(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in _PLAIN:
                yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` without any of the secrets, in whatever common encoding they appear.

    A secret of fewer than four characters would turn any text into stars or be guessed from where they stand: the
    text is withheld whole when it holds one.
    """
    for secret in sorted(set(filter(None, secrets)), key=len, reverse=True):
        for form in _forms(secret):
            if form in text:
                if len(secret) < _TOO_SHORT:
                    return "(the reason is withheld, for it may hold a secret)"
                text = text.replace(form, MASK)
    # Cut only now: half a secret would not be found.
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _forms(secret: str) -> set[str]:
    raw = secret.encode()
    forms = {
        secret,
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        urllib.parse.quote(secret),
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote_plus(secret),
        " ".join(secret.split()),
    }
    if len(secret) >= _TOO_SHORT:
        forms |= {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    return forms - {""}
