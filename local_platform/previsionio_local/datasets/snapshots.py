"""Snapshots on disk: written from batches of rows, read back as CSV, ZIP or Parquet. Never whole in memory."""

from __future__ import annotations

import contextlib
import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_CHUNK = 1 << 20
_ROWS_PER_READ = 20_000


@dataclass(frozen=True)
class Size:
    """What a snapshot holds."""

    rows: int
    columns: int
    bytes: int


def write_snapshot(path: Path, batches: Iterable[pa.RecordBatch], go_on: Callable[[int], bool]) -> Size | None:
    """Write `batches` to a Parquet file, which appears when it is complete.

    A batch with another schema takes back all that were there before. `go_on` is asked after each batch, with
    the rows so far; when it says no, nothing is kept and None returned.
    """
    import pyarrow.parquet as pq

    path.parent.mkdir(exist_ok=True, mode=0o700)
    unfinished = path.with_suffix(".part")
    rows = columns = 0
    schema: pa.Schema | None = None
    writer: pq.ParquetWriter | None = None
    try:
        for batch in batches:
            if writer and batch.schema != schema:
                writer.close()
                writer, rows = None, 0
            schema = batch.schema
            writer = writer or pq.ParquetWriter(unfinished, batch.schema, compression="zstd")
            writer.write_batch(batch)
            rows += batch.num_rows
            columns = batch.num_columns
            if not go_on(rows):
                return None
        if writer:
            writer.close()
        unfinished.rename(path)
        return Size(rows, columns, path.stat().st_size)
    finally:
        unfinished.unlink(missing_ok=True)
        if writer and writer.is_open:
            # Where there is no room for the rows there is none for the end of the file.
            with contextlib.suppress(OSError):
                writer.close()


def first_rows(file: IO[bytes], count: int) -> tuple[list[str], list[list[Any]]]:
    """Return the names of the columns of an open snapshot, and up to `count` rows as they look in JSON."""
    import pyarrow.parquet as pq

    with file, pq.ParquetFile(file) as parquet:
        batch = next(parquet.iter_batches(count), None)
        names = list(parquet.schema_arrow.names)
    return (names, []) if batch is None else shown_rows(batch, count)


def shown_rows(batch: pa.RecordBatch, count: int) -> tuple[list[str], list[list[Any]]]:
    """Return the names of the columns of a batch, and up to `count` rows as they look in JSON."""
    some = batch.slice(0, count)
    return list(batch.schema.names), [[_json_value(value) for value in row] for row in _rows(some)]


def column_types(path: Path) -> dict[str, str]:
    """Return the names of a snapshot's columns, and what their values are."""
    import pyarrow.parquet as pq

    return {field.name: str(field.type) for field in pq.read_schema(path)}


def read_csv(file: IO[bytes]) -> Iterator[bytes]:
    """Yield an open snapshot as CSV: UTF-8, commas, a header, null as nothing."""
    for text in _csv_texts(file):
        yield text.encode()


def read_zip(file: IO[bytes], member: str) -> Iterator[bytes]:
    """Yield an open snapshot as a ZIP file that holds one CSV file."""
    out = _Outlet()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open(member, "w", force_zip64=True) as packed:
            for chunk in read_csv(file):
                packed.write(chunk)
                yield out.take()
        # Closing the member and then the archive writes more.
        yield out.take()
    yield out.take()


def read_parquet(file: IO[bytes]) -> Iterator[bytes]:
    """Yield an open snapshot as it is."""
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


class _Outlet(io.RawIOBase):
    """A file that can only be written on, and gives away what was written."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._chunks.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._chunks)
        self._chunks.clear()
        return taken


def _csv_texts(file: IO[bytes]) -> Iterator[str]:
    import pyarrow.parquet as pq

    with file, pq.ParquetFile(file) as parquet:
        yield _csv_text([tuple(parquet.schema_arrow.names)])
        for batch in parquet.iter_batches(_ROWS_PER_READ):
            yield _csv_text(list(_rows(batch)))


def _csv_text(rows: list[tuple[Any, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    written = text.getvalue()
    if "\r" not in written and "\ufeff" not in written:
        return written
    # Before Python 3.13 a lone carriage return is not quoted unless it is part of the line end.
    lines = _Lines()
    csv.writer(lines, lineterminator=_Lines.end).writerows(rows)
    return lines.text.getvalue()


class _Lines:
    """Ends lines with a line feed, while the writer quotes every character that any reader takes for an end.

    Also a byte order mark: at the beginning of a file it would be no part of the value.
    """

    end = "\r\n\ufeff"

    def __init__(self) -> None:
        self.text = io.StringIO()

    def write(self, line: str) -> None:
        self.text.write(line.removesuffix(self.end) + "\n")


def _rows(batch: pa.RecordBatch) -> Iterable[tuple[Any, ...]]:
    from .csv_text import csv_values

    return zip(*(csv_values(column) for column in batch.columns), strict=True)


def _json_value(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
