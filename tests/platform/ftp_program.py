"""A small FTP server, in a process of its own since its library warns on import: FOLDER USER PASSWORD COMMAND...

Prints its port. Does as if it did not know the commands. With WINDOWS among them it lists like Microsoft's server; with
ODD it tells no size where it is asked for one.
"""

# pyftpdlib has no types.
# mypy: disable-error-code="import-untyped,misc"

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.filesystems import AbstractedFS
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer


class WindowsListings(AbstractedFS):
    def format_list(self, basedir: str, listing: list[str], ignore_err: bool = True) -> Iterator[bytes]:
        for name in listing:
            path = Path(basedir, name)
            size = "<DIR>         " if path.is_dir() else f"{path.stat().st_size:>14}"
            yield f"02-29-24  11:05PM       {size} {name}\r\n".encode("utf-8", "surrogateescape")


def main(folder: str, user: str, password: str, *unknown: str) -> None:
    accounts = DummyAuthorizer()
    accounts.add_user(user, password, folder)

    class Handler(FTPHandler):
        authorizer = accounts
        proto_cmds = {name: each for name, each in FTPHandler.proto_cmds.items() if name not in unknown}  # noqa: RUF012

    if "WINDOWS" in unknown:
        Handler.abstracted_fs = WindowsListings

    if "ODD" in unknown:
        Handler.ftp_SIZE = lambda self, path: self.respond("200 Yes." if Path(path).exists() else "550 No such file.")

    server = FTPServer(("127.0.0.1", 0), Handler)
    print(server.socket.getsockname()[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
