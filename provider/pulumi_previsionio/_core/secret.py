"""Secrets: a type of their own from the moment they come in until they are put on the wire.

So they cannot be formatted, logged or compared by accident.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import os
import pathlib
from collections.abc import Mapping
from typing import Any


class Secret:
    """A secret value. Its text is had by `reveal()` only."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text; asked for only where it goes to the platform or to the engine."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "Secret(********)"

    __str__ = __repr__


@dataclasses.dataclass(frozen=True)
class SecretReference:
    """Where a secret is read when it is sent: an environment variable or a file, on the machine that runs the engine.

    The stack's state holds the reference and `digest`, a salted scrypt hash of the value, never the value.
    """

    source: str
    name: str
    digest: str | None = None

    def as_property(self) -> dict[str, str]:
        """The property that the stack's state holds."""
        return {self.source: self.name, **({"digest": self.digest} if self.digest else {})}

    def read(self) -> Secret:
        """Read the value now.

        Raises:
            ValueError: it cannot be had; the reason is told.
        """
        if self.source == "from_env":
            text = os.environ.get(self.name)
            if not text:
                raise ValueError(f"the environment variable {self.name} is not set")
            if not _is_unicode(text):
                raise ValueError(f"the environment variable {self.name} is not UTF-8 text")
            return Secret(text)
        try:
            text = pathlib.Path(self.name).expanduser().read_text(encoding="utf-8")
        except OSError as error:
            raise ValueError(f"the file {self.name} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ValueError(f"the file {self.name} is not UTF-8 text") from None
        except (RuntimeError, ValueError) as error:  # no such home folder; a null byte in the name
            raise ValueError(f"the file {self.name} cannot be read: {error}") from None
        if not text.strip():
            raise ValueError(f"the file {self.name} is empty")
        return Secret(text.removesuffix("\n").removesuffix("\r"))

    def still_leads_there(self) -> bool:
        """Whether it leads to the value today that it was given the digest of."""
        return self.digest is not None and _holds(self, self.digest)

    def with_digest(self, before: object, owner: str) -> SecretReference:
        """This reference with the digest of today's value: the one of `before` when the value is still the same.

        The salt is made from `owner`, which names the object and the input: the same value gives the same digest there
        again, as update plans want it (they compare what two checks of one input gave), and another one elsewhere.

        No program writes a digest. Where this reference has that of `before`, the engine has put the old input in the
        new one's place (`ignore_changes`): it stays the one that was sent last, whatever it leads to today.

        Raises:
            ValueError: the value cannot be read; the reason is told.
        """
        if self.digest and self == before:
            return self
        value = self.read()
        if isinstance(before, SecretReference) and before.digest and _digest_matches(value, before.digest):
            return dataclasses.replace(self, digest=before.digest)
        salt = hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return dataclasses.replace(self, digest=f"{salt}${_scrypt(value, salt)}")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def same_secret(old: Any, new: Any) -> bool:
    """Whether two secrets have the same value, however they are given; False when that cannot be told."""
    if isinstance(old, SecretReference) and isinstance(new, SecretReference):
        return old.digest is not None and (old.digest == new.digest or _holds(new, old.digest))
    if isinstance(old, SecretReference):
        return isinstance(new, Secret) and old.digest is not None and _digest_matches(new, old.digest)
    if isinstance(new, SecretReference):
        return isinstance(old, Secret) and new.digest is not None and _digest_matches(old, new.digest)
    return bool(old == new)


def _holds(reference: SecretReference, digest: str) -> bool:
    try:
        return _digest_matches(reference.read(), digest)
    except ValueError:
        return False


def _digest_matches(value: Secret, digest: str) -> bool:
    salt, _, expected = digest.partition("$")
    return hmac.compare_digest(_scrypt(value, salt), expected)


def _scrypt(value: Secret, salt: str) -> str:
    return hashlib.scrypt(value.reveal().encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=32).hex()


def reference_of(value: Any) -> SecretReference | None:
    """The reference that a property holds, if it is one."""
    if isinstance(value, Mapping):
        for source in ("from_env", "from_file"):
            if isinstance(value.get(source), str) and set(value) <= {source, "digest"}:
                return SecretReference(source, value[source], value.get("digest"))
    return None
