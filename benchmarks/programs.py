"""The same program for each provider that is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from benchmarks.contract_server import DATABASE

CHANGED_HOST: Final = "moved.example.org"
_HOST: Final = "db.example.org"


@dataclass(frozen=True)
class Provider:
    """A provider to measure: the module that a program imports, and its class of connector."""

    name: str
    module: str
    connector: str
    calls_platform: bool = True


OURS: Final = Provider("previsionio", "pulumi_previsionio", "SQLConnector")
NOOP: Final = Provider("no-op", "benchmarks.noop_provider", "Connector", calls_platform=False)
NAIVE: Final = Provider("naive", "benchmarks.naive_provider", "Connector")
ALL: Final = (NOOP, NAIVE, OURS)


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


def program(provider: Provider, size: Size, *, host: str = _HOST) -> str:
    """A program of SQL connectors and tables; `host` is the first connector's."""
    return f"""\
import {provider.module} as provider

for number in range({size.connectors}):
    connector = provider.{provider.connector}(
        f"c{{number}}",
        host={_HOST!r} if number else {host!r},
        port=3306,
        username="reader",
        password="correct horse battery staple",
    )
    for table in range({size.datasources_each}):
        provider.Datasource(f"c{{number}}-t{{table}}", connector=connector, database={DATABASE!r}, table=f"t{{table}}")
"""
