"""pytest plugin: a session fixture for each test server.

A server starts if a test of the run asks for it, once for all workers of pytest-xdist, and ends with the run.  What
the collected tests ask for is started at once and side by side, while tests that need no server run already.

Load it from a `conftest.py` with `pytest_plugins = ["tests.servers.fixtures"]`.  `tests.servers.content` is what
the servers hold.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers.run import ServerRun

if TYPE_CHECKING:  # imported by the fixtures that need them: drivers and clients are heavy
    from tests.servers.google_cloud import GoogleCloud
    from tests.servers.mariadb import MariaDB
    from tests.servers.openssh import OpenSSH
    from tests.servers.postgresql import PostgreSQL
    from tests.servers.proftpd import FTP, FTPS, SFTP
    from tests.servers.seaweedfs import S3

RUN = pytest.StashKey[ServerRun]()
STARTING = pytest.StashKey[ThreadPoolExecutor]()

SERVERS: dict[str, Callable[[ServerRun], object]] = {}
"""Name of each fixture below, and what starts its server or finds it started."""


def server(start: Callable[[ServerRun], object]) -> Any:
    """Make a session fixture of a function that starts a server."""
    SERVERS[start.__name__] = start
    return pytest.fixture(scope="session")(start)


@pytest.fixture(scope="session")
def server_run(pytestconfig: pytest.Config) -> ServerRun:
    """What the servers of this test run have in common."""
    return pytestconfig.stash[RUN]


@server
def postgresql(server_run: ServerRun) -> PostgreSQL:
    from tests.servers import postgresql

    return server_run.get(postgresql.PostgreSQL, postgresql.start)


@server
def mariadb(server_run: ServerRun) -> MariaDB:
    from tests.servers import mariadb

    return server_run.get(mariadb.MariaDB, mariadb.start)


@server
def ftp(server_run: ServerRun) -> FTP:
    from tests.servers import proftpd

    return server_run.get(proftpd.FTP, proftpd.start_ftp)


@server
def ftps(server_run: ServerRun) -> FTPS:
    from tests.servers import proftpd

    return server_run.get(proftpd.FTPS, proftpd.start_ftps)


@server
def sftp(server_run: ServerRun) -> SFTP:
    from tests.servers import proftpd

    return server_run.get(proftpd.SFTP, proftpd.start_sftp)


@server
def openssh(server_run: ServerRun) -> OpenSSH:
    from tests.servers import openssh

    return server_run.get(openssh.OpenSSH, openssh.start)


@server
def s3(server_run: ServerRun) -> S3:
    from tests.servers import seaweedfs

    return server_run.get(seaweedfs.S3, seaweedfs.start)


@server
def google(server_run: ServerRun) -> GoogleCloud:
    from tests.servers import google_cloud

    return server_run.get(google_cloud.GoogleCloud, google_cloud.start)


def pytest_configure(config: pytest.Config) -> None:
    from_controller: dict[str, Any] | None = getattr(config, "workerinput", None)
    if from_controller:
        run = ServerRun(Path(from_controller["server_run_folder"]), from_controller["server_run_owner"])
    else:
        run = ServerRun.of_this_process()
    config.stash[RUN] = run


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """pytest-xdist: what the controller tells a worker."""
    run = node.config.stash[RUN]
    node.workerinput |= {"server_run_folder": str(run.folder), "server_run_owner": run.owner}


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start what the tests of this run need.  A failure is met again, and told, by the fixture."""
    wanted = SERVERS.keys() & {name for item in session.items for name in getattr(item, "fixturenames", ())}
    if wanted and not session.config.option.collectonly:
        pool = session.config.stash[STARTING] = ThreadPoolExecutor(len(wanted))
        for name in sorted(wanted):
            pool.submit(SERVERS[name], session.config.stash[RUN])


def pytest_unconfigure(config: pytest.Config) -> None:
    if STARTING in config.stash:
        config.stash[STARTING].shutdown(cancel_futures=True)
    if not hasattr(config, "workerinput"):
        config.stash[RUN].stop()
