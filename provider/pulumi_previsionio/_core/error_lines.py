"""What the engine is told when an operation fails: one line that names the resource, without a secret."""

from __future__ import annotations

import pathlib
import traceback
from collections.abc import Iterable

from .._errors import PrevisionError
from .redaction import redact


def reason(error: BaseException) -> str:
    """Why it failed; an error that is none of ours says where it comes from."""
    if isinstance(error, PrevisionError):
        return str(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{pathlib.Path(frame.filename).name}:{frame.lineno}"
    return f"pulumi-previsionio failed in a way it should not ({where}, {type(error).__name__}): {error}"


def label(subject: str, name: str | None) -> str:
    """A resource by its kind and its name, or a function by its own."""
    return f"{subject} {name!r}" if name is not None else subject


def about(subject: str, name: str | None, text: str) -> str:
    """The text, with what it is about in front."""
    return text if text.startswith(subject) else f"{label(subject, name)}: {text}"


def one_line(text: str, secrets: Iterable[str]) -> str:
    """The text on one line, without any of the secrets."""
    return " ".join(redact(text, secrets).split())
