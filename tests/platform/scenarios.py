"""Every kind of connector and data source over its real server: one scenario each, the same tests for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.servers import content

Servers = Callable[[str], Any]
"""Gives the server of a name: the fixtures of `tests.servers`."""


@dataclass(frozen=True)
class Scenario:
    """A connector over a server, a data source on it, and what goes wrong with them."""

    server: str
    type: str
    location: Mapping[str, str]
    misspelt: Mapping[str, Mapping[str, str]]
    """Field that is wrong, and the location's wrong value there with the right name."""

    rows: content.Table | None = None
    text: bool = False
    """Whether the source has no types, so that values arrive as text."""

    lists: Mapping[str, list[str]] = field(default_factory=dict)
    """A listing below the connector, and some of what is in it."""

    def connector(self, server: Any) -> dict[str, Any]:
        """The body that makes the connector."""
        if self.type == "GCP":
            return {"type": "GCP", "name": "gcp", "googleCredentials": server.credentials}
        body = {"type": self.type, "name": self.server, "username": server.username, "password": server.password}
        if self.type != "S3":
            body |= {"host": server.host, "port": server.port}
        return body

    def wrong_login(self, server: Any) -> dict[str, Any]:
        """The same with a wrong password or key."""
        if self.type == "GCP":
            return self.connector(server) | {"googleCredentials": server.credentials_with_wrong_key()}
        return self.connector(server) | {"password": "Xq7wrongXq7"}

    @property
    def name(self) -> str:
        service = self.location.get("g_cloud") or ("query" if "request" in self.location else "")
        return f"{self.server} {service}".strip()


SQL_LISTS = {"/databases": ["crm", "shop"], "/databases/crm/tables": ["customers", "orders"]}
FILES = ["customers.csv", "exports/2024/orders.csv", "exports/été à Paris/clients.csv"]
BUCKET_LISTS = {"/buckets": ["crm-exports", "empty"], "/paths?bucket=crm-exports": FILES}

SCENARIOS = [
    scenario
    for server in ("postgresql", "mariadb")
    for scenario in (
        Scenario(
            server,
            "SQL",
            {"database": "crm", "table": "customers"},
            {
                "database": {"database": "crmm", "table": "customers"},
                "table": {"database": "crm", "table": "custmers"},
            },
            content.CUSTOMERS,
            lists=SQL_LISTS,
        ),
        Scenario(
            server,
            "SQL",
            {"database": "crm", "request": "SELECT * FROM customers WHERE 1 = 1 AND 'a%' LIKE 'a%' ORDER BY id"},
            {"request": {"database": "crm", "request": "SELECT * FROM custmers"}},
            content.CUSTOMERS,
        ),
    )
]
SCENARIOS += [
    Scenario(
        server,
        kind,
        {"path": "exports/été à Paris/clients.csv"},
        {"path": {"path": "custmers.csv"}},
        content.CUSTOMERS,
        text=True,
        lists={"/paths": FILES},
    )
    for server, kind in (("ftp", "FTP"), ("sftp", "SFTP"))
]
SCENARIOS += [
    Scenario(
        server,
        kind,
        {"bucket": "crm-exports", "path": "exports/2024/customers.parquet", **service},
        {
            "bucket": {"bucket": "crm-export", "path": "customers.csv", **service},
            "path": {"bucket": "crm-exports", "path": "custmers.csv", **service},
        },
        content.CUSTOMERS,
        lists=BUCKET_LISTS,
    )
    for server, kind, service in (("s3", "S3", {}), ("google", "GCP", {"g_cloud": "Storage"}))
]
SCENARIOS += [
    Scenario(
        "google",
        "GCP",
        {"database": "crm", "table": "customers", "g_cloud": "BigQuery"},
        {
            "database": {"database": "crmm", "table": "customers", "g_cloud": "BigQuery"},
            "table": {"database": "crm", "table": "custmers", "g_cloud": "BigQuery"},
        },
        content.CUSTOMERS,
        lists=SQL_LISTS,
    )
]

EVERY_SCENARIO = pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
EVERY_SERVER = pytest.mark.parametrize(
    "scenario",
    list({scenario.server: scenario for scenario in reversed(SCENARIOS)}.values()),
    ids=lambda scenario: scenario.server,
)
