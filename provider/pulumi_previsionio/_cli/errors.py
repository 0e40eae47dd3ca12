"""How the command ends: its exit codes, and the failures that carry one."""

from __future__ import annotations

import enum


class Exit(enum.IntEnum):
    """The exit codes; `main` documents them in `--help`."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    NOT_EMPTY = 4
    FOUND = 5


class Failure(Exception):
    """An end that the person at the terminal is told about: what failed, and what to do next. Never a secret."""

    code = Exit.FAILED

    def __init__(self, message: str, *details: str) -> None:
        super().__init__(message)
        self.details = details
        """More lines, one for each object concerned."""


class Declined(Failure):
    """Refused before anything was touched."""

    code = Exit.REFUSED


class NotDeclared(Declined):
    """The program does not declare what is to be adopted; `lines` are those that would."""

    def __init__(self, message: str, *details: str, lines: str) -> None:
        super().__init__(message, *details)
        self.lines = lines


class NotEmpty(Failure):
    """All was adopted, but the preview still shows changes."""

    code = Exit.NOT_EMPTY


class EngineFailed(Failure):
    """`pulumi` failed; the details are its own messages."""
