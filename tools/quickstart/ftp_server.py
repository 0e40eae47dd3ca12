"""A read-only FTP server on loopback for the folder `files` beside this script: `python ftp_server.py PORT`.

It stands in for the file server that a team has anyway. User `quickstart`; the password comes from the environment
variable FTP_PASSWORD, since arguments can be seen by every user of the machine.
"""

import os
import sys
from pathlib import Path

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

authorizer = DummyAuthorizer()
authorizer.add_user("quickstart", os.environ["FTP_PASSWORD"], str(Path(__file__).parent / "files"), perm="elr")


class Handler(FTPHandler):  # type: ignore[misc]  # pyftpdlib has no types
    banner = "Quickstart FTP server"


Handler.authorizer = authorizer
FTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
