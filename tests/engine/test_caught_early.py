"""A source that does not exist is caught before anything is made, and the nearest that does is named."""

import re
from collections.abc import Callable, Iterator

import pytest
from previsionio_local import LocalPlatform

from tests.engine.messages import errors, the_error
from tests.engine.objects import Objects
from tests.engine.programs import connector, datasource, program
from tests.engine.pulumi_cli import Stack
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL
from tests.servers.proftpd import FTP
from tests.servers.seaweedfs import S3


@pytest.fixture
def platform(s3: S3) -> Iterator[LocalPlatform]:
    with LocalPlatform(s3_endpoint=s3.endpoint) as platform:
        yield platform


@pytest.fixture
def connectors(postgresql: PostgreSQL, mariadb: MariaDB, ftp: FTP, s3: S3) -> tuple[str, ...]:
    return (
        connector("SQLConnector", "warehouse", postgresql),
        connector("SQLConnector", "shop", mariadb),
        connector("FTPConnector", "files", ftp),
        f"lake = previsionio.S3Connector('lake', access_key_id={s3.username!r}, secret_access_key={s3.password!r})",
    )


@pytest.fixture
def misspelt(ftp: FTP, s3: S3) -> dict[str, tuple[str, str]]:
    """Name of a data source → its line, and what is said of it."""
    return {
        name: (datasource(name, connector, **source), words)
        for name, connector, source, words in (
            (
                "database",
                "shop",
                {"database": "cmr", "table": "customers"},
                "database: 'cmr' is not there. Did you mean 'crm'? (some databases; list them with list_databases)",
            ),
            (
                "table",
                "warehouse",
                {"database": "crm", "table": "custmers"},
                "table: 'custmers' is not in database 'crm'. Did you mean 'customers'? "
                "(2 tables; list them with list_tables)",
            ),
            (
                "query",
                "warehouse",
                {"database": "crm", "request": "SELECT id FROM ordres"},
                "request: the request is refused: relation \"ordres\" does not exist. Did you mean 'orders'?",
            ),
            (
                "file",
                "files",
                {"path": "custmers.csv"},
                f"path: no file 'custmers.csv' on {ftp.host}:{ftp.port}. Did you mean 'customers.csv'?",
            ),
            (
                "bucket",
                "lake",
                {"bucket": "crm-export", "path": "customers.csv"},
                "bucket: no bucket 'crm-export'. Did you mean 'crm-exports'?",
            ),
            (
                "object",
                "lake",
                {"bucket": s3.bucket, "path": "custmers.csv"},
                "path: no object 'custmers.csv' in bucket 'crm-exports'. Did you mean 'customers.csv'?",
            ),
        )
    }


def test_the_nearest_is_named(
    new_stack: Callable[..., Stack],
    platform: LocalPlatform,
    connectors: tuple[str, ...],
    misspelt: dict[str, tuple[str, str]],
) -> None:
    stack, objects = new_stack("stack", platform), Objects(platform)
    lines = [line for line, _ in misspelt.values()]
    # Behind connectors that are only just made.
    told = errors(stack.up(program(*connectors, *lines), "--continue-on-error", expect_failure=True))
    assert {name: without_count(words) for name, words in told.items()} == {
        name: f"Datasource {name!r}: {words}" for name, (_, words) in misspelt.items()
    }
    assert sorted(objects.names()) == sorted(stack.resources()) == ["files", "lake", "shop", "warehouse"]
    assert not any(call.method == "POST" and call.path.endswith("/data-sources") for call in platform.calls())

    # Behind connectors that are there; the engine reports one resource that fails its check.
    for name in ("table", "file", "object"):  # a list, and what is looked at singly
        line, words = misspelt[name]
        told_in_preview = without_count(the_error(stack.preview(program(*connectors, line), expect_failure=True)))
        assert told_in_preview.endswith(f"resource {name!r} has a problem: {words}")

    unverified = [line.removesuffix(")") + ", verify_source=False)" for line in lines]
    platform.clear_calls()
    assert stack.up_as_previewed(program(*connectors, *unverified)).changes == dict.fromkeys(misspelt, "create")
    calls = [(call.method, call.path) for call in platform.calls()]
    assert calls.count(("GET", f"/projects/{platform.project_id}")) == 2  # is it there? In preview and in `up`
    assert [method for method, _ in calls].count("POST") == len(misspelt) == len(calls) - 2


def without_count(words: str) -> str:
    """Other tests make databases on the same servers meanwhile."""
    return re.sub(r"\(\d+ databases", "(some databases", words)
