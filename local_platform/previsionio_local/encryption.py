"""Secrets at rest: the encrypted credentials of connectors, and the platform's own token."""

from __future__ import annotations

import base64
import functools
import json
import re
import secrets
import string
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import PlatformError
from .folder import FolderError, kept

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_SENDABLE = re.compile(r"[!-~]+")


class Cipher:
    """Encrypts credentials with a key that lies in a file beside the database, readable by its owner only."""

    def __init__(self, key_file: Path) -> None:
        remedy = "put a copy of it back; or delete it, and send the passwords of all connectors again"
        self._key = kept(key_file, _KEY, lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(), remedy)

    @functools.cached_property
    def _fernet(self) -> Fernet:
        # Not needed at the start.
        from cryptography.fernet import Fernet

        return Fernet(self._key)

    def encrypt(self, credentials: dict[str, Any]) -> bytes:
        """Return `credentials` encrypted."""
        return self._fernet.encrypt(json.dumps(credentials).encode())

    def decrypt(self, encrypted: bytes) -> dict[str, Any]:
        """Return what `encrypt` was given.

        Raises:
            PlatformError: the key file is not the one that these credentials were encrypted with.
        """
        from cryptography.fernet import InvalidToken

        try:
            credentials: dict[str, Any] = json.loads(self._fernet.decrypt(encrypted))
        except InvalidToken:
            raise PlatformError(409, "the stored credentials were encrypted with another key file") from None
        return credentials


def token(folder: Path, given: str | None) -> str:
    """Return the token that callers must send: the given one, else the one kept in `folder`, made the first time.

    Raises:
        FolderError: it could not be sent in a header, or its file is damaged.
    """
    if given is None:
        remedy = "delete it, and a new token is made; or give one in PREVISION_MASTER_TOKEN"
        return kept(folder / "token", _TOKEN, _new_token, remedy)
    if not _SENDABLE.fullmatch(given):
        raise FolderError("the token of PREVISION_MASTER_TOKEN is empty or holds more than printable ASCII")
    return given


def _new_token() -> str:
    """Letters and digits only: a token that began with a dash would be a flag to the commands that it is given to."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(43))
