"""SQL rows as Arrow record batches, value for value.

Column types come from the server's description of the result. What Arrow has no exact type for (intervals, UUIDs,
JSON, arrays, times of MySQL, numbers without a declared precision) is kept as the text that the server writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from .base import SourceError

# Object identifiers of PostgreSQL's built-in types.
_POSTGRESQL_TYPES: dict[int, pa.DataType] = {
    16: pa.bool_(),
    17: pa.binary(),
    20: pa.int64(),
    21: pa.int16(),
    23: pa.int32(),
    26: pa.int64(),
    700: pa.float64(),  # As written: Arrow's float32 would turn 0.1 into 0.10000000149.
    701: pa.float64(),
    1082: pa.date32(),
    1083: pa.time64("us"),
    1114: pa.timestamp("us"),
    1184: pa.timestamp("us", "UTC"),
}
_POSTGRESQL_NUMERIC = 1700

_MYSQL_UNSIGNED = 32
_MYSQL_BINARY_CHARSET = 63


def arrow_batches(result: sa.CursorResult[Any], size: int) -> Iterator[pa.RecordBatch]:
    """Read `result` in batches of `size` rows; one empty batch if it has no rows.

    Raises:
        SourceError: a value does not fit its column's type.
    """
    schema = pa.schema(list(zip(_distinct(list(result.keys())), _column_types(result), strict=True)))
    nothing = True
    # The size is given here, since SQLAlchemy does not heed `yield_per` on a query in text: all rows came at once.
    for rows in result.partitions(size):
        yield _batch(schema, rows)
        nothing = False
    if nothing:
        yield _batch(schema, [])


def exact_values(connection: sa.Connection) -> None:
    """Make a PostgreSQL connection return the server's own text for decimals and all that Arrow cannot hold exactly."""
    if connection.dialect.name != "postgresql":
        return
    from psycopg.types.string import TextLoader

    driver: Any = connection.connection.driver_connection
    for known in driver.adapters.types:
        for oid in (known.oid, known.array_oid):
            if oid and oid not in _POSTGRESQL_TYPES:
                driver.adapters.register_loader(oid, TextLoader)


def mysql_conversions() -> dict[Any, Any]:
    """Return PyMySQL's conversions of values, made exact: times and decimals stay text, a zero date is null."""
    from pymysql.constants import FIELD_TYPE
    from pymysql.converters import conversions

    exact = dict(conversions)
    for kind in (FIELD_TYPE.TIME, FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL):
        exact.pop(kind, None)
    for kind in (FIELD_TYPE.DATE, FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP):
        exact[kind] = _null_if_impossible(conversions[kind])
    return exact


def _null_if_impossible(convert: Callable[[str], object]) -> Callable[[str], object]:
    # PyMySQL gives the text back when it is no date, as 0000-00-00 is not.
    def converted(text: str) -> object:
        value = convert(text)
        return None if isinstance(value, str) else value

    return converted


def _batch(schema: pa.Schema, rows: Any) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [_array(field, values) for field, values in zip(schema, columns, strict=True)]
    return pa.record_batch(arrays, schema=schema)


def _array(field: pa.Field[Any], values: Any) -> pa.Array[Any]:
    try:
        if pa.types.is_decimal(field.type):
            # Decimals come as text, which Arrow reads faster than Python does.
            return pa.array(values, type=pa.string()).cast(field.type)
        array: pa.Array[Any] = pa.array(values, type=field.type)
    except (pa.ArrowException, OverflowError, UnicodeDecodeError) as error:
        raise SourceError(f"column '{field.name}' has a value that is no {field.type}: {error}") from None
    return array


def _column_types(result: sa.CursorResult[Any]) -> list[pa.DataType]:
    cursor: Any = result.cursor
    if result.dialect.name == "postgresql":
        return [_postgresql_type(column) for column in cursor.description]
    # The public description leaves out the sign and the character set.
    return [_mysql_type(column) for column in cursor._result.fields]


def _postgresql_type(column: Any) -> pa.DataType:
    if column.type_code == _POSTGRESQL_NUMERIC:
        return _decimal(column.precision, column.scale)
    return _POSTGRESQL_TYPES.get(column.type_code, pa.string())


def _mysql_type(column: Any) -> pa.DataType:
    from pymysql.constants import FIELD_TYPE

    unsigned = bool(column.flags & _MYSQL_UNSIGNED)
    if column.type_code in (FIELD_TYPE.TINY, FIELD_TYPE.SHORT, FIELD_TYPE.INT24, FIELD_TYPE.YEAR):
        return pa.int32()
    if column.type_code in (FIELD_TYPE.LONG, FIELD_TYPE.LONGLONG):
        return pa.uint64() if unsigned and column.type_code == FIELD_TYPE.LONGLONG else pa.int64()
    if column.type_code in (FIELD_TYPE.FLOAT, FIELD_TYPE.DOUBLE):
        return pa.float64()
    if column.type_code == FIELD_TYPE.NEWDECIMAL:
        return _decimal(65 if column.length > 40 else 38, column.scale)
    if column.type_code == FIELD_TYPE.DATE:
        return pa.date32()
    if column.type_code in (FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP):
        return pa.timestamp("us")
    text = column.charsetnr != _MYSQL_BINARY_CHARSET or column.type_code in (FIELD_TYPE.TIME, FIELD_TYPE.JSON)
    return pa.string() if text else pa.binary()


def _decimal(precision: int | None, scale: int | None) -> pa.DataType:
    if not precision or scale is None or not 0 <= scale <= precision <= 76:
        return pa.string()
    return pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(precision, scale)


def _distinct(names: list[str]) -> list[str]:
    """Number the columns that share a name: `total`, `total_2`, `total_3`."""
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return distinct
