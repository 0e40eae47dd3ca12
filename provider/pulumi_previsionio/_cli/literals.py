"""Python source text of values, as a person writes it and `ruff format` leaves it."""

from __future__ import annotations

import re

LINE = 88
"""Columns of a line; the default of ruff and black."""

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def literal(value: object, *, block: bool = False) -> str:
    """A value as source text, in double quotes where that needs no more escapes than single ones.

    `block` writes text of several lines as such, in triple quotes.
    """
    if not isinstance(value, str):
        return repr(value)
    if block and re.search(r"\n.*\S", value):
        return _block(value)
    # ruff's rule: single quotes only for text that holds more double ones.
    quote = "'" if value.count('"') > value.count("'") else '"'
    return quote + _escaped(value, quote) + quote


def call(target: str, function: str, arguments: list[str]) -> str:
    """`target = function(arguments)`, on one line where it fits, else one line for each argument."""
    line = f"{target} = {function}({', '.join(arguments)})"
    if width(line) <= LINE and "\n" not in line:
        return line
    return "\n".join([f"{target} = {function}(", *(f"    {argument}," for argument in arguments), ")"])


def comment(text: str) -> str:
    """A comment that stays on its line, whatever the text holds."""
    return f"# {one_line(text)}"


def one_line(text: str, longest: int = 200) -> str:
    """Text for people, on one line, without characters that act on a terminal or hide in an editor."""
    words = " ".join(text.split())
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in words)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def width(line: str) -> int:
    """Columns that a line takes at most: what is wide in some fonts counts as two."""
    return sum(2 if ord(char) > 0x2FF else 1 for char in line)


def _block(text: str) -> str:
    # Quotes that would end the literal; and a line's last space, which many editors cut off.
    delicate = {place for match in _DELICATE.finditer(text) for place in range(*match.span())}
    chars = (_DELICATE_ESCAPES[char] if place in delicate else _escape(char) for place, char in enumerate(text))
    return '"""\\\n' + "".join("\n" if char == "\\n" else char for char in chars) + '"""'


_DELICATE = re.compile(r'"{3,}|"\Z| (?=\n)')
_DELICATE_ESCAPES = {'"': '\\"', " ": "\\x20"}


def _escaped(text: str, quote: str) -> str:
    return "".join(f"\\{char}" if char == quote else _escape(char) for char in text)


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    # Accents of their own could be joined with the letter before them by an editor.
    if char.isprintable() and not "\u0300" <= char <= "\u036f":
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
