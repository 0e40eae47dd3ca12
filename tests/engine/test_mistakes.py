"""A mistake ends `pulumi up` with one clear line and leaves nothing half-made, on the platform or in the state."""

import re
from collections.abc import Callable

import pytest
from previsionio_local import LocalPlatform

from tests.engine.objects import Objects
from tests.engine.programs import Server, connector, datasource, program
from tests.engine.pulumi_cli import Run, Stack
from tests.secret_search import leaked
from tests.servers.process import free_ports
from tests.servers.proftpd import FTP


def the_error(run: Run) -> str:
    """The one line that the person at the terminal gets."""
    assert len(run.errors) == 1, run.stdout
    assert "\n" not in run.errors[0]
    assert "Traceback" not in run.stdout + run.stderr
    return run.errors[0]


KINDS = [
    ("SQLConnector", "postgresql"),
    ("SQLConnector", "mariadb"),
    ("FTPConnector", "ftp"),
    ("SFTPConnector", "sftp"),
]


@pytest.mark.parametrize(("cls", "fixture"), KINDS)
def test_wrong_password(cls: str, fixture: str, stack: Stack, objects: Objects, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(fixture)
    wrong = program(connector(cls, "source", server, password="not-the-password"))

    failed = stack.up(wrong, expect_failure=True)
    assert the_error(failed).startswith(f"{cls} 'source': the connection does not work: ")
    assert leaked(["not-the-password"], failed.everything) == []
    assert objects.names() == []
    assert stack.resources() == {}
    assert stack.pending_operations() == []

    assert stack.up(program(connector(cls, "source", server))).changes == {"source": "create"}


@pytest.mark.parametrize(("cls", "fixture"), KINDS)
def test_nobody_at_the_address(
    cls: str, fixture: str, stack: Stack, objects: Objects, request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue(fixture)
    (closed,) = free_ports(1)
    failed = stack.up(program(connector(cls, "source", server, port=closed)), expect_failure=True)
    assert the_error(failed).startswith(f"{cls} 'source': the connection does not work: ")
    assert f"127.0.0.1:{closed}" in the_error(failed) or str(closed) in the_error(failed)
    assert objects.names() == []
    assert stack.resources() == {}


def test_unknown_host(stack: Stack, objects: Objects, ftp: FTP) -> None:
    failed = stack.up(program(connector("FTPConnector", "files", ftp, host="ftp.invalid")), expect_failure=True)
    assert "ftp.invalid" in the_error(failed)
    assert objects.names() == []
    assert stack.resources() == {}


@pytest.mark.parametrize(
    ("cls", "fixture", "source", "message"),
    [
        ("FTPConnector", "ftp", {"path": "/custmers.csv"}, "custmers.csv"),
        ("SFTPConnector", "sftp", {"path": "/custmers.csv"}, "custmers.csv"),
        ("SQLConnector", "postgresql", {"database": "crm", "table": "custmers"}, "custmers"),
        ("SQLConnector", "mariadb", {"database": "cmr", "table": "customers"}, "cmr"),
        ("SQLConnector", "mariadb", {"database": "crm", "request": "SELECT nme FROM customers"}, "nme"),
    ],
)
def test_misspelt_source(
    cls: str,
    fixture: str,
    source: dict[str, str],
    message: str,
    stack: Stack,
    objects: Objects,
    request: pytest.FixtureRequest,
) -> None:
    there = connector(cls, "there", request.getfixturevalue(fixture))
    wrong = program(there, datasource("wrong", "there", **source))

    # Beside its new connector, the data source fails when it is made.
    made = stack.up(wrong, preview=True, expect_failure=True)
    assert "'wrong'" in the_error(made)
    assert message in the_error(made)
    assert objects.names() == ["there"]
    assert list(stack.resources()) == ["there"]
    assert stack.pending_operations() == []

    # Behind a connector that is there, the preview says so, before anything is touched.
    previewed = stack.preview(wrong, expect_failure=True)
    assert message in the_error(previewed)


def test_missing_settings(bare_stack: Stack, ftp: FTP, platform: LocalPlatform) -> None:
    files = program(connector("FTPConnector", "files", ftp))
    errors = bare_stack.up(files, preview=True, expect_failure=True).errors
    settings = [("PREVISION_URL", "url"), ("PREVISION_MASTER_TOKEN", "token"), ("PREVISION_PROJECT_ID", "projectId")]
    assert len(errors) == len(settings)
    for error, (variable, key) in zip(errors, settings, strict=True):
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
