"""What can go wrong, as one tree; nothing from `requests`, `urllib3` or `pydantic` reaches a user.

PrevisionError
├── SettingsError            an address, token or project is missing or unusable
├── InputError               an input of a resource is wrong: refused before anything is touched
├── IdentityError            the object was made on another platform than the settings name
├── LookupFailed             a lookup found nothing, or more than one
└── PlatformError            a call to the platform failed
    ├── Unreachable          no answer: refused, cut, timed out, or an answer that cannot be read
    └── Refused              the platform answered, and said no (4xx)
        └── NotFound         404, in the platform's own words: the object does not exist
"""

from __future__ import annotations

from collections.abc import Sequence


class PrevisionError(Exception):
    """Base of all errors of this package: one line, for the person at the terminal, without secrets."""


class SettingsError(PrevisionError):
    """A setting is missing or unusable; the message names every place that was looked at."""


class InputError(PrevisionError):
    """Inputs of a resource are wrong.

    `problems` has one line for each, starting with the input's name.
    """

    def __init__(self, resource: str, problems: list[str]) -> None:
        super().__init__(f"{resource}: {'; '.join(problems)}")
        self.problems = problems


class IdentityError(PrevisionError):
    """The object was made on another platform than the one the settings name."""


class LookupFailed(PrevisionError):
    """A lookup found no match or several; the message lists what was there."""


class PlatformError(PrevisionError):
    """A call to the platform failed.

    `outcome_unknown` is true when the platform may have done what was asked although no answer came.
    """

    outcome_unknown = False


class Unreachable(PlatformError):
    """The platform gave no answer that can be read: connection refused or cut, time-out, 5xx, not JSON."""

    def __init__(self, message: str, *, outcome_unknown: bool) -> None:
        super().__init__(message)
        self.outcome_unknown = outcome_unknown


class Refused(PlatformError):
    """The platform said no.

    `status` is the HTTP status, `reason` the platform's own words, on one line. When it looked for a source in vain,
    our local platform also says which `field` is wrong, and what is there: `candidates`, the nearest first.
    """

    def __init__(
        self, message: str, *, status: int, reason: str, field: str = "", candidates: Sequence[str] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.field = field
        self.candidates = candidates


class NotFound(Refused):
    """The object does not exist on the platform (404 in the platform's own JSON, never a proxy's page)."""
