"""Faults that tests plant: calls that fail, hang, lose their answer or answer nonsense."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from .schemas import whole_text

Action = Literal["status", "status_after", "cut", "cut_after", "delay", "delay_after", "garbage_after", "echo_secret"]


class FaultRule(BaseModel):
    """What goes wrong, and on which calls.

    `action`, where "after" means that the call is carried out and its effect stored first:

    - `status`, `status_after`: answer `status` with `body`;
    - `cut`, `cut_after`: close the connection without an answer;
    - `delay`, `delay_after`: wait `seconds`, then go on as usual;
    - `garbage_after`: answer 200 with a body that is no JSON;
    - `echo_secret`: answer `status` with a body that repeats the request's own, word for word.
    """

    model_config = ConfigDict(extra="forbid")

    action: Action
    method: str | None = Field(None, description="Any method if left out")
    path: str = Field("", description="Regular expression (RE2), searched for in the path below /ext/v1")
    times: int | None = Field(1, ge=1, description="How many calls it hits; null: all")
    skip: int = Field(0, ge=0, description="Matching calls to let through first")
    status: int = Field(500, ge=200, le=599)
    body: str | None = Field(None, description="`{id}` stands for the end of the path. Default: the usual error body")
    content_type: str = Field("application/json", pattern="^[ -~]*$")
    seconds: float = Field(1.0, ge=0, le=3600)

    @field_validator("method", "path", "body")
    @classmethod
    def is_whole_text(cls, text: str | None) -> str | None:
        return None if text is None else whole_text(text)

    @field_validator("path")
    @classmethod
    def is_regular_expression(cls, path: str) -> str:
        try:
            _found(path, "")
        except ValueError:
            raise ValueError("not a regular expression that RE2 understands") from None
        return path


@dataclass
class Faults:
    """The rules in force. A call is hit by the first rule that matches it and still has calls left to hit."""

    latency: float = 0.0
    """Seconds that every call waits before it is handled."""
    _rules: list[FaultRule] = field(default_factory=list)
    _seen: list[int] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _pauses: set[Callable[[], object]] = field(default_factory=set)
    """What ends the wait of each call that waits."""

    async def pause(self, seconds: float) -> bool:
        """Wait. Returns whether the call goes on then: False if `end_pauses` was called meanwhile."""
        loop = asyncio.get_running_loop()
        goes_on: asyncio.Future[bool] = loop.create_future()

        def answer(value: bool) -> None:
            if not goes_on.done():
                goes_on.set_result(value)

        end = functools.partial(loop.call_soon_threadsafe, answer, False)
        with self._lock:
            self._pauses.add(end)
        timer = loop.call_later(seconds, answer, True)
        try:
            return await goes_on
        finally:
            timer.cancel()
            with self._lock:
                self._pauses.discard(end)

    def end_pauses(self) -> None:
        """Let no call that waits go on: what it waited for is gone."""
        with self._lock:
            pauses = [*self._pauses]
        for end in pauses:
            end()

    def set(self, rules: list[FaultRule]) -> None:
        """Replace all rules."""
        with self._lock:
            self._rules = rules
            self._seen = [0] * len(rules)

    def add(self, rule: FaultRule) -> None:
        """Add a rule to those in force."""
        with self._lock:
            self._rules = [*self._rules, rule]
            self._seen.append(0)

    @property
    def rules(self) -> list[tuple[FaultRule, int]]:
        """The rules in force, and how many calls each has hit."""
        with self._lock:
            return [(rule, max(0, seen - rule.skip)) for rule, seen in zip(self._rules, self._seen, strict=True)]

    def match(self, method: str, path: str) -> FaultRule | None:
        """Return the rule that hits this call, if any."""
        with self._lock:
            for number, rule in enumerate(self._rules):
                if rule.method not in (None, "", "*", method) or not _found(rule.path, path):
                    continue
                last = None if rule.times is None else rule.skip + rule.times
                if last is not None and self._seen[number] >= last:
                    continue
                self._seen[number] += 1
                if self._seen[number] > rule.skip:
                    return rule
        return None


def _found(expression: str, text: str) -> bool:
    """Search with RE2, whose time grows with the text alone: some expressions keep Python's own busy for years."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found: Any = pc.match_substring_regex(pa.array([text.encode(errors="replace")], pa.string()), expression)
    return bool(found[0].as_py())
