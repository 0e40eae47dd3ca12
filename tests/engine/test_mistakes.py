"""A mistake ends `pulumi up` with one clear line and leaves nothing half-made, on the platform or in the state."""

import re
from collections.abc import Callable

import pytest
from previsionio_local import LocalPlatform

from tests.engine.messages import errors
from tests.engine.objects import Objects
from tests.engine.programs import Server, connector, datasource, program
from tests.engine.pulumi_cli import Run, Stack
from tests.secret_search import leaked
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL
from tests.servers.process import free_ports
from tests.servers.proftpd import FTP, SFTP


def the_error(run: Run) -> str:
    """The one line that the person at the terminal gets."""
    assert len(run.errors) == 1, run.stdout
    assert "\n" not in run.errors[0]
    assert "Traceback" not in run.stdout + run.stderr
    return run.errors[0]


Servers = dict[str, tuple[str, Server]]


@pytest.fixture
def servers(postgresql: PostgreSQL, mariadb: MariaDB, ftp: FTP, sftp: SFTP) -> Servers:
    """Name of a connector → its class, and what it leads to."""
    return {
        "warehouse": ("SQLConnector", postgresql),
        "shop": ("SQLConnector", mariadb),
        "files": ("FTPConnector", ftp),
        "vault": ("SFTPConnector", sftp),
    }


def test_what_does_not_connect_leaves_nothing(stack: Stack, objects: Objects, servers: Servers, ftp: FTP) -> None:
    (closed,) = free_ports(1)
    wrong = [connector(cls, name, server, password="not-the-password") for name, (cls, server) in servers.items()]
    nobody = [connector(cls, f"no_{name}", server, port=closed) for name, (cls, server) in servers.items()]
    unknown = connector("FTPConnector", "unknown", ftp, host="ftp.invalid")

    failed = stack.up(program(*wrong, *nobody, unknown), "--continue-on-error", expect_failure=True)
    told = errors(failed)
    for name, (cls, _) in servers.items():
        assert told.pop(name).startswith(f"{cls} {name!r}: the connection does not work: ")
        at_the_port = told.pop(f"no_{name}")
        assert at_the_port.startswith(f"{cls} 'no_{name}': the connection does not work: ")
        assert str(closed) in at_the_port
    assert "ftp.invalid" in told.pop("unknown")
    assert told == {}
    assert leaked(["not-the-password"], failed.everything) == []
    assert objects.names() == []
    assert stack.resources() == {}
    assert stack.pending_operations() == []

    right = [connector(cls, name, server) for name, (cls, server) in servers.items()]
    assert stack.up(program(*right)).changes == dict.fromkeys(servers, "create")


MISSPELT = {
    "file": ("files", {"path": "/custmers.csv"}, "custmers.csv"),
    "report": ("vault", {"path": "/custmers.csv"}, "custmers.csv"),
    "table": ("warehouse", {"database": "crm", "table": "custmers"}, "custmers"),
    "database": ("shop", {"database": "cmr", "table": "customers"}, "cmr"),
    "query": ("shop", {"database": "crm", "request": "SELECT nme FROM customers"}, "nme"),
}
"""Data source → its connector, its inputs, and the word of theirs that the error names."""


def test_misspelt_sources(stack: Stack, objects: Objects, servers: Servers) -> None:
    there = [connector(cls, name, server) for name, (cls, server) in servers.items()]
    wrong = {name: datasource(name, behind, **inputs) for name, (behind, inputs, _) in MISSPELT.items()}

    # Beside its new connector, a data source fails when it is made.
    made = stack.up(program(*there, *wrong.values()), "--continue-on-error", preview=True, expect_failure=True)
    told = errors(made)
    assert told.keys() == MISSPELT.keys()
    for name, (_, _, word) in MISSPELT.items():
        assert repr(name) in told[name]
        assert word in told[name]
    assert sorted(objects.names()) == sorted(stack.resources()) == sorted(servers)
    assert stack.pending_operations() == []

    # Behind a connector that is there, the preview says so, before anything is touched: so does `test_caught_early` of
    # the others.
    for name in ("report", "query"):
        preview = stack.preview(program(*there, wrong[name]), expect_failure=True)
        assert MISSPELT[name][2] in the_error(preview)


def test_missing_settings(bare_stack: Stack, ftp: FTP, platform: LocalPlatform) -> None:
    files = program(connector("FTPConnector", "files", ftp))
    told = bare_stack.up(files, preview=True, expect_failure=True).errors
    settings = [("PREVISION_URL", "url"), ("PREVISION_MASTER_TOKEN", "token"), ("PREVISION_PROJECT_ID", "projectId")]
    assert len(told) == len(settings)
    for error, (variable, key) in zip(told, settings, strict=True):
        assert "\n" not in error
        for place in ("previsionio.Provider", variable, "pulumi config set", f"previsionio:{key}"):
            assert place in error

    bare_stack.config("previsionio:url", platform.url)
    bare_stack.config("previsionio:projectId", platform.project_id)
    error = the_error(bare_stack.up(files, preview=True, expect_failure=True))
    for place in ("previsionio.Provider", "PREVISION_MASTER_TOKEN", "pulumi config set --secret previsionio:token"):
        assert place in error
    assert bare_stack.resources() == {}

    bare_stack.config("previsionio:token", platform.token, secret=True)
    assert bare_stack.up(files, preview=True).changes == {"files": "create"}


def test_wrong_token(stack: Stack, objects: Objects, ftp: FTP) -> None:
    stack.environment["PREVISION_MASTER_TOKEN"] = "not-the-token"
    failed = stack.up(program(connector("FTPConnector", "files", ftp)), expect_failure=True)
    assert "token" in the_error(failed)
    assert leaked(["not-the-token"], failed.everything) == []
    assert objects.names() == []


def test_no_platform_at_the_address(new_stack: Callable[..., Stack], platform: LocalPlatform, ftp: FTP) -> None:
    stack = new_stack("elsewhere", platform)
    (closed,) = free_ports(1)
    stack.environment["PREVISION_URL"] = f"http://127.0.0.1:{closed}"
    failed = stack.up(program(connector("FTPConnector", "files", ftp)), expect_failure=True)
    assert re.search(rf"http://127\.0\.0\.1:{closed}", the_error(failed))
    assert stack.resources() == {}


def test_wrong_shape_is_refused_in_the_program(stack: Stack, objects: Objects, ftp: FTP) -> None:
    wrong = program(connector("FTPConnector", "files", ftp), datasource("export", "files", database="crm", table="t"))
    failed = stack.up(wrong, preview=True, expect_failure=True)
    assert "Datasource 'export'" in failed.stdout
    assert objects.names() == []
