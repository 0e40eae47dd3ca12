"""What the engine does not tell a provider, and what its earlier calls in the same process tell all the same.

For each resource that the program declares the engine calls, in one process: `check` with the old *inputs*; `diff` with
the id and the old *outputs*; for a replacement `check` again, as if the object had never been there; then `create`
or `update`; last of all `delete` for what is replaced or no longer declared, with the id and the outputs
(pulumi `pkg/resource/deploy/step_generator.go`). Resources may be interleaved. A provider is never told why it is
called. Everything here leans on that order, and nothing else in the package does:

* *The name of an object that its program does not name* is the name of its resource when it is made, and kept from
  then on. The second `check` of a replacement must find the name that the first one saw.
* *What the program says of an object that is deleted*, such as `keep_on_replace`: told by its id, which no other has;
  where the engine decides a replacement by itself and asks for no `diff`, by its whole old inputs, or, where it has
  forgotten those as well (`--target-replace`), by those of what is made in its place.
* *Inputs that older versions did not keep* are in the inputs of an unchanged resource, but not in its outputs, which
  the engine keeps as they were: `diff` gets the old ones from the `check` before it.

A provider host lives for one phase of one command.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import threading
from typing import Final

from .kind import Kind
from .values import Values, inputs_of

DEFAULT_NAME: Final = "default_name"
"""Among a program's inputs: the name of the resource. In a state: the name that the object has when the program gives
none, kept there once somebody else has renamed it."""


@dataclasses.dataclass
class _Check:
    """One call of `check` for a resource that exists."""

    old_inputs: Values
    checked: Values
    was_compared: bool = False
    is_replaced: bool = False
    was_used: bool = False


_Key = tuple[Kind, bytes]


class EngineMemory:
    """What the engine's calls in this process have told so far. Safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_program: dict[_Key, list[_Check]] = {}
        self._by_checked: dict[_Key, list[_Check]] = {}
        self._by_old_inputs: dict[_Key, list[_Check]] = {}
        self._created: dict[_Key, Values] = {}
        self._declared: dict[tuple[Kind, str], Values] = {}
        """By kind and id."""

    # What the calls tell

    def note_check(self, kind: Kind, olds: Values, news: Values, checked: Values) -> None:
        """`check` of a resource: its old inputs, if it exists; what the program gives; and what became of that."""
        if not olds:
            with self._lock:
                self._created[kind, _fingerprint(checked)] = checked
            return
        check = _Check(olds, checked)
        with self._lock:
            for index, values in (
                (self._by_program, news),
                (self._by_checked, checked),
                (self._by_old_inputs, olds),
            ):
                index.setdefault((kind, _fingerprint(values)), []).append(check)

    def note_diff(self, kind: Kind, id_: str, news: Values, *, is_replacement: bool) -> None:
        """`diff` of a resource: `news` are its inputs as `check` has completed them.

        A refresh compares as well, without a `check`: that says nothing about the program.
        """
        with self._lock:
            if check := self._uncompared(self._by_checked, kind, news):
                check.was_compared, check.is_replaced = True, is_replacement
                self._declared[kind, id_] = news

    # What can be asked

    def default_name(self, kind: Kind, olds: Values, news: Values) -> str | None:
        """The name of an object that the program does not name; None when there is none.

        `olds` are the inputs of the existing object, empty when it is to be made; `news` those of the program.
        """
        own: str | None = news.get(DEFAULT_NAME)
        if olds:
            name: str | None = olds.get(DEFAULT_NAME) or olds.get("name", own)
            return name
        return self._name_before_replacement(kind, news) or own

    def _name_before_replacement(self, kind: Kind, news: Values) -> str | None:
        with self._lock:
            unused = [each for each in self._by_program.get((kind, _fingerprint(news)), ()) if not each.was_used]
            # A replacement that `diff` has not seen is one that the engine has just decided by itself.
            check = next((each for each in unused if each.is_replaced), unused[-1] if unused else None)
            if check is None:
                return None
            check.was_used = True
            name: str | None = check.checked.get("name")
            return name

    def old_inputs(self, kind: Kind, news: Values) -> Values:
        """The old inputs of the resource that is being compared; none when it was not checked here."""
        with self._lock:
            check = self._uncompared(self._by_checked, kind, news)
            return check.old_inputs if check else {}

    def declared(self, kind: Kind, id_: str, outputs: Values) -> Values | None:
        """What the program says of an object that is deleted; None when it does not declare it any more."""
        with self._lock:
            if (kind, id_) in self._declared:
                return self._declared[kind, id_]
            values = inputs_of(kind, outputs)
            if check := self._uncompared(self._by_old_inputs, kind, values):
                return check.checked
            return self._created.pop((kind, _fingerprint(values)), None)

    @staticmethod
    def _uncompared(index: dict[_Key, list[_Check]], kind: Kind, values: Values) -> _Check | None:
        return next((each for each in index.get((kind, _fingerprint(values)), ()) if not each.was_compared), None)


def _fingerprint(values: Values) -> bytes:
    """What is equal for equal values. Secrets count as equal; they never show."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=repr).encode()).digest()
