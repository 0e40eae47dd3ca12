"""Every kind of source as a case of the same story: how to reach it, what to read there, and what can go wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.servers import content
from tests.servers.process import HOST, free_ports

if TYPE_CHECKING:
    from tests.servers.google_cloud import GoogleCloud
    from tests.servers.mariadb import MariaDB
    from tests.servers.openssh import OpenSSH
    from tests.servers.postgresql import PostgreSQL
    from tests.servers.proftpd import FTP, SFTP
    from tests.servers.seaweedfs import S3

Fields = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """One kind of source.  What `wrong_credentials` and the like say replaces fields of the right `connector`."""

    connector: Fields
    """The body that makes a connector, without a name."""

    location: Fields
    """What a data source adds."""

    table: content.Table
    """What is to be read there."""

    wrong_credentials: tuple[Fields, ...]
    unreachable: Fields
    missing: tuple[Fields, ...]
    """Locations that are not there.  Each last value is the misspelt name, and must be named in the reason."""

    suggestion: str
    """What the first of `missing` should have been."""

    elsewhere: tuple[tuple[Fields, content.Table], ...] = ()
    """More locations, odd in one way or another, and what is there."""

    lists: dict[str, list[str]] = field(default_factory=dict)
    """Lists below `/connectors/{id}`, and what they hold at least."""

    endpoints: dict[str, Any] = field(default_factory=dict)
    """What the platform must be told, since a connector has no field for it."""

    unreachable_endpoints: dict[str, Any] = field(default_factory=dict)

    def secrets(self) -> list[str]:
        """What no answer may hold."""
        credentials = self.connector.get("googleCredentials", {})
        return [value for value in (self.connector.get("password"), credentials.get("private_key")) if value]


def mariadb(server: MariaDB) -> Scenario:
    return _sql(server, {"table": "customers"}, content.CUSTOMERS, {"table": "custmers"}, "customers")


def mariadb_query(server: MariaDB) -> Scenario:
    return _sql(server, {"request": QUERY}, QUERIED, {"request": "SELECT * FROM custmers"}, "customers")


def postgresql(server: PostgreSQL) -> Scenario:
    return _sql(server, {"table": "customers"}, content.CUSTOMERS, {"table": "custmers"}, "customers")


def postgresql_query(server: PostgreSQL) -> Scenario:
    return _sql(server, {"request": QUERY}, QUERIED, {"request": "SELECT * FROM custmers"}, "customers")


def ftp(server: FTP) -> Scenario:
    return _files("FTP", server, "customers.csv", content.CUSTOMERS)


def sftp(server: SFTP) -> Scenario:
    return _files("SFTP", server, "exports/2024/orders.csv", content.ORDERS)


def openssh(server: OpenSSH) -> Scenario:
    return _files("SFTP", server, "exports/2024/orders.csv", content.ORDERS)


def s3(server: S3) -> Scenario:
    path = "exports/2024/customers.parquet"
    return Scenario(
        connector={"type": "S3", "username": server.username, "password": server.password},
        location={"bucket": server.bucket, "path": path},
        table=content.CUSTOMERS,
        wrong_credentials=({"password": "wrong"}, {"username": "AKIDNOBODY"}),
        unreachable={},
        missing=(
            {"bucket": server.bucket, "path": "exports/2024/custmers.parquet"},
            {"path": path, "bucket": "crm-export"},
        ),
        suggestion=path,
        elsewhere=_odd_files({"bucket": server.bucket}),
        endpoints={"s3_endpoint": server.endpoint},
        unreachable_endpoints={"s3_endpoint": f"http://{HOST}:{free_ports(1)[0]}"},
    )


def google_storage(server: GoogleCloud) -> Scenario:
    path = "exports/été à Paris/clients.csv"
    location = {"g_cloud": "Storage", "bucket": server.bucket, "path": path}
    return _google(
        server,
        location,
        content.CUSTOMERS,
        missing=(
            location | {"path": "exports/été à Paris/client.csv"},
            {"g_cloud": "Storage", "path": path, "bucket": "crm-export"},
        ),
        suggestion=path,
        elsewhere=_odd_files(location),
    )


def bigquery(server: GoogleCloud) -> Scenario:
    location = {"g_cloud": "BigQuery", "database": "crm", "table": "customers"}
    return _google(
        server,
        location,
        content.CUSTOMERS,
        missing=(location | {"table": "custmers"}, {"g_cloud": "BigQuery", "table": "customers", "database": "crn"}),
        suggestion="customers",
        elsewhere=((location | {"database": "shop", "table": "archive"}, content.ARCHIVE),),
    )


SCENARIOS: dict[str, tuple[str, Callable[[Any], Scenario]]] = {
    "mariadb": ("mariadb", mariadb),
    "mariadb query": ("mariadb", mariadb_query),
    "postgresql": ("postgresql", postgresql),
    "postgresql query": ("postgresql", postgresql_query),
    "ftp": ("ftp", ftp),
    "sftp": ("sftp", sftp),
    "sftp by OpenSSH": ("openssh", openssh),
    "s3": ("s3", s3),
    "google storage": ("google", google_storage),
    "bigquery": ("google", bigquery),
}
"""Name, fixture of the server, and the scenario over it."""


QUERY = "SELECT name, balance * 2 AS twice, birthday FROM customers WHERE id <> 3 AND name LIKE '%e%' ORDER BY id DESC"


def _queried() -> content.Table:
    named = dict(zip(content.CUSTOMERS.header, content.CUSTOMERS.columns, strict=True))
    twice = content.Column("twice", "", "", "", named["balance"].arrow)
    rows = [
        (name, balance * 2 if isinstance(balance, Decimal) else None, birthday)
        for id_, name, _, balance, birthday, _ in reversed(content.CUSTOMERS.rows)
        if id_ != 3 and "e" in str(name)
    ]
    return content.Table("query", (named["name"], twice, named["birthday"]), tuple(rows))


QUERIED = _queried()
"""What `QUERY` gives."""


def _sql(
    server: MariaDB | PostgreSQL, what: Fields, table: content.Table, misspelt: Fields, suggestion: str
) -> Scenario:
    return Scenario(
        connector={"type": "SQL", **_login(server)},
        location={"database": "crm", **what},
        table=table,
        wrong_credentials=({"password": "wr@ng pässword"}, {"username": "nobody"}),
        unreachable={"port": free_ports(1)[0]},
        missing=({"database": "crm", **misspelt}, {**what, "database": "crn"}),
        suggestion=suggestion,
        elsewhere=(
            ({"database": "shop", "table": "order lines"}, content.ORDER_LINES),
            ({"database": "shop", "table": "archive"}, content.ARCHIVE),
        ),
        lists={
            "databases": list(server.databases),
            **{
                f"databases/{name}/tables": [table.name for table in server.databases[name]]
                for name in server.databases
            },
        },
    )


def _files(kind: str, server: FTP | SFTP, path: str, table: content.Table) -> Scenario:
    folder, _, name = path.rpartition("/")
    misspelt = f"{folder}/{name[1:]}".lstrip("/")
    return Scenario(
        connector={"type": kind, **_login(server)},
        location={"path": path},
        table=table,
        wrong_credentials=({"password": "wr@ng pässword"}, {"username": "nobody"}),
        unreachable={"port": free_ports(1)[0]},
        missing=({"path": misspelt}, {"path": f"nowhere/{name}"}, {"path": "exports"}),
        suggestion=path,
        elsewhere=(*_odd_files({}), ({"path": server.path("customers.csv")}, content.CUSTOMERS)),
        lists={"paths": list(server.files)},
    )


def _google(
    server: GoogleCloud,
    location: Fields,
    table: content.Table,
    missing: tuple[Fields, ...],
    suggestion: str,
    **more: Any,
) -> Scenario:
    nowhere = f"http://{HOST}:{free_ports(1)[0]}"
    return Scenario(
        connector={"type": "GCP", "googleCredentials": server.credentials},
        location=location,
        table=table,
        wrong_credentials=(
            {"googleCredentials": server.credentials_with_wrong_key()},
            {"googleCredentials": server.credentials | {"client_email": "nobody@example.org"}},
            {"googleCredentials": server.credentials | {"private_key": "no key"}},
        ),
        unreachable={"googleCredentials": server.credentials | {"token_uri": f"{nowhere}/token"}},
        missing=missing,
        suggestion=suggestion,
        **more,
        endpoints={"gcs_endpoint": server.endpoint, "bigquery_endpoint": server.endpoint},
        unreachable_endpoints={"gcs_endpoint": nowhere, "bigquery_endpoint": nowhere},
    )


def _odd_files(location: Fields) -> tuple[tuple[Fields, content.Table], ...]:
    return (
        (location | {"path": "exports/2024/sales report.csv"}, content.PRODUCTS),
        (location | {"path": "exports/2024/customers.parquet"}, content.CUSTOMERS),
        (location | {"path": "exports/été à Paris/clients.csv"}, content.CUSTOMERS),
    )


def _login(server: Any) -> Fields:
    return {name: getattr(server, name) for name in ("host", "port", "username", "password")}
