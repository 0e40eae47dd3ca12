"""A name is a name, whatever it holds: it is listed, found and read, and suggested for one that is nearly the same."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from previsionio_local.settings import SourceSettings
from previsionio_local.sources import Connection, Location, NotFoundInSource, open_source
from psycopg import sql

from tests.servers.google_cloud import GoogleCloud
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL
from tests.servers.process import unprivileged_user
from tests.servers.seaweedfs import S3

FTP_PROGRAM = Path(__file__).parents[1] / "platform" / "ftp_program.py"

NAMES = (
    *("plain", "Plain", "PLAIN", "two  words", "quo'te", 'dou"ble', "back`tick", "semi;colon", "per%cent", "%41", "%s"),
    *(
        "star*",
        "question?",
        "[a-z]",
        "-dash",
        "--option",
        "#hash",
        "back\\\\slash",
        "$HOME",
        "{}",
        "{0}",
        "a,b",
        "a&b<c>",
    ),
    *(
        "select",
        "table",
        "null",
        "1",
        "1e5",
        "x" * 60,
        "\u00e9t\u00e9",
        "e\u0301",
        "\u65e5\u672c\u8a9e",
        "\u00df",
        "I\u0307",
        "(a)",
        "a=b",
        "a:b",
        "~",
        "@x",
    ),
)
"""Of a table, a file or an object; no two are the same name."""
OF_OBJECTS = (*NAMES[: NAMES.index("back\\\\slash")], "\u00e9t\u00e9")
"""Fewer, since each takes several calls, and none with what SeaweedFS turns into a slash."""
NOT_EVERYWHERE = (" leading", "trailing ", "\U0001f30a", ".hidden", "dotted.name", "a|b", "tab\tbed")


@dataclass
class Place:
    """Where things of all names are, each with one row that holds its name."""

    connection: Connection
    location: dict[str, str]
    key: str
    """Which field of a location the name is."""
    names: tuple[str, ...]
    settings: SourceSettings = field(default_factory=SourceSettings)
    prefix: str = ""

    def at(self, name: str) -> Location:
        return Location(**{**self.location, self.key: self.prefix + name})

    def listed(self, source: Any) -> list[str]:
        if self.key == "table":
            return list(source.tables(self.location["database"]))
        return list(source.paths(self.location.get("bucket")))


@contextlib.contextmanager
def on_postgresql(server: PostgreSQL, tmp_path: Path) -> Iterator[Place]:
    database = f"names_{secrets.token_hex(4)}"
    names = (*NAMES, *NOT_EVERYWHERE)
    with server.connect_as_administrator() as admin:
        admin.autocommit = True
        admin.execute(f"CREATE DATABASE {database}".encode())
        with server.connect_as_administrator(database) as connection:
            for name in names:
                made = sql.SQL("CREATE TABLE {} AS SELECT {} AS name").format(sql.Identifier(name), name)
                connection.execute(made)
            connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        yield Place(login(server), {"database": database}, "table", names)
        admin.execute(f"DROP DATABASE {database} WITH (FORCE)".encode())


@contextlib.contextmanager
def on_mariadb(server: MariaDB, tmp_path: Path) -> Iterator[Place]:
    database = f"names_{secrets.token_hex(4)}"
    # It has no room for these.
    names = (*NAMES, *(name for name in NOT_EVERYWHERE if name not in ("trailing ", "\U0001f30a")))
    with server.connect_as_administrator() as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {database}")
        for name in names:
            quoted = name.replace("`", "``").replace("%", "%%")
            cursor.execute(f"CREATE TABLE {database}.`{quoted}` AS SELECT %s AS name", [name])
        account = Connection("SQL", server.host, server.port, server.admin_username, server.admin_password)
        yield Place(account, {"database": database}, "table", names)
        cursor.execute(f"DROP DATABASE {database}")


@contextlib.contextmanager
def on_files(server: Any, tmp_path: Path) -> Iterator[Place]:
    folder = Path(server.home) / f"names {secrets.token_hex(4)}"
    names = (*NAMES, *NOT_EVERYWHERE)
    fill(folder, names)
    if user := unprivileged_user():
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, *user)
    kind = "FTP" if type(server).__name__ == "FTP" else "SFTP"
    yield Place(login(server, kind), {}, "path", names, prefix=f"{folder.name}/")
    shutil.rmtree(folder)


@contextlib.contextmanager
def on_windows(server: None, tmp_path: Path) -> Iterator[Place]:
    with ftp_program(tmp_path, "MLSD", "MLST", "WINDOWS") as place:
        yield place


@contextlib.contextmanager
def on_old_ftp(server: None, tmp_path: Path) -> Iterator[Place]:
    with ftp_program(tmp_path, "MLSD", "MLST") as place:
        yield place


@contextlib.contextmanager
def on_s3(server: S3, tmp_path: Path) -> Iterator[Place]:
    bucket = f"names-{secrets.token_hex(4)}"
    client = server.client()
    client.create_bucket(Bucket=bucket)
    for name in OF_OBJECTS:
        client.put_object(Bucket=bucket, Key=f"a b/{name}", Body=content(name))
    connection = Connection("S3", username=server.username, password=server.password)
    settings = SourceSettings(s3_endpoint=server.endpoint)
    yield Place(connection, {"bucket": bucket}, "path", OF_OBJECTS, settings, "a b/")


@contextlib.contextmanager
def on_google_storage(server: GoogleCloud, tmp_path: Path) -> Iterator[Place]:
    with server.storage_client() as client:
        bucket = client.create_bucket(f"names-{secrets.token_hex(4)}")
        for name in OF_OBJECTS:
            bucket.blob(f"a b/{name}").upload_from_string(content(name))
    connection = Connection("GCP", google_credentials=server.credentials)
    settings = SourceSettings(gcs_endpoint=server.endpoint)
    yield Place(connection, {"g_cloud": "Storage", "bucket": bucket.name}, "path", OF_OBJECTS, settings, "a b/")


@contextlib.contextmanager
def ftp_program(folder: Path, *unknown: str) -> Iterator[Place]:
    names = tuple(name for name in (*NAMES, *NOT_EVERYWHERE) if name != " leading")
    fill(folder / "names", names)
    command = [sys.executable, "-W", "ignore", str(FTP_PROGRAM), str(folder), "reader", "p@ss", *unknown]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout
        connection = Connection("FTP", "127.0.0.1", int(server.stdout.readline()), "reader", "p@ss")
        yield Place(connection, {}, "path", names, prefix="names/")
        server.kill()


def fill(folder: Path, names: tuple[str, ...]) -> None:
    folder.mkdir()
    for name in names:
        Path(os.fsdecode(folder), name).write_bytes(content(name))


def content(name: str) -> bytes:
    return b'name\n"%b"\n' % name.replace('"', '""').encode()


def login(server: Any, kind: str = "SQL") -> Connection:
    return Connection(kind, server.host, server.port, server.username, server.password)


PLACES: dict[str, tuple[str | None, Any]] = {
    "PostgreSQL": ("postgresql", on_postgresql),
    "MariaDB": ("mariadb", on_mariadb),
    "ProFTPD": ("ftp", on_files),
    "FTP with Windows listings": (None, on_windows),
    "FTP without MLSD": (None, on_old_ftp),
    "SFTP of ProFTPD": ("sftp", on_files),
    "OpenSSH": ("openssh", on_files),
    "S3": ("s3", on_s3),
    "Google Storage": ("google", on_google_storage),
}


@pytest.mark.parametrize("where", PLACES)
def test_every_name_is_listed_found_and_read(
    request: pytest.FixtureRequest, tmp_path: Path, where: str, count: Callable[[str, int], None]
) -> None:
    fixture, make = PLACES[where]
    server = request.getfixturevalue(fixture) if fixture else None
    wrong: list[object] = []
    with make(server, tmp_path) as place, open_source(place.connection, place.settings) as source:
        listed = place.listed(source)
        for name in place.names:
            if place.prefix + name not in listed:
                wrong.append(("not listed", name))
            try:
                source.find(place.at(name))
                rows = [row for batch in source.batches(place.at(name)) for row in batch.to_pylist()]
            except Exception as error:  # noqa: BLE001 - all that goes wrong is shown
                wrong.append((name, error))
                continue
            if rows != [{"name": name}]:
                wrong.append((name, rows))
        for nearly, right in (("pLAIN", "plain"), ("two words", "two  words"), ("questoin?", "question?")):
            with pytest.raises(NotFoundInSource) as caught:
                source.find(place.at(nearly))
            if place.prefix + right not in caught.value.candidates or place.prefix + nearly in caught.value.candidates:
                wrong.append((nearly, caught.value.candidates))
    assert wrong == []
    count("names", len(place.names))
    count("listings", 1)
