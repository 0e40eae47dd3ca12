"""What the quickstart stack needs around it: a local platform, an FTP server, and their secrets."""

import ftplib
import os
import secrets
import sys
from pathlib import Path

from tools.quickstart.api import Platform
from tools.quickstart.services import Service


def local_platform(state: Path) -> Service:
    """The platform, with its data in `platform`."""
    token = secret(state, "token")

    def command(port: int) -> list[str]:
        return [
            *(sys.executable, "-m", "previsionio_local"),
            *("--host", "127.0.0.1", "--port", str(port), "--data", str(state / "platform")),
        ]

    return Service(
        name="platform",
        folder=state,
        command=command,
        environment={**os.environ, "PREVISION_MASTER_TOKEN": token},
        answers=lambda port: Platform(f"http://127.0.0.1:{port}", token).answers(),
    )


def ftp_server(state: Path) -> Service:
    """The file server, with the CSV file that the data source names."""
    password = secret(state, "ftp-password")
    script = Path(__file__).parent / "ftp_server.py"

    return Service(
        name="ftp",
        folder=state,
        command=lambda port: [sys.executable, str(script), str(port)],
        environment={**os.environ, "FTP_PASSWORD": password},
        answers=lambda port: ftp_answers(port, password),
    )


def ftp_answers(port: int, password: str) -> bool:
    """Whether the file server on that port lets its user in."""
    try:
        with ftplib.FTP(timeout=5) as ftp:  # noqa: S321  # plain FTP, on loopback
            ftp.connect("127.0.0.1", port)
            ftp.login("quickstart", password)
            return True
    except (OSError, EOFError, ftplib.Error):
        return False


def secret(state: Path, name: str) -> str:
    """A random secret of this checkout, made once and kept in a file that only its owner can read."""
    file = state / name
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24))
    return file.read_text()
