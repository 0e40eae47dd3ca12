"""A project, every kind of connector, every shape of data source and a dataset of each, over real servers."""

from collections.abc import Iterator

import pytest
from previsionio_local import LocalPlatform

from tests.engine.programs import connector, program
from tests.engine.pulumi_cli import Stack
from tests.platform.client import Client
from tests.servers import content
from tests.servers.google_cloud import GoogleCloud
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL
from tests.servers.proftpd import FTP, SFTP
from tests.servers.seaweedfs import S3
from tests.sources.scenarios import QUERIED, QUERY
from tests.sources.test_through_the_platform import comparable


@pytest.fixture
def cloud_platform(s3: S3, google: GoogleCloud) -> Iterator[LocalPlatform]:
    """A platform that is told where the clouds are."""
    with LocalPlatform(
        s3_endpoint=s3.endpoint, gcs_endpoint=google.endpoint, bigquery_endpoint=google.endpoint
    ) as platform:
        yield platform


@pytest.fixture
def every_kind(
    postgresql: PostgreSQL, mariadb: MariaDB, ftp: FTP, sftp: SFTP, s3: S3, google: GoogleCloud
) -> tuple[str, dict[str, content.Table]]:
    """The program, and what each of its data sources holds."""
    shapes: dict[str, tuple[str, dict[str, str], content.Table]] = {
        "postgresql-table": ("warehouse", {"database": "crm", "table": "customers"}, content.CUSTOMERS),
        "postgresql-query": ("warehouse", {"database": "crm", "request": QUERY}, QUERIED),
        "mariadb-table": ("shop", {"database": "crm", "table": "orders"}, content.ORDERS),
        "mariadb-query": ("shop", {"database": "crm", "request": QUERY}, QUERIED),
        "ftp-file": ("files", {"path": ftp.path("customers.csv")}, content.CUSTOMERS),
        "sftp-file": ("vault", {"path": sftp.path("exports/2024/orders.csv")}, content.ORDERS),
        "s3-object": ("lake", {"bucket": s3.bucket, "path": "exports/2024/customers.parquet"}, content.CUSTOMERS),
        "bigquery-table": (
            "cloud",
            {"g_cloud": "BigQuery", "database": "crm", "table": "customers"},
            content.CUSTOMERS,
        ),
        "storage-object": (
            "cloud",
            {"g_cloud": "Storage", "bucket": google.bucket, "path": "exports/été à Paris/clients.csv"},
            content.CUSTOMERS,
        ),
    }
    lines = [
        'project = previsionio.Project("everything", description="all there is", color="#A748F5")',
        "def in_project(cls, name, **inputs):",
        "    return cls(name, project_id=project.id, **inputs)",
        *(
            connector(cls, name, server).replace(f"previsionio.{cls}(", f"in_project(previsionio.{cls}, ")
            for cls, name, server in (
                ("SQLConnector", "warehouse", postgresql),
                ("SQLConnector", "shop", mariadb),
                ("FTPConnector", "files", ftp),
                ("SFTPConnector", "vault", sftp),
            )
        ),
        f"lake = in_project(previsionio.S3Connector, 'lake', access_key_id={s3.username!r}, "
        f"secret_access_key={s3.password!r})",
        f"cloud = in_project(previsionio.GCPConnector, 'cloud', google_credentials={google.credentials!r})",
    ]
    for name, (of, source, _) in shapes.items():
        arguments = ", ".join(f"{key}={value!r}" for key, value in source.items())
        lines += [
            f"source = previsionio.Datasource({name!r}, connector={of}, {arguments})",
            f"previsionio.Dataset('snapshot-{name}', datasource=source)",
        ]
    return program(*lines), {f"snapshot-{name}": table for name, (_, _, table) in shapes.items()}


def test_everything_at_once(
    stack: Stack, cloud_platform: LocalPlatform, every_kind: tuple[str, dict[str, content.Table]]
) -> None:
    text, snapshots = every_kind
    stack.environment |= settings(cloud_platform)

    up = stack.up_as_previewed(text)
    assert set(up.changes.values()) == {"create"}
    assert len(up.changes) == 1 + 6 + 2 * len(snapshots)

    resources = stack.resources()
    for name, table in snapshots.items():
        header, *rows = Client.of(cloud_platform).rows(resources[name]["id"])
        assert header == list(table.header), name
        assert comparable(rows) == comparable(table.rows), name

    cloud_platform.clear_calls()
    assert stack.preview().changes == {}
    assert cloud_platform.calls() == []
    assert stack.refresh().changes == {}

    assert set(stack.destroy().changes.values()) == {"delete"}
    assert stack.resources() == {}
    (left,) = Client.of(cloud_platform).all("/projects")
    assert left["_id"] == cloud_platform.project_id


def test_a_dataset_is_taken_again_when_its_triggers_change(stack: Stack, platform: LocalPlatform, ftp: FTP) -> None:
    def with_dataset(inputs: str) -> str:
        return program(
            connector("FTPConnector", "files", ftp),
            f"source = previsionio.Datasource('export', connector=files, path={ftp.path('customers.csv')!r})",
            f"previsionio.Dataset('snapshot', datasource=source, {inputs})" if inputs else "",
        )

    stack.environment |= settings(platform)
    stack.up(with_dataset("triggers=[1]"))
    first = snapshots(platform)
    assert len(first) == 1

    # What the program says now counts, not what it said when the old snapshot was taken.
    again = with_dataset("triggers=[2], keep_on_replace=True")
    assert stack.up_as_previewed(again).changes == {"snapshot": "replace"}
    both = snapshots(platform)
    assert len(both) == 2
    assert first < both

    assert stack.up(with_dataset("")).changes == {"snapshot": "delete"}
    assert snapshots(platform) == first


def test_a_snapshot_that_fails_is_removed_with_the_reason_shown(
    stack: Stack, platform: LocalPlatform, ftp: FTP
) -> None:
    stack.environment |= settings(platform)
    up = stack.up(
        program(
            connector("FTPConnector", "files", ftp),
            "source = previsionio.Datasource('export', connector=files, path='/missing.csv', verify_source=False)",
            "previsionio.Dataset('snapshot', datasource=source)",
        ),
        expect_failure=True,
    )
    (error,) = up.errors
    assert error.startswith("Dataset 'snapshot': the copy failed: ")
    assert "/missing.csv" in error
    assert snapshots(platform) == set()


def settings(platform: LocalPlatform) -> dict[str, str]:
    return {
        "PREVISION_URL": platform.url,
        "PREVISION_MASTER_TOKEN": platform.token,
        "PREVISION_PROJECT_ID": platform.project_id,
    }


def snapshots(platform: LocalPlatform) -> set[str]:
    return Client.of(platform).ids("/projects/{project}/datasets")
