"""Names in a generated program: unique, valid, and as near to the platform's names as Python and Pulumi allow."""

from __future__ import annotations

import builtins
import itertools
import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

LONGEST = 40
"""Characters of a variable or a configuration key: no line of the program grows longer than `literals.LINE` by it."""

_NUMBERS = 4
"""Characters of `LONGEST` that are left for the number behind a name that is there already."""

RESERVED = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "pulumi", "previsionio", "config", "l"})
"""What a variable must not be called: Python's words, what the program itself uses, and what linters refuse."""

_PLAIN = re.compile(r"\w(?:[\w .-]{0,61}[\w-])?")
_DIACRITICS = re.compile("[\u0300-\u036f]")


class Unique:
    """Gives each name once; later ones of the same name get a number."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._last: Counter[str] = Counter()

    def pick(self, wanted: str, separator: str = "") -> str:
        """`wanted` itself, or with the next free number behind the separator."""
        for number in itertools.count(self._last[wanted] + 1):
            name = wanted if number == 1 else f"{wanted}{separator}{number}"
            self._last[wanted] = number
            if name not in self._taken:
                self._taken.add(name)
                return name
        raise AssertionError("numbers do not end")


def is_plain(name: str) -> bool:
    """Whether a platform's name can be a resource's name as it is: letters, digits, and `_`, `-`, `.`, space inside."""
    return bool(_PLAIN.fullmatch(name))


def kebab(name: str, otherwise: str) -> str:
    """A name as a resource is usually called, such as `sales-report-2024`."""
    return "-".join(_words(name))[:60].strip("-") or otherwise


def identifier(name: str, noun: str) -> str:
    """A name as a variable, such as `sales_report`; letters of any script stay, `noun` helps where none is left."""
    found = "_".join(_words(name))[:LONGEST].strip("_")
    if found and not found.isidentifier():
        found = f"{noun}_{found}"[:LONGEST].strip("_")
    if not found.isidentifier():
        found = noun
    return f"{found[: LONGEST - len(noun) - 1]}_{noun}" if found in RESERVED else found


def setting_words(name: str, noun: str, what: tuple[str, ...]) -> list[str]:
    """The words of a configuration key or variable that holds `what` of an object: those that any keyboard can type."""
    words = re.findall("[a-z0-9]+", _folded(name)) or noun.split("_")
    if words[0][0].isdigit():
        words.insert(0, noun.split("_")[0])
    room = LONGEST - _NUMBERS - sum(len(word) + 1 for word in what)
    kept: list[str] = []
    for word in words:
        kept.append(word[: max(0, room)])
        room -= len(word) + 1
    return [*filter(None, kept), *what]


def camel(words: Iterable[str]) -> str:
    """`crmPassword` of `crm`, `password`: how keys of a stack's configuration are written."""
    first, *rest = words
    return first + "".join(word.capitalize() for word in rest)


def variable_of(key: str) -> str:
    """`CRM_PASSWORD` of `crmPassword`: the environment variable that goes with a key of a stack's configuration."""
    return re.sub("(?<=[a-z0-9])(?=[A-Z])", "_", key).upper()


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", _folded(name))


def _folded(name: str) -> str:
    """Lower case, without the accents of Latin, Greek and Cyrillic letters; the way Python itself reads identifiers."""
    bare = _DIACRITICS.sub("", unicodedata.normalize("NFKD", name.lower()))
    return unicodedata.normalize("NFKC", bare).lower()
