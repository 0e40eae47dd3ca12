"""How many rows a second a snapshot copies, beside what it is made with alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyarrow.csv
from previsionio_local import LocalPlatform

from tests.platform.client import Client, client_of
from tests.servers import postgresql, proftpd
from tests.servers.run import ServerRun

_DATABASE: Final = "crm"
_TABLE: Final = "benchmark_rows"
_ROWS: Final = (
    "SELECT g AS id, 'customer number ' || g AS name, g * 1.25::numeric(12, 2) AS price, "
    "timestamp '2020-01-01' + g * interval '1 minute' AS since FROM generate_series(1, {}) g"
)
_LONGEST: Final = 1200.0


@dataclass(frozen=True)
class Copied:
    """One way to read all rows, once."""

    way: str
    rows: int
    seconds: float
    cpu_seconds: float
    """Of this process, in which the platform runs too; not of the source."""


def measure(rows: int, repeats: int) -> list[dict[str, Any]]:
    """Snapshots of a file on an FTP server and of a PostgreSQL table, and both read without more, in turns."""
    run = ServerRun.of_this_process()
    try:
        files = run.get(proftpd.FTP, proftpd.start_ftp)
        database = run.get(postgresql.PostgreSQL, postgresql.start)
        with ExitStack() as stack:
            stack.enter_context(_table(database, rows))
            file = stack.enter_context(_file(files, database))
            platform = stack.enter_context(LocalPlatform())
            client = stack.enter_context(client_of(platform))
            ways: dict[str, Callable[[], int]] = {
                "pyarrow.csv alone": partial(_read_file, file),
                "snapshot of the file": partial(_snapshot, client, _file_source(client, files, file)),
                "COPY alone": partial(_read_table, database),
                "snapshot of the table": partial(_snapshot, client, _table_source(client, database)),
            }
            for way in ways.values():  # libraries are loaded by the first one
                way()
            return [asdict(_measured(way, ways[way], rows)) for _ in range(repeats) for way in ways]
    finally:
        run.stop()


def _measured(way: str, read: Callable[[], int], rows: int) -> Copied:
    started, used = time.perf_counter(), time.process_time()
    found = read()
    copied = Copied(way, rows, time.perf_counter() - started, time.process_time() - used)
    assert found == rows, f"{way}: {found} rows"
    return copied


def _read_file(file: Path) -> int:
    return int(pyarrow.csv.read_csv(file).num_rows)


def _read_table(database: postgresql.PostgreSQL) -> int:
    with _copied(database, "FORMAT csv") as parts:
        return sum(part.count(b"\n") for part in parts)


@contextmanager
def _copied(database: postgresql.PostgreSQL, options: str) -> Iterator[Iterator[bytes]]:
    command = f"COPY {_TABLE} TO STDOUT ({options})"
    with database.connect(_DATABASE) as connection, connection.cursor().copy(command) as copy:
        yield map(bytes, copy)


def _snapshot(client: Client, source: dict[str, Any]) -> int:
    made = client.post("/projects/{project}/datasets/data-source", name="copy", datasource_id=source["_id"])
    deadline = time.monotonic() + _LONGEST
    while (dataset := client.get(f"/datasets/{made['_id']}"))["copy_state"] not in ("done", "failed"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert dataset["copy_state"] == "done", dataset
    client.delete(f"/datasets/{made['_id']}")
    return int(dataset["rows"])


def _file_source(client: Client, files: proftpd.FTP, file: Path) -> dict[str, Any]:
    connector = client.connector(host=files.host, port=files.port, username=files.username, password=files.password)
    return client.datasource(connector, path=file.name)


def _table_source(client: Client, database: postgresql.PostgreSQL) -> dict[str, Any]:
    login = {"username": database.username, "password": database.password}
    connector = client.connector(type="SQL", host=database.host, port=database.port, **login)
    return client.datasource(connector, database=_DATABASE, table=_TABLE)


@contextmanager
def _table(database: postgresql.PostgreSQL, rows: int) -> Iterator[None]:
    """A table of that many rows."""
    with database.connect_as_administrator(_DATABASE) as connection:
        connection.execute(f"CREATE TABLE {_TABLE} AS {_ROWS.format(rows)}")
        connection.execute(f"GRANT SELECT ON {_TABLE} TO {database.username}")
    try:
        yield
    finally:
        with database.connect_as_administrator(_DATABASE) as connection:
            connection.execute(f"DROP TABLE {_TABLE}")


@contextmanager
def _file(files: proftpd.FTP, database: postgresql.PostgreSQL) -> Iterator[Path]:
    """The same rows as a CSV file in the login folder of an FTP server."""
    file = Path(files.home, f"{_TABLE}.csv")
    try:
        with file.open("wb") as out, _copied(database, "FORMAT csv, HEADER") as parts:
            out.writelines(parts)
        file.chmod(0o644)
        yield file
    finally:
        file.unlink(missing_ok=True)
