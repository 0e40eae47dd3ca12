"""What becomes of each SQL type: one table for PostgreSQL, one for MySQL and MariaDB.

Values arrive as the text that the server writes, or as what the driver makes of it, and become an Arrow type that holds
each of them exactly. Where there is none (intervals, UUIDs, JSON, arrays, ranges, times beyond a day, numbers without a
declared precision), they stay the server's text. So does a whole column as soon as it holds a value for which its type
has no room: an infinite date, a year beyond 9999, `0000-00-00`, `24:00`, a decimal that is no number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from .base import SourceError
from .columns import distinct_names


class Form(Enum):
    """How values come out of the driver."""

    TYPED = "as the driver's own exact type"
    PARSED = "as the server's text, which Arrow reads"
    TEXT = "as the server's text, which is kept"


@dataclass(frozen=True)
class Rule:
    """What becomes of one SQL type."""

    arrow: pa.DataType | None
    """None: a decimal of the declared precision and scale."""
    csv: str
    """How a value looks in CSV."""
    form: Form = Form.TYPED


_NUMBER = "123"
_FLOAT = "0.1, 1e+300, nan, inf"
_DECIMAL = "10.50"
_DATE = "2024-02-29"
_MOMENT = "2024-02-29 12:00:00, with .123456 if there is a fraction"
_AS_WRITTEN = Rule(pa.string(), "as the server writes it", Form.TEXT)

POSTGRESQL: dict[int, Rule] = {
    16: Rule(pa.bool_(), "True, False"),  # boolean
    17: Rule(pa.binary(), "hexadecimal: 00ff"),  # bytea
    20: Rule(pa.int64(), _NUMBER),  # bigint
    21: Rule(pa.int16(), _NUMBER),  # smallint
    23: Rule(pa.int32(), _NUMBER),  # integer
    26: Rule(pa.int64(), _NUMBER),  # oid
    700: Rule(pa.float64(), _FLOAT),  # real. As written: Arrow's float32 would turn 0.1 into 0.10000000149.
    701: Rule(pa.float64(), _FLOAT),  # double precision
    1082: Rule(pa.date32(), _DATE, Form.PARSED),  # date
    1083: Rule(pa.time64("us"), "10:11:12, with .123456 if there is a fraction", Form.PARSED),  # time
    1114: Rule(pa.timestamp("us"), _MOMENT, Form.PARSED),  # timestamp
    1184: Rule(pa.timestamp("us", "UTC"), "2024-02-29 12:00:00+00:00", Form.PARSED),  # timestamp with time zone
    1700: Rule(None, _DECIMAL, Form.PARSED),  # numeric
}
"""By the object identifier of the type; all others are kept as written."""

MYSQL: dict[int, Rule] = {
    1: Rule(pa.int32(), _NUMBER),  # TINYINT
    2: Rule(pa.int32(), _NUMBER),  # SMALLINT
    3: Rule(pa.int64(), _NUMBER),  # INT
    4: Rule(pa.float64(), _FLOAT),  # FLOAT: the shortest number that is stored as the same 32 bits
    5: Rule(pa.float64(), _FLOAT),  # DOUBLE
    7: Rule(pa.timestamp("us"), _MOMENT, Form.PARSED),  # TIMESTAMP
    8: Rule(pa.int64(), _NUMBER),  # BIGINT
    9: Rule(pa.int32(), _NUMBER),  # MEDIUMINT
    10: Rule(pa.date32(), _DATE, Form.PARSED),  # DATE
    11: Rule(pa.string(), "10:11:12, -838:59:59", Form.TEXT),  # TIME
    12: Rule(pa.timestamp("us"), _MOMENT, Form.PARSED),  # DATETIME
    13: Rule(pa.int32(), _NUMBER),  # YEAR
    16: Rule(pa.binary(), "hexadecimal: 05"),  # BIT
    245: Rule(pa.string(), '{"a": 1}', Form.TEXT),  # JSON
    246: Rule(None, _DECIMAL, Form.PARSED),  # DECIMAL
}
"""By the protocol's number of the type; all others are text, or binary where their character set is."""

MYSQL_BINARY = Rule(pa.binary(), "hexadecimal: 00ff")
MYSQL_UNSIGNED_BIGINT = Rule(pa.uint64(), _NUMBER)


_COUNTED = {
    pa.date32(): pa.int32(),
    pa.timestamp("us"): pa.int64(),
    pa.timestamp("us", "UTC"): pa.int64(),
}
_DAYS = (date.min - date(1970, 1, 1)).days, (date.max - date(1970, 1, 1)).days
_MICROSECONDS = _DAYS[0] * 86_400_000_000, (_DAYS[1] + 1) * 86_400_000_000 - 1
# What Python, and most who read a snapshot, can hold of what Arrow can.
_BOUNDS = {
    pa.date32(): _DAYS,
    pa.timestamp("us"): _MICROSECONDS,
    pa.timestamp("us", "UTC"): _MICROSECONDS,
}


class NoRoom(Exception):
    """A column holds a value for which its type has no room."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


def postgresql_type(oid: int, precision: int | None, scale: int | None) -> pa.DataType:
    """Return the Arrow type of a column of PostgreSQL."""
    rule = POSTGRESQL.get(oid, _AS_WRITTEN)
    return rule.arrow or _decimal(precision, scale)


def mysql_type(number: int, length: int, scale: int, unsigned: bool, binary: bool) -> pa.DataType:
    """Return the Arrow type of a column of MySQL or MariaDB, from the description that goes before its rows."""
    rule = MYSQL.get(number, MYSQL_BINARY if binary else _AS_WRITTEN)
    if number == 8 and unsigned:
        rule = MYSQL_UNSIGNED_BIGINT
    # The length counts the characters of the longest number, with its sign and its point.
    return rule.arrow or _decimal(38 if length - (scale > 0) - (not unsigned) <= 38 else 65, scale)


def batch_of(schema: pa.Schema, rows: Sequence[Sequence[Any]]) -> pa.RecordBatch:
    """Return rows as a record batch.

    Raises:
        NoRoom: a value does not fit the type of its column, which must become text.
        SourceError: nor is it text.
    """
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [_array(field, values) for field, values in zip(schema, columns, strict=True)]
    return pa.record_batch(arrays, schema=schema)


def schema_of(names: Sequence[str], types: Sequence[pa.DataType], as_text: set[str]) -> pa.Schema:
    """Return the schema of a result: names made distinct, the columns of `as_text` as text."""
    distinct = distinct_names(names)
    return pa.schema(
        [
            (name, pa.string() if name in as_text and _is_parsed(arrow) else arrow)
            for name, arrow in zip(distinct, types, strict=True)
        ]
    )


def _array(field: pa.Field[Any], values: Sequence[Any]) -> pa.Array[Any]:
    try:
        return _parsed(values, field.type) if _is_parsed(field.type) else pa.array(values, type=field.type)
    except (pa.ArrowException, OverflowError, UnicodeError, TypeError) as error:
        if _is_parsed(field.type):
            raise NoRoom(field.name) from None
        raise SourceError(f"column '{field.name}' holds {_first_misfit(field, values)}: {error}") from None


def _parsed(values: Sequence[Any], arrow: pa.DataType) -> pa.Array[Any]:
    # Arrow reads text faster than Python does.
    texts: pa.Array[Any] = pa.array(values, type=pa.string())
    if pa.types.is_time(arrow):  # Which it reads as part of a moment only.
        day: Any = pa.scalar("1970-01-01")
        texts = pc.binary_join_element_wise(day, texts, pa.scalar(" ")).cast(pa.timestamp("us"))
    array: pa.Array[Any] = texts.cast(arrow)
    if arrow not in _BOUNDS:
        return array
    first, last = (bound.as_py() for bound in pc.min_max(array.view(_COUNTED[arrow])).values())
    if first is not None and not (_BOUNDS[arrow][0] <= first and last <= _BOUNDS[arrow][1]):
        raise pa.ArrowInvalid("a year before 1 or after 9999")
    return array


def _is_parsed(arrow: pa.DataType) -> bool:
    return bool(pa.types.is_decimal(arrow) or pa.types.is_temporal(arrow))


def _first_misfit(field: pa.Field[Any], values: Sequence[Any]) -> str:
    for value in values:
        try:
            pa.array([value], type=field.type)
        except (pa.ArrowException, OverflowError, UnicodeError, TypeError):  # noqa: PERF203
            return f"{str(value)[:80]!r}, which is no {field.type}"
    return f"what is no {field.type}"


def _decimal(precision: int | None, scale: int | None) -> pa.DataType:
    if not precision or scale is None or not 0 <= scale <= precision <= 76:
        return pa.string()
    return pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(precision, scale)
