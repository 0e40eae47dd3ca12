"""Files of rows: CSV, Parquet, or a ZIP with one of them in it. Told apart by their content, not by their name.

A CSV file has no types, so its values stay the text that they are: a postal code keeps its leading zero, and no
value far down the file can contradict what the first rows looked like.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from .base import SourceError

ROWS_PER_BATCH = 20_000

_BLOCK = 4 << 20  # A row must fit into a block.
_SEPARATORS = ",;\t|"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # With and without content.


@contextmanager
def spooled(folder: Path) -> Iterator[IO[bytes]]:
    """Yield a file for data on its way, on disk so that memory stays flat. It has no name and goes with its use."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryFile(dir=folder) as file:
        yield file


def read_table(file: IO[bytes], separator: str | None = None) -> Iterator[pa.RecordBatch]:
    """Read the rows of an open file, from its beginning; one empty batch if it has none.

    Args:
        file: can be read in any order.
        separator: of the fields of CSV; default: the one that the first line shows.

    Raises:
        SourceError: the content is not what it looks like.
    """
    file.seek(0)
    magic = file.read(4)
    file.seek(0)
    try:
        if magic == b"PAR1":
            yield from _read_parquet(file)
        elif magic in _ZIP:
            yield from _read_zip(file, separator)
        elif not magic:
            raise SourceError("the file is empty")
        else:
            yield from _read_csv(file, separator)
    except pa.ArrowException as error:
        raise SourceError(f"the file cannot be read: {_short(error)}") from None
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise SourceError(f"the ZIP file cannot be read: {_short(error)}") from None
    except UnicodeDecodeError:
        raise SourceError("the file is neither Parquet nor ZIP, nor CSV in UTF-8") from None


def _read_parquet(file: IO[bytes]) -> Iterator[pa.RecordBatch]:
    parquet = pq.ParquetFile(file)
    nothing = True
    for batch in parquet.iter_batches(ROWS_PER_BATCH):
        yield batch
        nothing = False
    if nothing:
        yield pa.RecordBatch.from_pylist([], schema=parquet.schema_arrow)


def _read_zip(file: IO[bytes], separator: str | None) -> Iterator[pa.RecordBatch]:
    with zipfile.ZipFile(file) as archive:
        members = [each for each in archive.infolist() if not each.is_dir() and "__MACOSX" not in each.filename]
        if not members:
            raise SourceError("the ZIP file is empty")
        tables = [each for each in members if each.filename.lower().endswith((".csv", ".parquet", ".tsv", ".txt"))]
        with archive.open((tables or members)[0]) as member:
            if member.read(4) in _ZIP:
                raise SourceError("the ZIP file holds another ZIP file")
            yield from read_table(member, separator)


def _read_csv(file: IO[bytes], separator: str | None) -> Iterator[pa.RecordBatch]:
    names, separator, has_more = _header(file, separator)
    columns = _distinct(names)
    if not has_more:
        yield pa.RecordBatch.from_pylist([], schema=pa.schema([(name, pa.string()) for name in columns]))
        return
    file.seek(0)
    reader = pyarrow.csv.open_csv(
        file,
        read_options=pyarrow.csv.ReadOptions(column_names=columns, skip_rows_after_names=1, block_size=_BLOCK),
        parse_options=pyarrow.csv.ParseOptions(delimiter=separator, newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
        ),
    )
    with reader:
        nothing = True
        for batch in reader:
            yield batch
            nothing = False
        if nothing:
            yield pa.RecordBatch.from_pylist([], schema=reader.schema)


def _header(file: IO[bytes], separator: str | None) -> tuple[list[str], str, bool]:
    """Return the names of the columns, what separates them, and whether anything follows."""
    file.seek(0)
    # The wrapper would close the file with itself.
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    try:
        if separator is None:
            first = re.sub(r'"[^"]*"', "", text.readline())
            separator = max(_SEPARATORS, key=first.count)
            text.seek(0)
        names = next(csv.reader(text, delimiter=separator))
        if not names or any("\0" in name for name in names):
            raise SourceError("the file is neither Parquet nor ZIP, nor CSV with a header")
        return names, separator, bool(text.read(1))
    except (StopIteration, csv.Error) as error:
        raise SourceError(f"the file has no header: {_short(error)}") from None
    finally:
        text.detach()


def _distinct(names: list[str]) -> list[str]:
    """Name the columns that have no name, and number those that share one."""
    distinct: list[str] = []
    for position, name in enumerate(names, 1):
        unique = wanted = name or f"column_{position}"
        number = 1
        while unique in distinct:
            number += 1
            unique = f"{wanted}_{number}"
        distinct.append(unique)
    return distinct


def _short(error: object) -> str:
    return " ".join(str(error).split())[:300]
