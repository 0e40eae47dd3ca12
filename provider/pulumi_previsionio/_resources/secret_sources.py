"""Secrets that stay out of the stack's state: the program names where they are, the provider reads them."""

from __future__ import annotations

from .._core.secret import SecretReference


def from_env(name: str) -> SecretReference:
    """A secret that is read from the environment variable `name` whenever it is sent to the platform.

    The stack's state holds the variable's name and a salted scrypt digest of the value, never the value. Another
    value behind the same name shows up as a change in the next preview; a variable that is not set fails it.
    """
    return SecretReference("from_env", name)


def from_file(path: str) -> SecretReference:
    """A secret that is read from the file `path` (UTF-8 text; one newline at the end is not part of it).

    A relative path starts at the project's folder, `~` at the home folder. As with `from_env`, the state holds the
    path and a digest only.
    """
    return SecretReference("from_file", path)
