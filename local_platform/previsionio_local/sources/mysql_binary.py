"""Rows of MySQL and MariaDB in the protocol's binary form, for results with FLOAT columns.

As text, a FLOAT comes rounded to six digits: 16777216 as 16777200. The binary form has all its bits, but PyMySQL does
not read it (https://github.com/PyMySQL/PyMySQL/issues/202), so this does, into values as the text form gives them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from pymysql.constants import FIELD_TYPE
from pymysql.protocol import FieldDescriptorPacket

_PREPARE, _EXECUTE, _CLOSE = 0x16, 0x17, 0x19
_UNSIGNED_FLAG = 32
_BINARY_CHARSET = 63

_NUMBERS = {
    FIELD_TYPE.TINY: "b",
    FIELD_TYPE.SHORT: "h",
    FIELD_TYPE.YEAR: "h",
    FIELD_TYPE.INT24: "i",
    FIELD_TYPE.LONG: "i",
    FIELD_TYPE.LONGLONG: "q",
    FIELD_TYPE.DOUBLE: "d",
}

_TOO_LARGE = 3.4028235677973366e38  # From here on numbers are rounded to infinity.

Read = Callable[[bytes, int], tuple[Any, int]]
"""Reads the value that begins at a position; returns it and where the next one begins."""


class BinaryRows:
    """A prepared query and its rows. Only one at a time on a connection."""

    def __init__(self, connection: Any, query: str) -> None:
        self._connection = connection
        connection._execute_command(_PREPARE, query)
        answer: bytes = connection._read_packet().get_all_data()
        self._id, columns, parameters = struct.unpack_from("<IHH", answer, 1)
        self._descriptions(parameters)
        self.fields = self._descriptions(columns)

    def has_floats(self) -> bool:
        """Whether the text form would lose anything."""
        return any(field.type_code == FIELD_TYPE.FLOAT for field in self.fields)

    def close(self) -> None:
        """Forget the query. Not while there are rows to read."""
        self._connection._execute_command(_CLOSE, struct.pack("<I", self._id))

    def execute(self) -> None:
        """Run the query."""
        self._connection._execute_command(_EXECUTE, struct.pack("<IBI", self._id, 0, 1))
        columns = self._connection._read_packet().read_length_encoded_integer()
        self.fields = self._descriptions(columns)
        self._rows = self._read_rows()

    def fetch(self, count: int) -> list[list[Any]]:
        """Return the next rows, fewer than `count` at the end."""
        return list(islice(self._rows, count))

    def _descriptions(self, count: int) -> list[Any]:
        if not count:
            return []
        connection = self._connection
        fields = [connection._read_packet(FieldDescriptorPacket) for _ in range(count)]
        connection._read_packet()  # the end of the descriptions
        return fields

    def _read_rows(self) -> Iterator[list[Any]]:
        readers = [_reader(field) for field in self.fields]
        nulls = (len(readers) + 9) // 8
        while True:
            packet = self._connection._read_packet()
            if packet.is_eof_packet():
                return
            data: bytes = packet.get_all_data()
            position = 1 + nulls
            row: list[Any] = []
            for column, read in enumerate(readers, 2):
                if data[1 + column // 8] >> column % 8 & 1:
                    row.append(None)
                else:
                    value, position = read(data, position)
                    row.append(value)
            yield row


def _reader(field: Any) -> Read:
    number = field.type_code
    if number == FIELD_TYPE.FLOAT:
        return _float
    if number in _NUMBERS:
        letter = _NUMBERS[number]
        return _number(letter.upper() if field.flags & _UNSIGNED_FLAG and letter != "d" else letter)
    if number in (FIELD_TYPE.DATE, FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP):
        return _moment(number != FIELD_TYPE.DATE, field.scale)
    if number == FIELD_TYPE.TIME:
        return _time(field.scale)
    if field.charsetnr == _BINARY_CHARSET and number not in (FIELD_TYPE.NEWDECIMAL, FIELD_TYPE.JSON):
        return _bytes
    return _text


def _number(letter: str) -> Read:
    form = struct.Struct("<" + letter)

    def read(data: bytes, position: int) -> tuple[Any, int]:
        return form.unpack_from(data, position)[0], position + form.size

    return read


def _float(data: bytes, position: int) -> tuple[float, int]:
    """The shortest number that is stored as the same 32 bits."""
    bits = data[position : position + 4]
    (value,) = struct.unpack("<f", bits)
    for digits in range(1, 9):
        short = float(f"{value:.{digits}g}")
        if abs(short) < _TOO_LARGE and struct.pack("<f", short) == bits:
            return short, position + 4
    return float(f"{value:.9g}"), position + 4


def _moment(with_time: bool, scale: int) -> Read:
    def read(data: bytes, position: int) -> tuple[str, int]:
        length = data[position]
        year, month, day, hour, minute, second, fraction = struct.unpack(
            "<HBBBBBI", data[position + 1 : position + 1 + length].ljust(11, b"\0")
        )
        text = f"{year:04}-{month:02}-{day:02}"
        if with_time:
            text += f" {hour:02}:{minute:02}:{second:02}{_fraction(fraction, scale)}"
        return text, position + 1 + length

    return read


def _time(scale: int) -> Read:
    def read(data: bytes, position: int) -> tuple[str, int]:
        length = data[position]
        negative, days, hour, minute, second, fraction = struct.unpack(
            "<BIBBBI", data[position + 1 : position + 1 + length].ljust(12, b"\0")
        )
        text = f"{'-' if negative else ''}{days * 24 + hour:02}:{minute:02}:{second:02}{_fraction(fraction, scale)}"
        return text, position + 1 + length

    return read


def _fraction(microseconds: int, scale: int) -> str:
    return f".{microseconds:06}"[: 1 + scale] if 0 < scale <= 6 else ""


def _bytes(data: bytes, position: int) -> tuple[bytes, int]:
    length, position = _length(data, position)
    return data[position : position + length], position + length


def _text(data: bytes, position: int) -> tuple[str, int]:
    value, position = _bytes(data, position)
    return value.decode(), position


def _length(data: bytes, position: int) -> tuple[int, int]:
    first = data[position]
    if first < 251:
        return first, position + 1
    size = {252: 2, 253: 3, 254: 8}[first]
    return int.from_bytes(data[position + 1 : position + 1 + size], "little"), position + 1 + size
