"""CSV files: every value is the text that the file holds, or the file is refused with the number of the line.

A CSV file has no types, so its values stay the text that they are: a postal code keeps its leading zero, and no
value far down the file can contradict what the first rows looked like.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from .base import SourceError
from .columns import distinct_names

ROWS_PER_BATCH = 20_000

_BLOCK = 4 << 20
_LONGEST_ROW = 64 << 20
_SEPARATORS = ",;\t|"
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
# What spreadsheets write into a first line of its own, in order to be read again.
_SEPARATOR_LINE = re.compile(r'"?sep=([^"\r\n])"?\r?\n', re.IGNORECASE)

# The default of 128 kB is less than documents in a column need.
csv.field_size_limit(_LONGEST_ROW)


@dataclass(frozen=True)
class CSVFormat:
    """How a CSV file is written.

    Attributes:
        separator: of the fields; default: the one that the first line shows.
        decimal: what stands before the decimals of a number; a comma becomes a point.
    """

    separator: str | None = None
    decimal: str = "."


class _OpenQuote(SourceError):
    """The text ends inside of quotes."""


@dataclass(frozen=True)
class _Header:
    names: list[str]
    separator: str
    lines: int
    size: int
    """Bytes, with everything before the first row."""


def check_csv_beginning(beginning: bytes, csv_format: CSVFormat) -> None:
    """Refuse what the first bytes of a longer CSV file show to be unreadable.

    Raises:
        SourceError: it cannot be read.
    """
    if b"\n" not in beginning and b"\r" not in beginning:
        return
    rows = _block_of_rows(_Rest(b"", io.BytesIO(beginning)))
    try:
        for _ in read_csv(io.BytesIO(rows), csv_format):
            pass
    except _OpenQuote:
        # Perhaps it is closed further down.
        return


def read_csv(file: IO[bytes], csv_format: CSVFormat) -> Iterator[pa.RecordBatch]:
    """Read the rows of a file from where it stands; one empty batch if it has none.

    Raises:
        SourceError: a line cannot be read.
    """
    beginning = file.read(_BLOCK)
    header = _header(beginning, len(beginning) < _BLOCK, csv_format)
    columns = distinct_names(header.names)
    rows = _rows(_Rest(beginning[header.size :], file), columns, header)
    nothing = True
    for batch in rows:
        yield _with_points(batch) if csv_format.decimal == "," else batch
        nothing = False
    if nothing:
        yield pa.RecordBatch.from_arrays([pa.array([], pa.string())] * len(columns), names=columns)


class _Rest(io.RawIOBase):
    """The bytes that were read already, then the rest of their file."""

    def __init__(self, first: bytes, file: IO[bytes]) -> None:
        self._first = io.BytesIO(first)
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.take(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def take(self, size: int) -> bytes:
        return self._first.read(size) or self._file.read(size)

    def put_back(self, data: bytes) -> None:
        self._first = io.BytesIO(data + self._first.read())


def _rows(rest: _Rest, columns: list[str], header: _Header) -> Iterator[pa.RecordBatch]:
    """Read block by block with pyarrow, and from the first block on that it might misread with Python's own reader."""
    well_formed = _well_formed(header.separator)
    line = header.lines
    while block := _block_of_rows(rest):
        batch = None
        if b"\0" not in block and (b'"' not in block or _matches(well_formed, block)):
            batch = _parsed(block, columns, header.separator)
        if batch is None:
            rest.put_back(block)
            yield from _rows_with_python(rest, columns, replace(header, lines=line))
            return
        line += block.count(b"\n")
        yield from batch


def _well_formed(separator: str) -> str:
    """Return the expression for rows whose quotes are all around whole fields, or doubled inside of them."""
    edge = f"{re.escape(separator)}\r\n"
    field = f'(?:[^"{edge}]*|"(?:[^"]|"")*")'
    return rf"\A{field}(?:[{edge}]{field})*\z"


def _matches(expression: str, block: bytes) -> bool:
    # Arrow's library takes one step for each byte; Python's takes eighty times as long over this.
    matched: Any = pc.match_substring_regex(pa.array([block], pa.binary()), expression)
    return bool(matched[0].as_py())


def _block_of_rows(rest: _Rest) -> bytes:
    """Take whole rows: up to the last line end that is outside of quotes, everything if there is none."""
    block = b""
    while more := rest.take(_BLOCK):
        block += more
        if end := _end_of_rows(block):
            rest.put_back(block[end:])
            return block[:end]
        if len(block) > _LONGEST_ROW:
            break
    return block


def _end_of_rows(block: bytes) -> int:
    """Return where the last whole row ends; 0 if none does. Goes back from quote to quote, not line by line."""
    before, is_open = len(block), block.count(b'"') % 2 == 1
    while (end := block.rfind(b"\n", 0, before)) >= 0:
        is_open ^= block.count(b'"', end, before) % 2 == 1
        if not is_open:
            return end + 1
        before, is_open = block.rfind(b'"', 0, end), False
    return 0


def _parsed(block: bytes, columns: list[str], separator: str) -> list[pa.RecordBatch] | None:
    """Parse whole rows; None if they are not all fine.

    Not the library's own reading in blocks: it loses a byte of a CRLF in quotes at the edge of two blocks
    (https://github.com/apache/arrow/issues/51368). A test notices when it no longer does.
    """
    if not separator.isascii():
        return None
    try:
        table = pyarrow.csv.read_csv(
            io.BytesIO(block),
            read_options=pyarrow.csv.ReadOptions(column_names=columns, block_size=len(block) + 1, use_threads=False),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, ignore_empty_lines=len(columns) > 1
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    return [batch for batch in table.to_batches() if batch.num_rows]


def _rows_with_python(rest: _Rest, columns: list[str], header: _Header) -> Iterator[pa.RecordBatch]:
    text = io.TextIOWrapper(io.BufferedReader(rest), "utf-8", "surrogateescape", newline="")
    reader = csv.reader(_checked_lines(text, header.lines), delimiter=header.separator, strict=True)
    rows = _checked_rows(reader, columns, header)
    while some := list(itertools.islice(rows, ROWS_PER_BATCH)):
        arrays = [pa.array(values, pa.string()) for values in zip(*some, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, names=columns)


def _checked_lines(text: Iterable[str], before: int) -> Iterator[str]:
    for number, line in enumerate(text, before + 1):
        if "\0" in line:
            raise SourceError(f"line {number} holds a NUL character: the file is damaged, or no text in UTF-8")
        if not line.isascii() and (odd := _HALF_CHARACTER.search(line)):
            byte = ord(odd.group()) & 0xFF
            raise SourceError(
                f"line {number} is not UTF-8 (byte 0x{byte:02X}; Latin-1 or Windows-1252?): save the file as UTF-8"
            )
        yield line


def _checked_rows(reader: Any, columns: list[str], header: _Header) -> Iterator[list[str]]:
    width = len(columns)
    begin = header.lines + 1
    try:
        for row in reader:
            fields = row or [""]
            if row and len(row) != width:
                raise SourceError(f"line {begin} has {_fields(len(row))}, the header has {width}")
            begin = header.lines + reader.line_num + 1
            # An empty line is an empty value where there is one column, and nothing where there are more.
            if len(fields) == width:
                yield fields
    except csv.Error as error:
        raise _unreadable(error, begin) from None


def _unreadable(error: csv.Error, line: int) -> SourceError:
    reason = str(error)
    if "unexpected end of data" in reason:
        return _OpenQuote(f"line {line} has a quote that is never closed")
    if "expected after" in reason:
        return SourceError(f"line {line} has text after a closing quote: a quote inside of quotes must be doubled")
    if "field larger" in reason:
        return SourceError(f"line {line} has a value of more than {_LONGEST_ROW >> 20} MB: is a quote not closed?")
    return SourceError(f"line {line} cannot be read: {reason}")


def _fields(count: int) -> str:
    return f"{count} field{'' if count == 1 else 's'}"


def _header(beginning: bytes, complete: bool, csv_format: CSVFormat) -> _Header:
    text = _text(beginning, complete)
    skipped, separator = 0, csv_format.separator
    if found := _SEPARATOR_LINE.match(text):
        if separator not in (None, found.group(1)):
            raise SourceError(f"the first line says that {found.group(1)!r} separates the fields, not {separator!r}")
        separator, skipped = found.group(1), found.end()
    body = text[skipped:]
    separator = separator or _separator(body)
    lines = io.StringIO(body, newline="")
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        names = next(reader, [])
    except csv.Error as error:
        raise _unreadable(error, 1 + bool(skipped)) from None
    if not names:
        raise SourceError("the file has no header: its first line is empty")
    mark = len(codecs.BOM_UTF8) if beginning.startswith(codecs.BOM_UTF8) else 0
    size = mark + len(text[: skipped + lines.tell()].encode())
    return _Header(names, separator, reader.line_num + bool(skipped), size)


def _text(beginning: bytes, complete: bool) -> str:
    for mark, name in _BYTE_ORDER_MARKS.items():
        if beginning.startswith(mark):
            raise SourceError(f"the file is {name}: save it as UTF-8")
    if b"\0" in beginning:
        odd, even = beginning[1::2].count(0), beginning[::2].count(0)
        if max(odd, even) > 0.2 * len(beginning):
            raise SourceError("the file looks like UTF-16 without a byte order mark: save it as UTF-8")
        line = beginning[: beginning.index(0)].count(b"\n") + 1
        raise SourceError(f"the file is neither Parquet nor ZIP, nor CSV: line {line} holds a NUL character")
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(beginning, final=complete)
    except UnicodeDecodeError as error:
        line = beginning[: error.start].count(b"\n") + 1
        raise SourceError(
            f"line {line} is not UTF-8 (byte 0x{beginning[error.start]:02X}; Latin-1 or Windows-1252?): "
            "save the file as UTF-8"
        ) from None


def _separator(text: str) -> str:
    """Return the separator that the header shows most often; where two tie, the one that all lines agree with."""
    first = re.split(r"[\r\n]", re.sub(r'"[^"]*"', "", text[: 1 << 16]), maxsplit=1)[0]
    most = max(first.count(each) for each in _SEPARATORS)
    likely = [each for each in _SEPARATORS if first.count(each) == most]
    if most == 0 or len(likely) == 1:
        return likely[0]
    fitting = [each for each in likely if _fits(text, each, most + 1)]
    if len(fitting) != 1:
        raise SourceError(f"the header does not tell which of {' '.join(map(repr, likely))} separates the fields")
    return fitting[0]


def _fits(text: str, separator: str, width: int) -> bool:
    lines = text[: 1 << 16].splitlines(keepends=True)
    if len(text) > 1 << 16:
        lines.pop()
    try:
        return all(len(row) == width for row in csv.reader(lines, delimiter=separator, strict=True) if row)
    except csv.Error:
        return False


def _with_points(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = [
        pc.replace_substring_regex(column, r"^([+-]?\d*),(\d+(?:[eE][+-]?\d+)?)$", r"\1.\2") for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)
