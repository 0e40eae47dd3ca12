"""Snapshots on disk: written from batches of rows, read back as CSV, ZIP or Parquet. Never whole in memory."""

from __future__ import annotations

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


def write_snapshot(path: Path, batches: Iterable[pa.RecordBatch], go_on: Callable[[], bool]) -> Size | None:
    """Write `batches` to a Parquet file, which appears when it is complete.

    A batch with another schema takes back all that were there before. `go_on` is asked after each batch; when it says
    no, nothing is kept and None returned.
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
            if not go_on():
                return None
        if writer:
            writer.close()
        unfinished.rename(path)
        return Size(rows, columns, path.stat().st_size)
    finally:
        if writer and writer.is_open:
            writer.close()
        unfinished.unlink(missing_ok=True)


def first_rows(file: IO[bytes], count: int) -> tuple[list[str], list[list[Any]]]:
    """Return the names of the columns of an open snapshot, and up to `count` rows as they look in JSON."""
    import pyarrow.parquet as pq

    with file, pq.ParquetFile(file) as parquet:
        batch = next(parquet.iter_batches(count), None)
        names = list(parquet.schema_arrow.names)
    rows = [] if batch is None else [[_json_value(value) for value in row] for row in _rows(batch)]
    return names, rows[:count]


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

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    with file, pq.ParquetFile(file) as parquet:
        writer.writerow(parquet.schema_arrow.names)
        for batch in parquet.iter_batches(_ROWS_PER_READ):
            writer.writerows(_rows(batch))
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _rows(batch: pa.RecordBatch) -> Iterable[tuple[Any, ...]]:
    import pyarrow as pa

    columns = []
    for column in batch.columns:
        values = column.to_pylist()
        if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
            values = [value if value is None else value.hex() for value in values]
        elif pa.types.is_decimal(column.type):
            # Python would write a zero with nine places as 0E-9.
            values = [value if value is None else f"{value:f}" for value in values]
        columns.append(values)
    return zip(*columns, strict=True)


def _json_value(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
