"""FTP servers differ in how they list folders: with MLSD, as ProFTPD does, or without, as vsftpd and Windows do."""

from __future__ import annotations

import io
import random
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from previsionio_local.settings import SourceSettings
from previsionio_local.sources import Connection, Location, NotFoundInSource, SourceError, open_source
from previsionio_local.sources.ftp_listing import Listed, from_facts, from_text
from previsionio_local.sources.remote_file import BEGINNING

from tests.servers import content

PROGRAM = Path(__file__).with_name("ftp_program.py")
USER, PASSWORD = "reader", "p@ss wörd"


@pytest.fixture(
    params=[("ODD",), ("MLSD", "MLST"), ("MLSD", "MLST", "WINDOWS", "REST"), ("MLSD", "MLST", "SIZE", "AUTH", "EPSV")],
    ids=["with MLSD", "without MLSD", "Windows", "few commands"],
)
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    archive = large_archive()
    # Judged by its end, which a server without SIZE or REST does not give alone.
    for name, data in {**content.FILES, "large.zip": archive, "cut.zip": archive[:-30]}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    command = [sys.executable, "-W", "ignore", str(PROGRAM), str(tmp_path), USER, PASSWORD, *request.param]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout
        yield Connection("FTP", "127.0.0.1", int(server.stdout.readline()), USER, PASSWORD)
        server.kill()


def large_archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("readme", random.Random(0).randbytes(2 * BEGINNING))
        archive.writestr("a.csv", "a,b\n1,2\n3,4\n")
    return packed.getvalue()


def test_files_are_listed_found_and_read(connection: Connection) -> None:
    with open_source(connection, SourceSettings()) as source:
        source.check()
        assert source.paths() == sorted([*content.FILES, "cut.zip", "large.zip"])
        for name in ("customers.csv", "/exports/2024/sales report.csv", "exports/été à Paris/clients.csv", "large.zip"):
            source.find(Location(path=name))
        with pytest.raises(NotFoundInSource) as caught:
            source.find(Location(path="exports/2024/order.csv"))
        assert caught.value.candidates[0] == "exports/2024/orders.csv"
        with pytest.raises(NotFoundInSource, match="is a folder"):
            source.find(Location(path="exports"))
        with pytest.raises(SourceError, match="the ZIP file cannot be read"):
            source.find(Location(path="cut.zip"))
        assert sum(batch.num_rows for batch in source.batches(Location(path="large.zip"))) == 2
        rows = sum(batch.num_rows for batch in source.batches(Location(path="exports/2024/orders.csv")))
        assert rows == len(content.ORDERS.rows)


@pytest.mark.parametrize(
    ("line", "listed"),
    [
        ("-rw-r--r--   1 app      app           13 Nov 27 10:11 a b.csv", ("a b.csv", "file")),
        ("-rw-r--r--+  1 1000     1000          13 Nov  7  2024  a", (" a", "file")),
        ("-rw-r--r--@ 1 app domain users 13 Nov  7  2024 a", ("a", "file")),
        ("drwxr-xr-x 2 app app 4096 Nov 27 10:11 d", ("d", "folder")),
        ("lrwxrwxrwx 1 app app 4 Nov 27 10:11 l -> a -> b", ("l", "link")),
        ("02-29-24  11:05PM       <DIR>          d e", ("d e", "folder")),
        ("02-29-2024  23:05                   13 a  b.csv", ("a  b.csv", "file")),
        ("02-29-24  11:05PM       <JUNCTION>     j", ("j", "link")),
        ("drwxr-xr-x 2 app app 4096 Nov 27 10:11 ..", None),
        ("srwxr-xr-x 2 app app 4096 Nov 27 10:11 socket", None),
        ("total 8", None),
    ],
)
def test_lines_meant_for_people_are_understood(line: str, listed: tuple[str, str] | None) -> None:
    assert from_text([line]) == ([Listed(*listed)] if listed else [], True)


def test_a_line_that_is_not_understood_makes_the_list_incomplete() -> None:
    good = "drwxr-xr-x 2 app app 4096 Nov 27 10:11 d"
    assert from_text(["+i8388621.48594,m825718503,r,s280, x", good]) == ([Listed("d", "folder")], False)
    assert from_facts(["type=dir;size=1; d", "nonsense"]) == ([Listed("d", "folder")], False)
    facts = ["Size=1;Type=file; a b", "type=cdir; .", "type=OS.unix=slink:/x; l", "type=OS.unix=symlink; m"]
    assert from_facts(facts) == ([Listed("a b", "file"), Listed("l", "link"), Listed("m", "link")], True)
