"""Files of rows: what is read from CSV, Parquet and ZIP files, and what is refused."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from previsionio_local.sources.base import SourceError
from previsionio_local.sources.tabular import read_table, spooled


def read(content: bytes, separator: str | None = None) -> pa.Table:
    batches = list(read_table(io.BytesIO(content), separator))
    assert len({str(batch.schema) for batch in batches}) == 1
    return pa.Table.from_batches(batches)


def rows(content: bytes, separator: str | None = None) -> list[tuple[object, ...]]:
    return list(zip(*[column.to_pylist() for column in read(content, separator).columns], strict=True))


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def test_values_of_csv_stay_as_they_are() -> None:
    text = b'id,code,when\n1,007,2024-01-01\n2,"a,""b""\nc",\n3,1e5, x \n'
    assert rows(text) == [("1", "007", "2024-01-01"), ("2", 'a,"b"\nc', ""), ("3", "1e5", " x ")]


def test_no_value_far_down_contradicts_the_first_ones() -> None:
    lines = ["id"] + ["1"] * 3_000_000 + ["not a number"]
    column = read("\n".join(lines).encode()).column(0)
    assert len(column) == 3_000_001
    assert column[-1].as_py() == "not a number"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_of_the_header(separator: str) -> None:
    text = separator.join(['"x,,,;;;"', "b"]) + "\n" + separator.join(["1", '"2,5"']) + "\n"
    assert rows(text.encode()) == [("1", "2,5")]


def test_a_given_separator_counts() -> None:
    assert rows(b"a;b,c\n1;2,3\n", separator=",") == [("1;2", "3")]


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (b"a,a,,a_2", ["a", "a_2", "column_3", "a_2_2"]),
        (b"\xef\xbb\xbfid,b", ["id", "b"]),
        (b'"two\nlines",b', ["two\nlines", "b"]),
    ],
)
def test_columns_have_distinct_names(header: bytes, names: list[str]) -> None:
    table = read(header + b"\n" + b",".join([b"x"] * len(names)) + b"\n")
    assert table.column_names == names
    assert table.num_rows == 1


@pytest.mark.parametrize("content", [b"a,b\n", b"a,b", b"a,b\r\n"])
def test_a_file_without_rows_has_columns(content: bytes) -> None:
    table = read(content)
    assert (table.num_rows, table.column_names) == (0, ["a", "b"])


def test_parquet_keeps_its_types() -> None:
    table = pa.table({"id": pa.array([1, None], pa.int32()), "name": ["x", None]})
    assert read(parquet(table)) == table
    assert read(parquet(table.slice(0, 0))).schema == table.schema


def test_the_first_table_in_a_zip_is_read() -> None:
    content = zipped(**{"__MACOSX/x.csv": b"no", "readme.md": b"no", "a/b/data.csv": b"a\n1\n", "z.csv": b"b\n2\n"})
    assert rows(content) == [("1",)]
    table = pa.table({"id": [1, 2]})
    assert read(zipped(**{"data.parquet": parquet(table)})) == table


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n\n", "header"),
        (b"a,b\n1\n", "Expected 2 columns, got 1"),
        (b"\xff\xfe\x00a", "UTF-8"),
        (b"a\n" + b"x\n" * 5_000_000 + b"\xff\n", "UTF8"),
        (b"PAR1 and then nothing", "Parquet"),
        (b"PK\x03\x04 and then nothing", "ZIP"),
        (zipped(), "ZIP file is empty"),
        (b"\x00\x01\n", "header"),
        (zipped(x=zipped(y=b"a\n1\n")), "another ZIP"),
    ],
)
def test_what_cannot_be_read_is_a_reason(content: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason) as caught:
        read(content)
    assert "\n" not in str(caught.value)


def test_a_spool_leaves_nothing(tmp_path: Path) -> None:
    with spooled(tmp_path / "spool") as file:
        file.write(b"x")
        assert list((tmp_path / "spool").iterdir()) == []
