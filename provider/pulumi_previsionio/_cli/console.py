"""What the command prints: results on standard output, everything about the work on standard error, never a token."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from .._core.redaction import redact
from .literals import one_line

_PATIENCE: Final = 2.0
"""Seconds after which a step says that it is still at work."""
_REMINDER: Final = 5.0
"""Seconds between two such lines."""


class Console:
    """Two streams for people, or one JSON object for machines."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.secrets: list[str] = []
        """Texts that are printed as `[secret]`."""

    def result(self, data: dict[str, Any], *lines: str) -> None:
        """The result: the object for machines, the lines for people."""
        if self.as_json:
            print(json.dumps(self._without_secrets(data), indent=2), flush=True)
            return
        for line in lines:
            print(self._without_secrets(line), flush=True)

    def say(self, *lines: str) -> None:
        """Something about the work, for people."""
        for line in lines:
            print(self._without_secrets(line), file=sys.stderr, flush=True)

    def failed(self, message: str, details: Sequence[str], code: int, lines: str | None = None) -> None:
        """The end, when it is not a good one. `lines` are a result all the same."""
        more = {} if lines is None else {"lines": lines.splitlines()}
        self.result(
            {"error": message, "details": list(details), "exit_code": int(code), **more}, *filter(None, [lines])
        )
        if not self.as_json:
            self.say(f"Error: {message}", *(f"  {detail}" for detail in details))

    @contextmanager
    def working(self, what: str) -> Iterator[Callable[[str], None]]:
        """A step: says so once it takes longer than two seconds, and from then on every five.

        Gives a function that takes how far it is, such as `3 of 40`, which is said then.
        """
        done = threading.Event()
        started = time.monotonic()
        progress = [""]

        def remind() -> None:
            pause = _PATIENCE
            while not done.wait(pause):
                self.say(f"{what}{progress[0]} … {time.monotonic() - started:.0f} s")
                pause = _REMINDER

        def tell(how_far: str) -> None:
            progress[0] = f": {how_far}"

        reminder = threading.Thread(target=remind, daemon=True)
        reminder.start()
        try:
            yield tell
        finally:
            done.set()
            reminder.join()

    def _without_secrets(self, value: Any) -> Any:
        if isinstance(value, str):
            return "\n".join(self._clean(line) for line in value.split("\n")) if any(self.secrets) else value
        if isinstance(value, dict):
            return {key: self._without_secrets(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._without_secrets(item) for item in value]
        return value

    def _clean(self, line: str) -> str:
        return redact(line, self.secrets) if any(secret in line for secret in self.secrets if secret) else line


def count(number: int, noun: str) -> str:
    """`1 connector`, `2 connectors`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def shown(name: str) -> str:
    """A name from the platform, in quotes, on one line."""
    return repr(one_line(name, 80))
