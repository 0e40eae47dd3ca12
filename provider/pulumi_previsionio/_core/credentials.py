"""Service-account keys of Google Cloud (https://cloud.google.com/iam/docs/keys-create-delete)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

from .secret import reference_of
from .whole_numbers import with_whole_numbers

_NEEDED: Final = ("type", "project_id", "client_email", "private_key")


def canonical_credentials(value: Any) -> str:
    """A service-account key as compact JSON with sorted keys, however it was written.

    `value` is a dict, its JSON text, or base64 of that text.

    Raises:
        ValueError: it is none of these.
    """
    key = _parsed(value)
    missing = [name for name in ("client_email", "private_key") if not key.get(name)]
    if missing:
        raise ValueError(f"is not a whole service-account key: no {' and no '.join(missing)}")
    return json.dumps(with_whole_numbers(key), sort_keys=True, separators=(",", ":"))


def check_credentials(value: Any) -> None:
    """Refuse what Google would not take as a service account's key.

    Raises:
        ValueError: the key is of another type, lacks a part, or was damaged on its way.
    """
    key = _parsed(value)
    missing = [name for name in _NEEDED if not key.get(name)]
    if missing:
        raise ValueError(f"is not a whole service-account key: no {' and no '.join(missing)}")
    if key["type"] != "service_account":
        raise ValueError(f"must be the key of a service account; its type is {str(key['type'])[:40]!r}")
    if "\\n" in str(key["private_key"]):
        raise ValueError(
            "private_key holds a backslash and an n where a line ends: it was escaped once too often on its way"
        )


def _parsed(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        parsed = _parse_json(value)
        value = _parse_json(_unbase64(value)) if parsed is None else parsed
    if not isinstance(value, dict) or reference_of(value):
        raise ValueError("must be a service-account key: a dict, its JSON text, or base64 of that text")
    return value


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _unbase64(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except ValueError:
        return ""
