"""Secrets at rest: the encrypted credentials of connectors, and the platform's own token."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from .errors import PlatformError


class Cipher:
    """Encrypts credentials with a key that lies in a file beside the database, readable by its owner only."""

    def __init__(self, key_file: Path) -> None:
        self._fernet = Fernet(_kept(key_file, lambda: Fernet.generate_key().decode()))

    def encrypt(self, credentials: dict[str, Any]) -> bytes:
        """Return `credentials` encrypted."""
        return self._fernet.encrypt(json.dumps(credentials).encode())

    def decrypt(self, encrypted: bytes) -> dict[str, Any]:
        """Return what `encrypt` was given.

        Raises:
            PlatformError: the key file is not the one that these credentials were encrypted with.
        """
        try:
            credentials: dict[str, Any] = json.loads(self._fernet.decrypt(encrypted))
        except InvalidToken:
            raise PlatformError(409, "the stored credentials were encrypted with another key file") from None
        return credentials


def token(folder: Path) -> str:
    """Return the token kept in `folder`; make one the first time."""
    return _kept(folder / "token", lambda: secrets.token_urlsafe(32))


def _kept(file: Path, make: Any) -> str:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    with os.fdopen(descriptor, "w") as new:
        value: str = make()
        new.write(value)
    return value
