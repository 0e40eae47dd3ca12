"""What leaves the platform as CSV is what a standard reader reads, for every type that a Parquet file can have."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pandas as pd  # type: ignore[import-untyped]
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from previsionio_local.datasets.snapshots import read_csv, write_snapshot
from previsionio_local.sources.tabular import read_table

MOMENT = datetime(2024, 2, 29, 1, 2, 3)
NANOS = 1709168523_123456789

TYPES: list[tuple[pa.DataType, list[Any], list[str]]] = [
    (pa.null(), [None], [""]),
    (pa.bool_(), [True, False], ["True", "False"]),
    (pa.int8(), [-128], ["-128"]),
    (pa.uint64(), [2**64 - 1], ["18446744073709551615"]),
    (pa.int64(), [-(2**63)], ["-9223372036854775808"]),
    (pa.float16(), [0.5], ["0.5"]),
    (pa.float32(), [0.1, float("nan"), float("-inf"), 16777216.0], ["0.1", "nan", "-inf", "16777216"]),
    (pa.float64(), [0.1, 1e300, float("inf"), 5e-324], ["0.1", "1e+300", "inf", "5e-324"]),
    (pa.decimal128(38, 9), [Decimal("0E-9"), Decimal("-1.5")], ["0.000000000", "-1.500000000"]),
    (pa.decimal256(76, 0), [Decimal(10) ** 75], ["1" + "0" * 75]),
    (pa.string(), ["", " a ", "Zoë 🌊"], ["", " a ", "Zoë 🌊"]),
    (pa.large_string(), ["x"], ["x"]),
    (pa.string_view(), ["x"], ["x"]),
    (pa.binary(), [b"\x00\xff", b""], ["00ff", ""]),
    (pa.large_binary(), [b"\x00"], ["00"]),
    (pa.binary(2), [b"ab"], ["6162"]),
    (pa.binary_view(), [b"\x00"], ["00"]),
    (pa.date32(), [date(2024, 2, 29), date(1, 1, 1)], ["2024-02-29", "0001-01-01"]),
    (pa.date64(), [date(2024, 2, 29)], ["2024-02-29"]),
    (pa.time32("s"), [time(1, 2, 3)], ["01:02:03"]),
    (pa.time64("us"), [time(1, 2, 3, 4)], ["01:02:03.000004"]),
    (
        pa.time64("ns"),
        [3723_000000007, 3723_000004000, 3723_000000000],
        ["01:02:03.000000007", "01:02:03.000004", "01:02:03"],
    ),
    (pa.timestamp("s"), [MOMENT], ["2024-02-29 01:02:03"]),
    (pa.timestamp("ms"), [MOMENT.replace(microsecond=5000)], ["2024-02-29 01:02:03.005000"]),
    (pa.timestamp("us", "UTC"), [MOMENT.replace(tzinfo=timezone.utc)], ["2024-02-29 01:02:03+00:00"]),
    (pa.timestamp("us", "Europe/Paris"), [MOMENT.replace(tzinfo=timezone.utc)], ["2024-02-29 02:02:03+01:00"]),
    (pa.timestamp("ns"), [NANOS, -1], ["2024-02-29 01:02:03.123456789", "1969-12-31 23:59:59.999999999"]),
    (pa.timestamp("ns", "Europe/Paris"), [NANOS // 10**9 * 10**9 + 7], ["2024-02-29 02:02:03.000000007+01:00"]),
    (pa.timestamp("ms"), [253402300800000], ["10000-01-01 00:00:00.000"]),
    (pa.duration("us"), [timedelta(days=1, microseconds=5)], ["1 day, 0:00:00.000005"]),
    (pa.duration("ns"), [1_000000001], ["0:00:01.000000001"]),
    (pa.list_(pa.int64()), [[1, None], []], ["[1, null]", "[]"]),
    (pa.large_list(pa.string()), [["é", '"']], ['["é", "\\""]']),
    (pa.list_(pa.float32(), 2), [[0.1, float("nan")]], ['[0.1, "nan"]']),
    (
        pa.struct([("a", pa.decimal128(5, 2)), ("b", pa.binary()), ("c", pa.list_(pa.date32()))]),
        [{"a": Decimal("1.50"), "b": b"\xff", "c": [date(2024, 2, 29)]}, {"a": None, "b": None, "c": None}],
        ['{"a": "1.50", "b": "ff", "c": ["2024-02-29"]}', '{"a": null, "b": null, "c": null}'],
    ),
    (pa.map_(pa.string(), pa.int8()), [[("k", 1), ("l", None)], []], ['[["k", 1], ["l", null]]', "[]"]),
    (pa.dictionary(pa.int8(), pa.string()), ["x", "y"], ["x", "y"]),
]
"""A type, values, and their texts."""


def through(table: pa.Table) -> list[list[str]]:
    """The rows of a Parquet file after a snapshot, as Python's reader finds them in the CSV download."""
    return list(csv.reader(io.StringIO(downloaded(table).decode(), newline="")))


def downloaded(table: pa.Table) -> bytes:
    uploaded = io.BytesIO()
    pq.write_table(table, uploaded)
    return b"".join(read_csv(snapshot(uploaded)))


def snapshot(uploaded: Any) -> io.BytesIO:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.parquet"
        write_snapshot(path, read_table(uploaded, Path(folder)), lambda _: True)
        return io.BytesIO(path.read_bytes())


@pytest.mark.parametrize(("kind", "values", "texts"), TYPES, ids=[f"{kind}" for kind, _, _ in TYPES])
def test_every_type_has_one_text(kind: pa.DataType, values: list[Any], texts: list[str]) -> None:
    nullable = [*values, None]
    table = pa.table({"id": list(range(len(nullable))), "value": pa.array(nullable, kind)})
    assert [row[1] for row in through(table)[1:]] == [*texts, ""]
    # A part of a column is not told by where it begins.
    assert [row[1] for row in through(table.slice(1))[1:]] == [*texts, ""][1:]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.text(st.sampled_from("\r\n,;\"' \t\ufeff\u2028#é")), min_size=2, max_size=2), max_size=8))
def test_standard_readers_find_every_value(rows: list[list[str]]) -> None:
    names = ["\ufeffa", "b\r"]
    table = pa.table([pa.array([row[place] for row in rows], pa.string()) for place in (0, 1)], names=names)
    data = downloaded(table)
    assert list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))) == [names, *rows]
    frame = pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False, encoding="utf-8")
    assert frame.to_numpy().tolist() == rows


def test_one_empty_column_has_rows() -> None:
    assert through(pa.table({"a": ["", None, "x"]})) == [["a"], [""], [""], ["x"]]


def test_equal_names_of_a_parquet_file_are_numbered() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert through(table) == [["a", "a_2"], ["1", "2"]]
    assert through(table.slice(1)) == [["a", "a_2"]]
