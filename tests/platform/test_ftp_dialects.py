"""FTP servers differ in how they list folders: with MLSD, as pyftpdlib and ProFTPD do, or without, as vsftpd."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from previsionio_local.settings import SourceSettings
from previsionio_local.sources import Connection, Location, NotFoundInSource, open_source

from tests.servers import content

PROGRAM = Path(__file__).with_name("ftp_program.py")
USER, PASSWORD = "reader", "p@ss wörd"


@pytest.fixture(params=[(), ("MLSD", "MLST")], ids=["with MLSD", "without MLSD"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    for name, data in content.FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    command = [sys.executable, "-W", "ignore", str(PROGRAM), str(tmp_path), USER, PASSWORD, *request.param]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout
        yield Connection("FTP", "127.0.0.1", int(server.stdout.readline()), USER, PASSWORD)
        server.kill()


def test_files_are_listed_found_and_read(connection: Connection) -> None:
    with open_source(connection, SourceSettings()) as source:
        source.check()
        assert source.paths() == sorted(content.FILES)
        for name in ("customers.csv", "/exports/2024/sales report.csv", "exports/été à Paris/clients.csv"):
            source.find(Location(path=name))
        with pytest.raises(NotFoundInSource) as caught:
            source.find(Location(path="exports/2024/order.csv"))
        assert caught.value.candidates[0] == "exports/2024/orders.csv"
        with pytest.raises(NotFoundInSource, match="is a folder"):
            source.find(Location(path="exports"))
        rows = sum(batch.num_rows for batch in source.batches(Location(path="exports/2024/orders.csv")))
        assert rows == len(content.ORDERS.rows)
