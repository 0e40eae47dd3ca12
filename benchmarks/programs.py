"""The providers that are measured, and the same program for each of Pulumi's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from benchmarks.contract_server import DATABASE

CHANGED_HOST: Final = "moved.example.org"
HOST: Final = "db.example.org"
PASSWORD: Final = "correct horse battery staple"


@dataclass(frozen=True)
class Provider:
    """A provider to measure."""

    name: str


@dataclass(frozen=True)
class PulumiProvider(Provider):
    """The module that a program imports, and its class of connector."""

    module: str
    connector: str


OURS: Final = PulumiProvider("previsionio", "pulumi_previsionio", "SQLConnector")
NOOP: Final = PulumiProvider("no-op", "benchmarks.noop_provider", "Connector")
NAIVE: Final = PulumiProvider("naive", "benchmarks.naive_provider", "Connector")
OPENTOFU: Final = Provider("OpenTofu")


@dataclass(frozen=True)
class Size:
    """So many connectors, each with so many data sources."""

    connectors: int
    datasources_each: int = 4

    @property
    def objects(self) -> int:
        return self.connectors * (1 + self.datasources_each)

    def __str__(self) -> str:
        return f"{self.connectors} + {self.connectors * self.datasources_each}"


def program(provider: PulumiProvider, size: Size, *, host: str = HOST) -> str:
    """A program of SQL connectors and tables; `host` is the first connector's."""
    return f"""\
import {provider.module} as provider

for number in range({size.connectors}):
    connector = provider.{provider.connector}(
        f"c{{number}}",
        host={HOST!r} if number else {host!r},
        port=3306,
        username="reader",
        password={PASSWORD!r},
    )
    for table in range({size.datasources_each}):
        provider.Datasource(f"c{{number}}-t{{table}}", connector=connector, database={DATABASE!r}, table=f"t{{table}}")
"""
