"""Every type of BigQuery, value by value: from the table of rules to the text of a snapshot's CSV file.

The emulator makes the values from BigQuery's own SQL. A column for each type.
"""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from google.cloud.bigquery import Client
from google.cloud.bigquery.enums import SqlTypeNames
from previsionio_local.datasets.snapshots import read_csv, write_snapshot
from previsionio_local.settings import SourceSettings
from previsionio_local.sources import Connection, Location, Source, SourceError, open_source

from tests.servers.google_cloud import GoogleCloud


@dataclass(frozen=True)
class Case:
    """A type, values of it in SQL with the text that becomes of each, and the Arrow type."""

    type: str
    arrow: str
    texts: dict[str, str]


CASES = (
    Case("BOOL", "bool", {"TRUE": "True", "FALSE": "False"}),
    Case("INT64", "int64", {str(value): str(value) for value in (-(2**63), 2**63 - 1, 0)}),
    Case(
        "FLOAT64",
        "double",
        {
            "0.1": "0.1",
            "1e300": "1e+300",
            "-0.0": "-0.0",
            "CAST('nan' AS FLOAT64)": "nan",
            "CAST('inf' AS FLOAT64)": "inf",
            "CAST('-inf' AS FLOAT64)": "-inf",
        },
    ),
    Case(
        "NUMERIC",
        "decimal128(38, 9)",
        {
            "NUMERIC '-99999999999999999999999999999.999999999'": "-99999999999999999999999999999.999999999",
            "NUMERIC '1.5'": "1.500000000",
            "NUMERIC '0'": "0.000000000",
        },
    ),
    Case("NUMERIC(10, 2)", "decimal128(38, 9)", {"NUMERIC '1.50'": "1.500000000"}),
    # The emulator keeps 18 places of the 38.
    Case(
        "BIGNUMERIC", "decimal256(76, 38)", {"BIGNUMERIC '-1234567890123456789.5'": f"-1234567890123456789.5{37 * '0'}"}
    ),
    Case("STRING", "string", {"'é€🌊'": "é€🌊", "''": "", "' '": " ", "'NULL'": "NULL", "'a,b\\n\"c'": 'a,b\n"c'}),
    Case("STRING(5)", "string", {"'abc'": "abc"}),
    Case("BYTES", "binary", {"FROM_HEX('00ff')": "00ff", "b''": ""}),
    Case("DATE", "date32[day]", {f"DATE '{day}'": day for day in ("0001-01-01", "9999-12-31", "2024-02-29")}),
    Case(
        "DATETIME",
        "timestamp[us]",
        {
            "DATETIME '0001-01-01 00:00:00'": "0001-01-01 00:00:00",
            "DATETIME '9999-12-31 23:59:59.999999'": "9999-12-31 23:59:59.999999",
            "DATETIME '2024-02-29 12:00:00.5'": "2024-02-29 12:00:00.500000",
        },
    ),
    Case(
        "TIME",
        "time64[us]",
        {"TIME '00:00:00'": "00:00:00", "TIME '23:59:59.999999'": "23:59:59.999999", "TIME '1:2:3'": "01:02:03"},
    ),
    Case(
        "TIMESTAMP",
        "timestamp[us, tz=UTC]",
        {
            "TIMESTAMP '0001-01-01 00:00:00+00'": "0001-01-01 00:00:00+00:00",
            "TIMESTAMP '9999-12-31 23:59:59.999999+00'": "9999-12-31 23:59:59.999999+00:00",
            "TIMESTAMP '2024-02-29 12:00:00.5+05:30'": "2024-02-29 06:30:00.500000+00:00",
        },
    ),
    Case("GEOGRAPHY", "string", {"ST_GEOGPOINT(1, 2.5)": "POINT(1 2.5)"}),
    Case("JSON", "string", {"""JSON '{"b":1,"a":[2]}'""": '{"b":1,"a":[2]}', "JSON 'null'": "null"}),
    Case("INTERVAL", "string", {"INTERVAL '1-2 3 4:5:6.5' YEAR TO SECOND": "1-2 3 4:5:6.5"}),
    Case(
        "RANGE<DATE>",
        "struct<start: date32[day], end: date32[day]>",
        {"RANGE<DATE> '[2024-01-01, 2024-02-29)'": '{"start": "2024-01-01", "end": "2024-02-29"}'},
    ),
    Case("ARRAY<INT64>", "list<element: int64>", {"[1, 2]": "[1, 2]", "[]": "[]"}),
    Case("ARRAY<INTERVAL>", "list<element: string>", {"[INTERVAL 3 DAY]": '["0-0 3 0:0:0"]'}),
    Case("STRUCT<a INT64, b STRING>", "struct<a: int64, b: string>", {"STRUCT(1, '\"')": '{"a": 1, "b": "\\""}'}),
    Case(
        "ARRAY<STRUCT<a NUMERIC, b ARRAY<DATE>>>",
        "list<element: struct<a: decimal128(38, 9), b: list<element: date32[day]> not null>>",
        {"[STRUCT(NUMERIC '1', [DATE '2024-02-29'])]": '[{"a": "1.000000000", "b": ["2024-02-29"]}]'},
    ),
)
NO_COLUMN_TYPE = {"FOREIGN"}
"""What only tables of other services have."""


@pytest.fixture
def dataset(google: GoogleCloud) -> Iterator[tuple[Client, str]]:
    name = f"values_{secrets.token_hex(4)}"
    with google.bigquery_client() as client:
        client.create_dataset(name)
        yield client, name
        client.delete_dataset(name, delete_contents=True)


@pytest.fixture
def source(google: GoogleCloud) -> Iterator[Source]:
    connection = Connection("GCP", google_credentials=google.credentials)
    with open_source(connection, SourceSettings(bigquery_endpoint=google.endpoint)) as source:
        yield source


def test_values_of_bigquery(
    source: Source, dataset: tuple[Client, str], tmp_path: Path, count: Callable[[str, int], None]
) -> None:
    client, name = dataset
    columns = ", ".join(f"c{number} {case.type}" for number, case in enumerate(CASES))
    client.query_and_wait(f"CREATE TABLE {name}.t (row INT64, {columns})")
    height = max(len(case.texts) for case in CASES)
    values = ", ".join(f"({row}, {', '.join(value(case, row) for case in CASES)})" for row in range(height))
    client.query_and_wait(f"INSERT INTO {name}.t VALUES {values}")
    client.query_and_wait(f"CREATE VIEW {name}.v AS SELECT * FROM {name}.t")
    kinds = {field.field_type for field in client.get_table(f"{name}.t").schema}
    for table in ("t", "v"):
        types, rows = snapshot(source, name, table, tmp_path)
        assert types == [case.arrow for case in CASES]
        for number, case in enumerate(CASES):
            nothing = "[]" if case.type.startswith("ARRAY") else ""
            texts = [*case.texts.values(), *[nothing] * (height - len(case.texts))]
            assert (table, case.type, [row[number] for row in rows]) == (table, case.type, texts)
    assert {each.value for each in SqlTypeNames} - kinds == NO_COLUMN_TYPE
    count("values of BigQuery", 2 * sum(len(case.texts) for case in CASES))


def test_an_empty_table_has_its_columns(source: Source, dataset: tuple[Client, str], tmp_path: Path) -> None:
    client, name = dataset
    client.query_and_wait(f"CREATE TABLE {name}.t (row INT64, i INTERVAL, a ARRAY<DATE>)")
    client.query_and_wait(f"CREATE VIEW {name}.v AS SELECT * FROM {name}.t")
    for table in ("t", "v"):
        assert snapshot(source, name, table, tmp_path) == (["string", "list<element: date32[day]>"], [])


def test_a_view_on_nothing_is_refused_by_all(source: Source, dataset: tuple[Client, str]) -> None:
    client, name = dataset
    client.query_and_wait(f"CREATE TABLE {name}.t (a INT64)")
    client.query_and_wait(f"CREATE VIEW {name}.v AS SELECT * FROM {name}.t")
    view = Location(g_cloud="BigQuery", database=name, table="v")
    source.find(view)
    client.query_and_wait(f"DROP TABLE {name}.t")
    reasons = []
    for attempt in (source.find, lambda location: list(source.batches(location))):
        with pytest.raises(SourceError) as caught:
            attempt(view)
        reasons.append(str(caught.value))
    assert reasons[0] == reasons[1]


def value(case: Case, row: int) -> str:
    values = list(case.texts)
    return values[row] if row < len(values) else "NULL"


def snapshot(source: Source, dataset: str, table: str, folder: Path) -> tuple[list[str], list[list[str]]]:
    """The Arrow types and the rows, in order, without the first column, which counts them."""
    path = folder / f"{secrets.token_hex(4)}.parquet"
    location = Location(g_cloud="BigQuery", database=dataset, table=table)
    source.find(location)
    assert write_snapshot(path, source.batches(location), lambda _: True)
    types = [str(field.type) for field in pq.read_schema(path)]
    with path.open("rb") as file:
        _, *rows = csv.reader(io.StringIO(b"".join(read_csv(file)).decode(), newline=""))
    return types[1:], [row[1:] for row in sorted(rows, key=lambda row: int(row[0]))]
