"""What the test servers hold: the same small company everywhere, so that any test can say what it must read.

Two databases (BigQuery: datasets), `crm` with `CUSTOMERS` and `ORDERS`, `shop` with `PRODUCTS`, `ORDER_LINES` (a
name with a space) and `ARCHIVE` (no rows); and a tree of files, `FILES`, on the file and object servers.

Values are chosen for what goes wrong in practice: quotes, commas and line breaks inside values, letters of several
scripts, four-byte characters, missing values, negative and padded decimals, a leap day.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

import pyarrow as pa
import pyarrow.parquet as pq

Row = tuple[object, ...]


@dataclass(frozen=True)
class Column:
    """A column and its type in each system."""

    name: str
    postgresql: str
    mariadb: str
    bigquery: str
    arrow: pa.DataType


@dataclass(frozen=True)
class Table:
    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def header(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def csv(self) -> bytes:
        r"""UTF-8, comma, header, `\n`; None is empty, decimals keep their places, times are `YYYY-MM-DD HH:MM:SS`."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.header)
        writer.writerows(self.rows)
        return text.getvalue().encode()

    def parquet(self) -> bytes:
        arrays = [
            pa.array([row[index] for row in self.rows], type=column.arrow) for index, column in enumerate(self.columns)
        ]
        file = io.BytesIO()
        pq.write_table(pa.table(arrays, names=list(self.header)), file)
        return file.getvalue()


def _integer(name: str) -> Column:
    return Column(name, "integer", "int", "INT64", pa.int64())


def _text(name: str) -> Column:
    return Column(name, "text", "varchar(200)", "STRING", pa.string())


def _money(name: str) -> Column:
    return Column(name, "numeric(10, 2)", "decimal(10, 2)", "NUMERIC", pa.decimal128(10, 2))


def _day(name: str) -> Column:
    return Column(name, "date", "date", "DATE", pa.date32())


def _time(name: str) -> Column:
    return Column(name, "timestamp", "datetime", "DATETIME", pa.timestamp("us"))


CUSTOMERS = Table(
    "customers",
    (_integer("id"), _text("name"), _text("email"), _money("balance"), _day("birthday"), _time("updated_at")),
    (
        (1, "Zoë Müller", "zoe@example.org", Decimal("1234.50"), date(1980, 2, 29), datetime(2024, 1, 31, 8, 15)),
        (2, "O'Brien, Pat", None, Decimal("0.00"), date(1975, 12, 31), datetime(2024, 2, 29, 23, 59, 59)),
        (3, "王小明", "wang@example.cn", Decimal("-0.01"), None, datetime(2023, 7, 4, 12, 0, 1)),
        (4, 'Ana "Nita" Sá', "ana@example.pt", Decimal("99999999.99"), date(1999, 1, 1), datetime(2024, 3, 10, 2, 30)),
        (5, "Łukasz Żółć", None, None, date(2001, 9, 9), datetime(2022, 11, 5, 6, 7, 8)),
        (6, "Ida 🌊 Berg", "ida@example.se", Decimal("10.10"), date(1968, 5, 17), datetime(2024, 6, 1, 17, 45, 30)),
        (7, "two\nlines", "100%\\_;--@example.org", Decimal("7.00"), date(1990, 10, 10), datetime(2021, 1, 1, 1, 1, 1)),
    ),
)
ORDERS = Table(
    "orders",
    (_integer("id"), _integer("customer_id"), _text("sku"), _integer("quantity"), _money("price"), _day("ordered_on")),
    tuple(
        (
            number,
            1 + number * 5 % 7,
            f"SKU-{number % 40:03}",
            1 + number % 9,
            Decimal(number * 37 % 10_000) / 100,
            date(2023, 1, 1) + timedelta(days=number % 365),
        )
        for number in range(1, 1001)
    ),
)
PRODUCTS = Table(
    "products",
    (_text("sku"), _text("title"), _money("price")),
    tuple((f"SKU-{number:03}", f"Tea no. {number}", Decimal(number * 37) / 100) for number in range(40)),
)
ORDER_LINES = Table(
    "order lines",
    (_integer("order_id"), _integer("line"), _text("note")),
    ((1, 1, "gift wrap"), (1, 2, None), (2, 1, "à livrer après 17 h")),
)
ARCHIVE = Table("archive", (_integer("id"), _text("name")), ())

DATABASES: Mapping[str, Sequence[Table]] = MappingProxyType(
    {"crm": (CUSTOMERS, ORDERS), "shop": (PRODUCTS, ORDER_LINES, ARCHIVE)}
)
"""The databases that the reader's account sees, and their tables."""

FORBIDDEN_DATABASE = "payroll"
"""A database on the SQL servers that exists and that the reader's account may not open."""

FILES: Mapping[str, bytes] = MappingProxyType(
    {
        "customers.csv": CUSTOMERS.csv(),
        "exports/2024/customers.parquet": CUSTOMERS.parquet(),
        "exports/2024/orders.csv": ORDERS.csv(),
        "exports/2024/sales report.csv": PRODUCTS.csv(),
        "exports/été à Paris/clients.csv": CUSTOMERS.csv(),
        "readme.txt": b"Files of the test servers.\n",
    }
)
"""Path below the login folder, or key in the bucket, and content."""
