"""Every type of every SQL server, value by value: from the table of rules to the text of a snapshot's CSV file.

A column for each type; the server itself makes the values.
"""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from previsionio_local.datasets.snapshots import read_csv, write_snapshot
from previsionio_local.settings import SourceSettings
from previsionio_local.sources import Connection, Location, SourceError, open_source
from previsionio_local.sources.sql_types import MYSQL, POSTGRESQL

from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL


@dataclass(frozen=True)
class Case:
    """A type, values of it as the server is told them, and what becomes of them; "" is null."""

    type: str
    values: tuple[str, ...]
    arrow: str
    texts: tuple[str, ...]


def case(type_: str, arrow: str, **texts: str) -> Case:
    """`texts` are the values with what becomes of each."""
    return Case(type_, tuple(texts), arrow, tuple(texts.values()))


def same(type_: str, *values: str, arrow: str = "string") -> Case:
    """Values that look the same in the end."""
    return case(type_, arrow, **{value: value for value in values})


POSTGRESQL_CASES = (
    case("boolean", "bool", true="True", false="False"),
    same("smallint", "-32768", "32767", arrow="int16"),
    same("integer", "-2147483648", "2147483647", arrow="int32"),
    same("bigint", "-9223372036854775808", "9223372036854775807", arrow="int64"),
    same("oid", "0", "4294967295", arrow="int64"),
    case(
        "real",
        "double",
        **{"0.1": "0.1", "16777217": "16777216.0", "1e-45": "1e-45", "NaN": "nan", "-Infinity": "-inf"},
    ),
    case(
        "double precision", "double", **{"0.1": "0.1", "1e300": "1e+300", "NaN": "nan", "Infinity": "inf", "-0": "-0.0"}
    ),
    same("numeric(10, 2)", "0.00", "-99999999.99", "1234.50", arrow="decimal128(10, 2)"),
    same("numeric(40, 2)", "12345678901234567890123456789012345678.12", "0.00", arrow="decimal256(40, 2)"),
    same("numeric(10, 0)", "9999999999", "0", arrow="decimal128(10, 0)"),
    same("numeric", "1.10", "0.0000001", "NaN", "Infinity", "1" * 100),
    same("numeric(100, 2)", "1" * 90 + ".12"),
    case("numeric(5, -2)", "string", **{"12345": "12300"}),
    same("money", "-$1,234.50", "$0.00"),
    same("date", "0001-01-01", "9999-12-31", "2024-02-29", arrow="date32[day]"),
    case(
        "time",
        "time64[us]",
        **{"00:00": "00:00:00", "10:11:12.5": "10:11:12.500000", "23:59:59.999999": "23:59:59.999999"},
    ),
    case(
        "timestamp",
        "timestamp[us]",
        **{"0001-01-01": "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999": "9999-12-31 23:59:59.999999"},
    ),
    case(
        "timestamptz",
        "timestamp[us, tz=UTC]",
        **{
            "2024-02-29 12:00:00.5+05:30": "2024-02-29 06:30:00.500000+00:00",
            "0001-01-01 00:00+00": "0001-01-01 00:00:00+00:00",
        },
    ),
    same("timetz", "10:00:00+02", "24:00:00-03:30"),
    same("interval", "1 mon -00:00:01.5", "-178000000 years", "25:00:00"),
    same("text", "é€🌊", " ", "\\", "{}", "NULL", "two\nlines", 'a"b,c'),
    same("varchar(9)", "abc"),
    same("char(4)", "ab  "),
    case("name", "string", x="x"),
    case('"char"', "string", x="x"),
    case("bytea", "binary", **{"\\x00ff": "00ff", "\\x": ""}),
    same("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    same("json", '{"b":1,  "a":[2]}', "null"),
    same("jsonb", '{"a": 1000}'),
    same("xml", "<a>&amp;</a>"),
    same("bit(3)", "101"),
    same("bit varying", "", "0101"),
    same("inet", "::1/64", "10.0.0.1"),
    same("cidr", "10.0.0.0/8"),
    same("macaddr", "08:00:2b:01:02:03"),
    same("int[]", "{1,NULL,2}", "{{1,2},{3,4}}", "{}"),
    same("text[]", '{"a b",NULL,"\\"\\\\"}'),
    same("date[]", "{infinity,2024-02-29}"),
    same("numeric(5,1)[]", "{1.5,NaN}"),
    same("bytea[]", '{"\\\\x00ff"}'),
    same("int4range", "[1,3)", "empty"),
    same("tstzrange", "empty"),
    same("int4multirange", "{[1,3),[5,7)}"),
    same("point", "(1,2.5)"),
    same("box", "(1,1),(0,0)"),
    same("tsvector", "'a' 'b'"),
    same("pg_lsn", "16/B374D848"),
    same("regclass", "pg_class"),
    same("colour", "red"),
    case("positive", "int32", **{"5": "5"}),
    same("couple", '(1,"a b")', "(,)"),
    same("colour[]", "{red,red}"),
    # No room for these in their own types: the column becomes text.
    same("date", "infinity", "-infinity", "2024-02-29"),
    same("date", "0044-03-15 BC"),
    same("date", "10000-01-01", "5874897-12-31"),
    same("time", "24:00:00", "10:11:12.5"),
    same("timestamp", "infinity", "2024-02-29 12:00:00.5"),
    same("timestamp", "0044-03-15 00:00:00 BC", "294276-12-31 23:59:59.999999"),
    same("timestamptz", "-infinity", "2024-02-29 12:00:00+00"),
    case("timestamptz", "string", **{"9999-12-31 23:59:59-01": "10000-01-01 00:59:59+00"}),
    same("numeric(10, 2)", "NaN", "1.50"),
)

MARIADB_CASES = (
    same("tinyint", "-128", "127", arrow="int32"),
    same("tinyint unsigned", "0", "255", arrow="int32"),
    same("boolean", "0", "1", arrow="int32"),
    same("smallint", "-32768", arrow="int32"),
    same("smallint unsigned", "65535", arrow="int32"),
    same("mediumint", "-8388608", arrow="int32"),
    same("mediumint unsigned", "16777215", arrow="int32"),
    same("int", "-2147483648", "2147483647", arrow="int64"),
    same("int unsigned", "4294967295", arrow="int64"),
    same("bigint", "-9223372036854775808", "9223372036854775807", arrow="int64"),
    same("bigint unsigned", "18446744073709551615", "0", arrow="uint64"),
    case("int zerofill", "int64", **{"7": "7"}),
    case("double", "double", **{"0.1": "0.1", "1e300": "1e+300", "-1e-300": "-1e-300"}),
    same("decimal(10, 2)", "0.00", "-99999999.99", arrow="decimal128(38, 2)"),
    same("decimal(10, 2) unsigned", "99999999.99", arrow="decimal128(38, 2)"),
    same("decimal(38, 0)", "9" * 38, "-" + "9" * 38, arrow="decimal128(38, 0)"),
    same("decimal(39, 0)", "9" * 39, arrow="decimal256(65, 0)"),
    same("decimal(39, 0) unsigned", "9" * 39, arrow="decimal256(65, 0)"),
    same("decimal(38, 38)", "0." + "9" * 38, arrow="decimal128(38, 38)"),
    same("decimal(65, 30)", "9" * 35 + "." + "9" * 30, arrow="decimal256(65, 30)"),
    same("decimal(65, 0)", "-" + "9" * 65, arrow="decimal256(65, 0)"),
    case("bit(1)", "binary", **{"b'1'": "01"}),
    case("bit(10)", "binary", **{"b'1000000001'": "0201"}),
    case("year", "int32", **{"0000": "0", "1901": "1901", "2155": "2155"}),
    same("date", "0001-01-01", "9999-12-31", arrow="date32[day]"),
    case(
        "datetime",
        "timestamp[us]",
        **{"0001-01-01": "0001-01-01 00:00:00", "9999-12-31 23:59:59": "9999-12-31 23:59:59"},
    ),
    case("datetime(6)", "timestamp[us]", **{"2024-02-29 12:00:00.5": "2024-02-29 12:00:00.500000"}),
    case("datetime(3)", "timestamp[us]", **{"2024-02-29 12:00:00.125": "2024-02-29 12:00:00.125000"}),
    case("timestamp(2) null", "timestamp[us]", **{"2024-02-29 12:00:00.25": "2024-02-29 12:00:00.250000"}),
    same("time", "838:59:59", "-838:59:59", "00:00:00"),
    same("time(6)", "-00:00:01.500000", "25:00:00.000001"),
    same("time(1)", "01:02:03.4"),
    same("varchar(20)", "é€🌊", "", "NULL", "a,b", 'a"b'),
    same("text", "two\nlines", "\\"),
    same("char(5)", "ab"),
    same("enum('red', 'a b')", "a b"),
    same("set('a', 'b')", "a,b", ""),
    same("json", '{"b":1,  "a":[2]}'),
    case("binary(3)", "binary", **{"x'00ff'": "00ff00"}),
    case("varbinary(9)", "binary", **{"x'00ff'": "00ff", "x''": ""}),
    case("blob", "binary", **{"x'80'": "80"}),
    same("varchar(9) character set latin1", "é"),
    case("point", "binary", **{"POINT(1, 2)": "000000000101000000000000000000f03f0000000000000040"}),
    same("inet6", "::1", "2001:db8::ff00:42:8329"),
    same("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    same("date", "0000-00-00", "2024-02-29"),
    same("date", "2024-00-10"),
    same("datetime", "0000-00-00 00:00:00", "2024-02-29 12:00:00"),
    same("datetime(1)", "2024-02-00 12:00:00.5"),
)
FLOATS = case(
    "float",
    "double",
    **{
        "0.1": "0.1",
        "16777216": "16777216.0",
        "16777217": "16777216.0",
        "3.4028235e38": "3.4028235e+38",
        "1e-45": "1e-45",
        "1.1": "1.1",
        "123456.789": "123456.79",
    },
)


def snapshot(server: Any, database: str, request: str, folder: Path) -> tuple[list[str], list[list[str]]]:
    """The Arrow types and the rows of the CSV file of a snapshot."""
    connection = Connection("SQL", server.host, server.port, server.admin_username, server.admin_password)
    path = folder / f"{secrets.token_hex(4)}.parquet"
    with open_source(connection, SourceSettings()) as source:
        size = write_snapshot(path, source.batches(Location(database=database, request=request)), lambda _: True)
    assert size
    types = [str(field.type) for field in pq.read_schema(path)]
    with path.open("rb") as file:
        _, *rows = csv.reader(io.StringIO(b"".join(read_csv(file)).decode(), newline=""))
    return types, rows


def columns(rows: list[list[str]], cases: tuple[Case, ...]) -> Iterator[tuple[str, ...]]:
    for number, each in enumerate(cases):
        yield tuple(row[number] for row in rows[: len(each.texts)])


def test_values_of_postgresql(postgresql: PostgreSQL, tmp_path: Path, count: Callable[[str, int], None]) -> None:
    database = f"values_{secrets.token_hex(4)}"
    cases = POSTGRESQL_CASES
    with postgresql.connect_as_administrator() as admin:
        admin.autocommit = True
        admin.execute(f"CREATE DATABASE {database}".encode())
        with postgresql.connect_as_administrator(database) as connection:
            connection.execute("CREATE TYPE colour AS ENUM ('red'); CREATE DOMAIN positive AS int CHECK (VALUE > 0)")
            connection.execute("CREATE TYPE couple AS (a int, b text)")
            declared = ", ".join(f"c{number} {each.type}" for number, each in enumerate(cases))
            connection.execute(f"CREATE TABLE t ({declared})".encode())
            for row in range(max(len(each.values) for each in cases)):
                values = [each.values[row] if row < len(each.values) else None for each in cases]
                places = ", ".join(f"(%s)::{each.type}" for each in cases)
                connection.execute(f"INSERT INTO t VALUES ({places})".encode(), values)
            described = connection.execute("SELECT * FROM t").description or []
        types, rows = snapshot(postgresql, database, "SELECT * FROM t", tmp_path)
        admin.execute(f"DROP DATABASE {database} WITH (FORCE)".encode())
    assert types == [each.arrow for each in cases]
    for each, texts in zip(cases, columns(rows, cases), strict=True):
        assert (each.type, texts) == (each.type, each.texts)
    assert all(value == "" for each, value in zip(cases, rows[-1], strict=True) if len(each.texts) < len(rows))
    assert POSTGRESQL.keys() <= {column.type_code for column in described}
    count("values of PostgreSQL", sum(len(each.texts) for each in cases))


@pytest.mark.parametrize("extra", [(), (FLOATS,)], ids=["as text", "binary"])
def test_values_of_mariadb(
    mariadb: MariaDB, tmp_path: Path, extra: tuple[Case, ...], count: Callable[[str, int], None]
) -> None:
    database = f"values_{secrets.token_hex(4)}"
    cases = (*MARIADB_CASES, *extra)
    with mariadb.connect_as_administrator() as connection, connection.cursor() as cursor:
        cursor.execute("SET sql_mode = ''")
        cursor.execute(f"CREATE DATABASE {database}")
        declared = ", ".join(f"c{number} {each.type}" for number, each in enumerate(cases))
        cursor.execute(f"CREATE TABLE {database}.t ({declared})")
        for row in range(max(len(each.values) for each in cases)):
            values = [literal(each.values[row]) if row < len(each.values) else "NULL" for each in cases]
            cursor.execute(f"INSERT INTO {database}.t VALUES ({', '.join(values)})")
        connection.commit()
        cursor.execute(f"SELECT * FROM {database}.t")
        numbers = {column[1] for column in cursor.description}
        types, rows = snapshot(mariadb, database, "SELECT * FROM t", tmp_path)
        cursor.execute(f"DROP DATABASE {database}")
    assert types == [each.arrow for each in cases]
    for each, texts in zip(cases, columns(rows, cases), strict=True):
        assert (each.type, texts) == (each.type, each.texts)
    assert all(value == "" for each, value in zip(cases, rows[-1], strict=True) if len(each.texts) < len(rows))
    # MariaDB sends its JSON as text.
    assert MYSQL.keys() - {245} - ({4} if not extra else set()) <= numbers
    count("values of MariaDB", sum(len(each.texts) for each in cases))


def literal(value: str) -> str:
    if value.startswith(("b'", "x'", "POINT(")):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def test_pymysql_still_reads_floats_rounded(mariadb: MariaDB) -> None:
    """Once it does not, or reads the binary form by itself, `mysql_binary` can go."""
    with mariadb.connect("crm") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT CAST(16777216 AS FLOAT)")
        assert cursor.fetchall() == ((16777200.0,),)
        assert not hasattr(connection, "prepare")


def test_a_failure_in_the_middle_has_the_reason_of_the_server(postgresql: PostgreSQL) -> None:
    connection = Connection("SQL", postgresql.host, postgresql.port, postgresql.username, postgresql.password)
    with open_source(connection, SourceSettings()) as source:
        rows = source.batches(Location(database="crm", request="SELECT 1 AS a, 1 / (id - 3) AS b FROM customers"))
        with pytest.raises(SourceError, match="division by zero"):
            list(rows)


@pytest.mark.parametrize("dialect", ["postgresql", "mariadb"])
def test_rows_start_again_when_a_column_becomes_text(
    request: pytest.FixtureRequest, dialect: str, tmp_path: Path
) -> None:
    """The value that does not fit comes long after the first rows were written."""
    numbers = "generate_series(1, 45000) AS seq" if dialect == "postgresql" else "seq_1_to_45000"
    odd = "DATE 'infinity'" if dialect == "postgresql" else "CAST('0000-00-00' AS DATE)"
    query = f"SELECT seq, CASE seq WHEN 44999 THEN {odd} ELSE DATE '2024-02-29' END AS d FROM {numbers} ORDER BY seq"
    types, rows = snapshot(request.getfixturevalue(dialect), "crm", query, tmp_path)
    assert types[1] == "string"
    assert [row[0] for row in rows] == [str(number) for number in range(1, 45001)]
    assert {row[1] for row in rows} == {"2024-02-29", "infinity" if dialect == "postgresql" else "0000-00-00"}
