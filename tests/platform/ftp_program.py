"""A small FTP server, in a process of its own since its library warns on import: FOLDER USER PASSWORD COMMAND...

Prints its port. Does as if it did not know the commands.
"""

# pyftpdlib has no types.
# mypy: disable-error-code="import-untyped,misc"

from __future__ import annotations

import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer


def main(folder: str, user: str, password: str, *unknown: str) -> None:
    accounts = DummyAuthorizer()
    accounts.add_user(user, password, folder)

    class Handler(FTPHandler):
        authorizer = accounts
        proto_cmds = {name: each for name, each in FTPHandler.proto_cmds.items() if name not in unknown}  # noqa: RUF012

    server = FTPServer(("127.0.0.1", 0), Handler)
    print(server.socket.getsockname()[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
