"""The values of a snapshot as CSV text: one rule for each Arrow type.

| Arrow type | text |
|---|---|
| null | nothing |
| bool | `True`, `False` |
| integers | digits |
| float64 | the fewest digits that give the same number: `0.1`, `1e+300`, `nan`, `inf` |
| float16, float32 | the same, with the digits that this precision needs |
| decimal | digits with all decimals, never an exponent |
| string | as it is |
| binary | hexadecimal digits |
| date | `2024-02-29` |
| time, timestamp | `01:02:03`, `2024-02-29 01:02:03+00:00`; 6 decimals if there are any, 9 if it counts nanoseconds |
| duration | as Python writes it: `1 day, 0:00:00`; 9 decimals if it counts nanoseconds |
| list, struct, map | JSON; numbers and booleans as such, all other values as the text above |
| dictionary, extension | as the values behind it |
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_PLAIN_IN_JSON = (bool, int, type(None))


def csv_values(column: pa.Array[Any]) -> list[Any]:
    """Return what Python's CSV writer should write for each value of a column; None for nothing."""
    kind = column.type
    if isinstance(kind, pa.DictionaryType):
        return csv_values(column.dictionary_decode())  # type: ignore[attr-defined]
    if isinstance(kind, pa.BaseExtensionType) and kind.extension_name != "arrow.uuid":
        return csv_values(column.storage)  # type: ignore[attr-defined]
    if pa.types.is_nested(kind):
        return [None if value is None else _json(value) for value in _nested(column)]
    for belongs, rule in _RULES:
        if belongs(kind):
            return rule(column)
    return column.to_pylist()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _nested(column: pa.Array[Any]) -> list[Any]:
    """Return values as JSON knows them."""
    kind = column.type
    if pa.types.is_struct(kind):
        names = [kind.field(position).name for position in range(kind.num_fields)]
        fields = [_nested(each) for each in column.flatten()]  # type: ignore[attr-defined]
        rows = zip(*fields, strict=True) if fields else iter([()] * len(column))
        structs = [dict(zip(names, row, strict=True)) for row in rows]
        return [value if there else None for value, there in zip(structs, column.is_valid().to_pylist(), strict=True)]
    if pa.types.is_map(kind):
        pairs = pa.ListArray.from_arrays(column.offsets, _pairs(column), mask=column.is_null())  # type: ignore[attr-defined]
        return [None if row is None else [[each["key"], each["value"]] for each in row] for row in _nested(pairs)]
    if pa.types.is_nested(kind):
        return list(_lists(column))
    plain = csv_values(column)
    if pa.types.is_floating(kind):
        # JSON has no word for infinity.
        return [each if each is None or each in ("nan", "inf", "-inf") else float(each) for each in map(_word, plain)]
    return [each if isinstance(each, _PLAIN_IN_JSON) else str(each) for each in plain]


def _word(value: Any) -> Any:
    return None if value is None else str(value)


def _pairs(column: Any) -> Any:
    return pa.StructArray.from_arrays([column.keys, column.items], ["key", "value"])


def _lists(column: Any) -> Iterator[list[Any] | None]:
    inner = iter(_nested(column.flatten()))
    for length in pc.list_value_length(column).to_pylist():
        yield None if length is None else [next(inner) for _ in range(length)]


def _hexadecimal(column: pa.Array[Any]) -> list[Any]:
    return [value if value is None else value.hex() for value in column.to_pylist()]


def _all_decimals(column: pa.Array[Any]) -> list[Any]:
    # Python would write a zero with nine places as 0E-9.
    return [value if value is None else f"{value:f}" for value in column.to_pylist()]


def _fewest_digits(column: pa.Array[Any]) -> list[Any]:
    # Python has no such precision and would write 0.1 as 0.10000000149011612.
    return column.cast(pa.float32()).cast(pa.string()).to_pylist()


def _time(column: pa.Array[Any]) -> list[Any]:
    """Write times as Python does, and by Arrow's own rule those that Python has no room for."""
    kind: Any = column.type
    if getattr(kind, "unit", "") == "ns":
        return _nanoseconds(column)
    try:
        return [value if value is None else str(value) for value in column.to_pylist()]
    except (ValueError, OverflowError):
        return column.cast(pa.string()).to_pylist()


def _nanoseconds(column: pa.Array[Any]) -> list[Any]:
    kind: Any = column.type
    counts = column.cast(pa.int64()).to_pylist()
    coarse: Any = pa.timestamp("us", kind.tz) if pa.types.is_timestamp(kind) else pa.time64("us")
    if pa.types.is_duration(kind):
        coarse = pa.duration("us")
    micros = pa.array([None if count is None else count // 1000 for count in counts], pa.int64()).cast(coarse)
    return [
        None if count is None else _with_nanoseconds(value, count % 1000)
        for value, count in zip(micros.to_pylist(), counts, strict=True)
    ]


def _with_nanoseconds(value: Any, nanoseconds: int) -> str:
    text = str(value)
    if not nanoseconds:
        return text
    seconds, point, more = text.partition(".")
    if not point:
        # The offset of a time zone comes after the decimals.
        end = next(
            (place for place in range(len(text) - 6, len(text)) if place > 10 and text[place] in "+-"), len(text)
        )
        seconds, more = text[:end], "000000" + text[end:]
    return f"{seconds}.{more[:6]}{nanoseconds:03d}{more[6:]}"


def _is_time(kind: pa.DataType) -> bool:
    return pa.types.is_temporal(kind) and not pa.types.is_interval(kind)


_RULES: list[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array[Any]], list[Any]]]] = [
    (pa.types.is_binary, _hexadecimal),
    (pa.types.is_large_binary, _hexadecimal),
    (pa.types.is_fixed_size_binary, _hexadecimal),
    (pa.types.is_binary_view, _hexadecimal),
    (pa.types.is_decimal, _all_decimals),
    (pa.types.is_float16, _fewest_digits),
    (pa.types.is_float32, _fewest_digits),
    (_is_time, _time),
]
