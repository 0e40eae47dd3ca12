"""Files of rows: what is read from CSV, Parquet and ZIP files, and what is refused."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import os
import tempfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from previsionio_local.sources import csv_rows
from previsionio_local.sources.base import SourceError
from previsionio_local.sources.columns import distinct_names
from previsionio_local.sources.csv_rows import CSVFormat
from previsionio_local.sources.remote_file import BEGINNING, RemoteFile
from previsionio_local.sources.tabular import check_file, read_table, spooled

SPOOL = Path(tempfile.gettempdir())


def read(content: bytes, separator: str | None = None, decimal: str = ".") -> pa.Table:
    batches = list(read_table(io.BytesIO(content), SPOOL, CSVFormat(separator, decimal)))
    assert len({str(batch.schema) for batch in batches}) == 1
    return pa.Table.from_batches(batches)


def rows(content: bytes, separator: str | None = None, decimal: str = ".") -> list[tuple[object, ...]]:
    return list(zip(*[column.to_pylist() for column in read(content, separator, decimal).columns], strict=True))


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
        (b"a,a,,a_2", ["a", "a_3", "column_3", "a_2"]),
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


def test_the_one_table_in_a_zip_is_read() -> None:
    clutter = {"__MACOSX/x.csv": b"no", "a/.hidden.csv": b"no", "readme.md": b"no"}
    content = zipped(**clutter, **{"a/b/data.csv": b"a\n1\n"})
    assert rows(content) == [("1",)]
    table = pa.table({"id": [1, 2]})
    assert read(zipped(**{"data.parquet": parquet(table)})) == table


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n\n", "header"),
        (b"a,b\n1,2\n\n1\n", "^line 4 has 1 field, the header has 2$"),
        (b'a,b\n1,"2\n3"\n1,2,3\n', "^line 4 has 3 fields, the header has 2$"),
        (b"a,b\n" + b"1,2\n" * 1_050_000 + b"1\n", "^line 1050002 has 1 field, the header has 2$"),
        (b'a,b\n1,2\n1,"2\n3,4\n', "^line 3 has a quote that is never closed$"),
        (b'a,b\n1,"2"x\n', "^line 2 has text after a closing quote"),
        (b'a,"b\n1,2\n', "^line 1 has a quote that is never closed$"),
        (b'a,b\n1,2\n1,"' + b"1,2\n" * 300_000, "^line 3 has a quote that is never closed$"),
        (b"a,b\n1,\x002\n", "NUL"),
        (b"a\n" + b"x\n" * 2_100_000 + b"\x00\n", "^line 2100002 holds a NUL character"),
        ("a,b\n1,é\n".encode("utf-16"), "the file is UTF-16: save it as UTF-8"),
        ("a,b\n1,é\n".encode("utf-16-le"), "UTF-16 without a byte order mark"),
        ("a,b\n1,é\n".encode("utf-32"), "the file is UTF-32"),
        ("a,b\n1,2\n1,é\n".encode("latin-1"), r"^line 3 is not UTF-8 \(byte 0xE9; Latin-1"),
        (b"a\n" + b"x\n" * 2_100_000 + b"\xff\n", r"^line 2100002 is not UTF-8 \(byte 0xFF"),
        (b"a,b;c\n1,2;3\n", "does not tell which of ',' ';' separates"),
        (b"sep=;\n\n", "header"),
        (bz2.compress(b"a\n1\n"), "bzip2"),
        (lzma.compress(b"a\n1\n"), "xz"),
        (gzip.compress(b"a\n1\n", mtime=0)[:-6], "ends too early"),
        (gzip.compress(b"a\n1\n" * 99, mtime=0)[:-8] + b"12345678", "damaged"),
        (gzip.compress(b"", mtime=0), "empty"),
        (zipped(**{"[Content_Types].xml": b"", "xl/workbook.xml": b"", "x.csv": b"a\n"}), "spreadsheet"),
        (zipped(**{"mimetype": b"", "content.xml": b""}), "OpenDocument"),
        (
            zipped(**{"b.csv": b"a\n1\n", "a.csv": b"a\n2\n"}),
            "holds 2 files, and only one can be read: 'b.csv', 'a.csv'",
        ),
        (zipped(**{"b.bin": b"a\n1\n", "a.bin": b"a\n2\n"}), "holds 2 files"),
        (b"\xd0\xcf\x11\xe0 and more", "xls"),
        (b"PAR1 and then nothing", "Parquet"),
        (b"PK\x03\x04 and then nothing", "ZIP"),
        (zipped(), "ZIP file is empty"),
        (b"\x00\x01\n", "UTF-16|NUL"),
        (zipped(x=zipped(y=b"a\n1\n")), "holds a ZIP"),
    ],
    # Packed files hold the time of day, and workers of a test run must agree on names.
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_what_cannot_be_read_is_a_reason(content: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason) as caught:
        read(content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        # One column: an empty line is an empty value.
        (b"a\n\nx\n\n", ["", "x", ""]),
        (b"a\r\n\r\nx\r\n", ["", "x"]),
        (b'a\n""\n"x"\n', ["", "x"]),
        # More columns: an empty line is nothing.
        (b"a,b\n\n1,2\n\n", ["1"]),
        (b'a,b\n\n"1",2\n\n3,5" pipe\n', ["1", "3"]),
        # Line ends of all systems, in quotes and out of them.
        (b"a,b\r1,2\r3,4", ["1", "3"]),
        (b'a,b\n"1\r\n2\r3\n",2\n', ["1\r\n2\r3\n"]),
        # What spreadsheets write.
        (b"sep=;\na;b\n1,2;3\n", ["1,2"]),
        (b'\xef\xbb\xbf"SEP=|"\r\na|b\r\n1|3\r\n', ["1"]),
        # Separators that tie.
        (b"a,b;c\nx;y,2\n1,2;3,4\n", ["x", "1,2"]),
        (b"a,b;c\n1,2\n3,4\n", ["1", "3"]),
        (b"a;b\tc;d\te\n1;2\t3;4\tx\n", None),
        # What looks like nothing to other readers.
        (b"a,b\nNA,1\nnull,1\n#N/A,1\n,1\n", ["NA", "null", "#N/A", ""]),
        (b"a,b\n\\N,1\n\\,2\n", ["\\N", "\\"]),
        (b'a,b\n5" pipe,1\n', ['5" pipe']),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), ["1"]),
        (gzip.compress(b"a,b\n1,2\n", mtime=0) + gzip.compress(b"3,4\n", mtime=0), ["1", "3"]),
        (gzip.compress(parquet(pa.table({"a": ["1"]}))), ["1"]),
    ],
    ids=lambda _: "file",
)
def test_odd_files_are_read_or_refused(content: bytes, expected: list[str] | None) -> None:
    if expected is None:
        with pytest.raises(SourceError, match=r"does not tell|fields?, the header"):
            read(content)
    else:
        assert read(content).column(0).to_pylist() == expected
        look_up(content)


def test_decimals_get_points_where_the_file_says_that_it_has_commas() -> None:
    text = b"n;t\n1,5;a,b\n-,25e3;1,2,3\n12;12,\n"
    assert rows(text, ";", ",") == [("1.5", "a,b"), ("-.25e3", "1,2,3"), ("12", "12,")]
    assert rows(text, ";") == [("1,5", "a,b"), ("-,25e3", "1,2,3"), ("12", "12,")]


VALUES = st.text(st.sampled_from('a,;"\n\r é🌊'), max_size=6)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=20), st.integers(1, 40), st.sampled_from(["\n", "\r\n"]))
def test_blocks_may_end_anywhere(table: list[tuple[str, ...]], block: int, line_end: str) -> None:
    """Also between the two characters of a line end in quotes, where pyarrow's own blocks lose one."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator=line_end).writerows([("x", "y", "z"), *table])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_rows, "_BLOCK", block + 20)
        assert rows(out.getvalue().encode()) == table


@settings(deadline=None, max_examples=100)
@given(st.text(st.sampled_from('a,"\n\r'), max_size=24))
def test_python_and_we_agree_on_every_file_of_three_columns(text: str) -> None:
    content = "x,y,z\n" + text
    try:
        expected = [tuple(row) for row in csv.reader(io.StringIO(content, newline=""), strict=True) if row][1:]
    except csv.Error:
        expected = [()]
    if all(len(row) == 3 for row in expected):
        assert rows(content.encode()) == expected
    else:
        with pytest.raises(SourceError, match=r"^line "):
            read(content.encode())


def test_pyarrow_still_loses_a_byte_between_its_blocks() -> None:
    """When this fails, https://github.com/apache/arrow/issues/51368 is mended and `csv_rows` can be simpler."""
    content = b'id,s\n0,"zzzzzzzzzzzzA\r\nB"\n1,x\n'
    edge = content.index(b"\r\n") + 1
    with pyarrow.csv.open_csv(
        io.BytesIO(content),
        read_options=pyarrow.csv.ReadOptions(block_size=edge),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
    ) as reader:
        assert reader.read_all().column("s").to_pylist()[0] != "zzzzzzzzzzzzA\r\nB"
    assert rows(content)[0] == ("0", "zzzzzzzzzzzzA\r\nB")


def look_up(content: bytes) -> int:
    """Do what a look-up does, and return how many bytes it fetched."""
    fetched = [min(len(content), BEGINNING)]

    def fetch(start: int, size: int) -> bytes:
        fetched.append(size)
        return content[start : start + size]

    check_file(RemoteFile(content[:BEGINNING], lambda: len(content), fetch), SPOOL)
    return sum(fetched)


GOOD = b"a,b\n" + b"1,2\n" * BEGINNING
NOISE = pa.table({"a": [os.urandom(1000) for _ in range(3000)]})


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        gzip.compress(GOOD, 0, mtime=0),
        b'a,b\n"' + GOOD,
        zipped(**{"x.csv": GOOD}),
        zipped(**{"readme.md": os.urandom(BEGINNING), "b/x.csv": GOOD}),
        zipped(**{"x.csv.gz": gzip.compress(GOOD, 0, mtime=0)}),
        zipped(**{"readme.md": os.urandom(BEGINNING), "x.csv": b"a,b\n1,2\n"}),
        gzip.compress(b"", mtime=0) + gzip.compress(GOOD, 0, mtime=0),
        parquet(NOISE),
    ],
    ids=lambda _: "file",
)
def test_a_look_up_reads_little_of_a_long_file(content: bytes) -> None:
    assert look_up(content) <= 5 * BEGINNING


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (GOOD[:100] + b"\n1\n" + GOOD, "1 field"),
        (gzip.compress(GOOD[:100] + b"\n1\n" + GOOD, 0, mtime=0), "1 field"),
        (GOOD.decode().encode("utf-16"), "UTF-16"),
        (GOOD.replace(b"2", b"\xe9", 1), "Latin-1"),
        (bz2.compress(os.urandom(2 * BEGINNING)), "bzip2"),
        (zipped(**{"[Content_Types].xml": GOOD}), "spreadsheet"),
        (zipped(**{"xl/workbook.xml": GOOD, "[Content_Types].xml": b""}), "spreadsheet"),
        (zipped(**{"a.csv": GOOD, "b.csv": GOOD}), "holds 2 files, and only one can be read: 'a.csv', 'b.csv'"),
        (zipped(**{"a.md": os.urandom(BEGINNING), "x.csv": b"a,b\n1\n"}), "1 field"),
        (zipped(**{"a.md": os.urandom(BEGINNING), "x.csv": GOOD[:100] + b"\n1\n" + GOOD}), "1 field"),
        (zipped(**{"a.md": os.urandom(BEGINNING), "x.csv": b""}), "empty"),
        (zipped(**{"x.csv.gz": gzip.compress(GOOD.replace(b"2", b"\xe9", 1), 0, mtime=0)}), "Latin-1"),
        (zipped(x=zipped(**{"y.csv": GOOD})), "holds a ZIP"),
        (gzip.compress(zipped(**{"y.csv": GOOD}), 0, mtime=0), "holds a ZIP"),
        (gzip.compress(gzip.compress(GOOD, 0, mtime=0), 0, mtime=0), "holds a gzip file"),
        (zipped(**{"x.csv": GOOD})[:-100], "ZIP file cannot be read"),
        (parquet(NOISE)[:-100], "cannot be read"),
        (parquet(NOISE)[:-4] + b"PARE", "cannot be read"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_a_look_up_sees_what_a_snapshot_fails_on(content: bytes, reason: str) -> None:
    assert len(content) > BEGINNING
    for attempt in (look_up, read):
        with pytest.raises(SourceError, match=reason):
            attempt(content)


@pytest.mark.parametrize("content", [zipped(**{"x.csv": GOOD}), parquet(NOISE)], ids=["ZIP", "Parquet"])
def test_a_look_up_is_not_blind_to_a_broken_connection(content: bytes) -> None:
    """Libraries take a failing read for a damaged file."""

    def fetch(start: int, size: int) -> bytes:
        raise SourceError(f"the line is cut at {start}, {size}")

    with pytest.raises(SourceError, match=r"^the line is cut"):
        check_file(RemoteFile(content[:BEGINNING], lambda: len(content), fetch), SPOOL)


def test_what_is_packed_is_unpacked_nowhere_but_in_the_spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CSV is not even unpacked there."""
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    spool = tmp_path / "spool"
    for content, made in [
        (gzip.compress(GOOD, mtime=0), False),
        (zipped(**{"x.csv": GOOD}), False),
        (gzip.compress(parquet(NOISE), mtime=0), True),
        (zipped(**{"x.parquet": parquet(NOISE)}), True),
    ]:
        assert sum(batch.num_rows for batch in read_table(io.BytesIO(content), spool)) > 0
        assert spool.exists() == made
        assert not made or spool.stat().st_mode & 0o777 == 0o700


def test_quotes_around_every_value_are_no_matter_for_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reader takes ten times as long."""
    monkeypatch.setattr(csv_rows, "_rows_with_python", None)
    out = io.StringIO()
    values = ["a", "", 'b"', '"', ",", "\r\n", "\n", " é", '","']
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("x", "y"), *zip(values, values, strict=True)])
    assert rows(out.getvalue().encode()) == list(zip(values, values, strict=True))
    assert rows(out.getvalue().replace('"a"', "a").encode()) == list(zip(values, values, strict=True))


def test_many_columns_take_no_longer_than_they_must() -> None:
    """Linear: a hundred thousand equal names would take minutes if each were compared with all others."""
    names = distinct_names(["x"] * 100_000)
    assert names[:3] == ["x", "x_2", "x_3"]
    assert len(set(names)) == 100_000
    header = ",".join(["x"] * 20_000)
    assert read(f"{header}\n{header}\n".encode()).num_columns == 20_000


def test_a_spool_leaves_nothing(tmp_path: Path) -> None:
    with spooled(tmp_path / "spool") as file:
        file.write(b"x")
        assert list((tmp_path / "spool").iterdir()) == []
