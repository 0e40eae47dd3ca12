"""The contenders that are measured, and the same program for each of those that Pulumi runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from benchmarks.contract_server import DATABASE

CHANGED_HOST: Final = "moved.example.org"
HOST: Final = "db.example.org"
PASSWORD: Final = "correct horse battery staple"


@dataclass(frozen=True)
class Contender:
    """Something that makes the objects."""

    name: str


@dataclass(frozen=True)
class PulumiContender(Contender):
    """A provider, and the language of the program that uses it."""

    module: str = "pulumi_previsionio"
    """What a program in Python imports."""
    connector: str = "SQLConnector"
    """Its class of connector there."""
    runtime: str = "python"
    is_plugin: bool = False


OURS: Final = PulumiContender("previsionio")
NATIVE: Final = PulumiContender("previsionio, plugin", module="pulumi_previsionio.native", is_plugin=True)
YAML: Final = PulumiContender("previsionio, YAML", runtime="yaml", is_plugin=True)
NOOP: Final = PulumiContender("engine alone", module="benchmarks.noop_provider", connector="Connector")
NAIVE: Final = PulumiContender("plain provider", module="benchmarks.naive_provider", connector="Connector")
OPENTOFU: Final = Contender("OpenTofu")


@dataclass(frozen=True)
class Size:
    """So many connectors, each with so many data sources."""

    connectors: int
    datasources_each: int = 4

    @property
    def objects(self) -> int:
        """Both together."""
        return self.connectors * (1 + self.datasources_each)

    def __str__(self) -> str:
        return f"{self.connectors:,} + {self.connectors * self.datasources_each:,}"


def python_program(contender: PulumiContender, size: Size, host: str) -> str:
    """SQL connectors and tables in Python; `host` is the first connector's."""
    return f"""\
import {contender.module} as provider

for number in range({size.connectors}):
    connector = provider.{contender.connector}(
        f"c{{number}}",
        host={HOST!r} if number else {host!r},
        port=3306,
        username="reader",
        password={PASSWORD!r},
    )
    for table in range({size.datasources_each}):
        provider.Datasource(f"c{{number}}-t{{table}}", connector=connector, database={DATABASE!r}, table=f"t{{table}}")
"""


def yaml_resources(size: Size, host: str) -> str:
    """The same as the `resources` of a Pulumi.yaml."""
    lines = ["resources:"]
    for number in range(size.connectors):
        lines += [
            f"  c{number}:",
            "    type: previsionio:SQLConnector",
            f"    properties: {{host: {HOST if number else host}, port: 3306, username: reader, password: {PASSWORD}}}",
        ]
        for table in range(size.datasources_each):
            source = f"connectorId: '${{c{number}.id}}', database: {DATABASE}, table: t{table}"
            lines += [
                f"  c{number}-t{table}:",
                "    type: previsionio:Datasource",
                f"    properties: {{{source}}}",
            ]
    return "\n".join([*lines, ""])
