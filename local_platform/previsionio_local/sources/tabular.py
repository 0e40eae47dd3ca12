"""Files of rows: CSV, Parquet, or one of them packed by ZIP or gzip. Told apart by their content, not by their name."""

from __future__ import annotations

import gzip
import io
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from .base import SourceError
from .columns import distinct_names
from .csv_rows import ROWS_PER_BATCH, CSVFormat, check_csv_beginning, read_csv
from .remote_file import BEGINNING, RemoteFile

_PARQUET = b"PAR1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # With and without content.
_GZIP = b"\x1f\x8b"
_REFUSED = {
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with Zstandard",
    b"\x04\x22\x4d\x18": "compressed with LZ4",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\xd0\xcf\x11\xe0": "an old Excel file (xls)",
    b"%PDF": "a PDF file",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"PARE": "an encrypted Parquet file",
}
_OFFICE = {
    "[Content_Types].xml": "a spreadsheet or another Office file (xlsx)",
    "mimetype": "an OpenDocument file (ods)",
}
_TABLES = (".csv", ".parquet", ".tsv", ".txt", ".gz")
_NAMED_MEMBERS = 10


@contextmanager
def spooled(folder: Path) -> Iterator[IO[bytes]]:
    """Yield a file for data on its way, on disk so that memory stays flat. It has no name and goes with its use."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryFile(dir=folder) as file:
        yield file


def check_file(file: RemoteFile, spool: Path) -> None:
    """Refuse a file that cannot be read, as far as its beginning and its own table of contents tell.

    A file of less than `BEGINNING` bytes is read whole.

    Raises:
        SourceError: it cannot be read.
    """
    if file.is_whole:
        _read_through(file.beginning, spool)
        return
    with _explained():
        kind = _kind(file.beginning)
        if kind == "csv":
            check_csv_beginning(file.beginning, CSVFormat())
        elif kind == "gzip":
            _check_gzip(file.beginning, spool)
        elif kind == "zip":
            with zipfile.ZipFile(_buffered(file)) as archive, archive.open(_data_member(archive)) as member:
                _check_unpacked(member.read(BEGINNING), spool, kind, member.read(1) == b"")
        else:
            pq.ParquetFile(_buffered(file))


def read_table(file: IO[bytes], spool: Path, csv_format: CSVFormat = CSVFormat()) -> Iterator[pa.RecordBatch]:  # noqa: B008
    """Read the rows of an open file, from its beginning; one empty batch if it has none.

    Args:
        file: can be read in any order.
        spool: folder for what must be unpacked before it can be read.
        csv_format: how it is written, if it is CSV.

    Raises:
        SourceError: the content is not what it looks like.
    """
    with _explained():
        file.seek(0)
        kind = _kind(file.read(64))
        file.seek(0)
        if kind == "parquet":
            yield from _read_parquet(file)
        elif kind == "zip":
            with zipfile.ZipFile(file) as archive, archive.open(_data_member(archive)) as member:
                yield from _read_packed(member, spool, csv_format, kind)
        elif kind == "gzip":
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield from _read_packed(unpacked, spool, csv_format, kind)
        else:
            yield from read_csv(file, csv_format)


def _read_through(content: bytes, spool: Path) -> None:
    for _ in read_table(io.BytesIO(content), spool):
        pass


def _check_unpacked(beginning: bytes, spool: Path, packed_by: str, is_whole: bool = False) -> None:
    kind = _kind(beginning)
    _refuse_packed(kind, packed_by)
    if is_whole:
        _read_through(beginning, spool)
    elif kind == "csv":
        check_csv_beginning(beginning, CSVFormat())
    elif kind == "gzip":
        _check_gzip(beginning, spool)


def _check_gzip(beginning: bytes, spool: Path) -> None:
    # A first part may be empty, or end before the beginning does: then there is less to see.
    if unpacked := zlib.decompressobj(wbits=31).decompress(beginning, BEGINNING):
        _check_unpacked(unpacked, spool, "gzip")


def _buffered(file: RemoteFile) -> io.BufferedReader:
    return io.BufferedReader(file, BEGINNING)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except pa.ArrowException as error:
        raise SourceError(f"the file cannot be read: {_short(error)}") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"the compressed file is damaged: {_short(error)}") from None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise SourceError(f"the ZIP file cannot be read: {_short(error)}") from None
    except EOFError:
        raise SourceError("the compressed file ends too early") from None
    except OSError as error:
        # Arrow also calls it so when Parquet is damaged or encrypted; the system gives its errors numbers.
        if error.errno:
            raise
        raise SourceError(f"the file cannot be read: {_short(error)}") from None


def _kind(beginning: bytes) -> str:
    if not beginning:
        raise SourceError("the file is empty")
    _refuse_others(beginning)
    if beginning.startswith(_PARQUET):
        return "parquet"
    if beginning.startswith(_ZIP):
        return "zip"
    return "gzip" if beginning.startswith(_GZIP) else "csv"


def _refuse_others(beginning: bytes) -> None:
    for magic, what in _REFUSED.items():
        # A column may be called ORC.
        if beginning.startswith(magic) and not (magic.isalpha() and beginning[len(magic) :].split(b"\n")[0].isascii()):
            raise SourceError(f"the file is {what}, neither CSV, Parquet, gzip nor ZIP")


def _read_parquet(file: IO[bytes]) -> Iterator[pa.RecordBatch]:
    parquet = pq.ParquetFile(file)
    names = distinct_names(parquet.schema_arrow.names)
    nothing = True
    for batch in parquet.iter_batches(ROWS_PER_BATCH):
        yield batch.rename_columns(names)
        nothing = False
    if nothing:
        schema = parquet.schema_arrow
        yield pa.RecordBatch.from_arrays([pa.array([], each.type) for each in schema], schema=schema).rename_columns(
            names
        )


def _data_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """Return the one file of rows in an archive."""
    _refuse_office(archive.namelist())
    members = [each for each in archive.infolist() if not each.is_dir() and not _is_clutter(each.filename)]
    if not members:
        raise SourceError("the ZIP file is empty")
    tables = [each for each in members if each.filename.lower().endswith(_TABLES)] or members
    if len(tables) > 1:
        names = [repr(each.filename) for each in tables[:_NAMED_MEMBERS]]
        more = f" and {len(tables) - len(names)} more" if len(tables) > len(names) else ""
        raise SourceError(f"the ZIP file holds {len(tables)} files, and only one can be read: {', '.join(names)}{more}")
    return tables[0]


def _is_clutter(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def _refuse_office(names: list[str]) -> None:
    for name, what in _OFFICE.items():
        if name in names:
            raise SourceError(f"the file is {what}: save the sheet as CSV")


def _read_packed(unpacked: Any, spool: Path, csv_format: CSVFormat, packed_by: str) -> Iterator[pa.RecordBatch]:
    """Read what was packed: as it comes if it is CSV, else unpacked on disk, since it is not read in one go."""
    kind = _kind(unpacked.peek(64)[:64])
    _refuse_packed(kind, packed_by)
    if kind == "csv":
        yield from read_csv(unpacked, csv_format)
        return
    with spooled(spool) as file:
        shutil.copyfileobj(unpacked, file, 1 << 20)
        yield from read_table(file, spool, csv_format)


def _refuse_packed(kind: str, packed_by: str) -> None:
    # A table packed by gzip may lie in a ZIP file; more than that only makes a file that never ends.
    if kind == "zip" or kind == packed_by:
        raise SourceError(f"the file holds a {'ZIP' if kind == 'zip' else kind} file")


def _short(error: object) -> str:
    return " ".join(str(error).split())[:300]
