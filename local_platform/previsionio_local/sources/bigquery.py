"""BigQuery, through its own client. A dataset of BigQuery is a database here.

| Type | Arrow type | in CSV |
|---|---|---|
| BOOL | bool | `True`, `False` |
| INT64 | int64 | digits |
| FLOAT64 | float64 | `0.1`, `1e+300`, `nan`, `inf` |
| NUMERIC, BIGNUMERIC | decimal128(38, 9), decimal256(76, 38) | digits with all decimals |
| STRING, JSON, GEOGRAPHY, INTERVAL | string | as the service writes it |
| BYTES | binary | hexadecimal digits |
| DATE, DATETIME | date32, timestamp[us] | `2024-02-29`, `2024-02-29 12:00:00` |
| TIME | time64[us] | `10:11:12`, with `.123456` if there is a fraction |
| TIMESTAMP | timestamp[us, UTC] | `2024-02-29 12:00:00+00:00` |
| ARRAY, STRUCT | list, struct | JSON |
| RANGE | struct of `start` and `end` | JSON |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from google.api_core.exceptions import NotFound
from google.cloud.bigquery import Client, QueryJobConfig, SchemaField
from google.cloud.bigquery.retry import DEFAULT_RETRY

from ..settings import SourceSettings
from .base import Connection, NotFoundInSource
from .google_errors import explained

if TYPE_CHECKING:
    import pyarrow as pa
    from google.oauth2.credentials import Credentials

_RETRY_SECONDS = 30.0
_PAGE_ROWS = 20_000


_AS_WRITTEN = {"INTERVAL"}
"""Types whose values stay the service's own text: Parquet has none that holds them."""


class BigQuery:
    """The datasets of a service account's project."""

    def __init__(self, connection: Connection, settings: SourceSettings, credentials: Credentials) -> None:
        self._to = connection
        self._settings = settings
        endpoint = settings.bigquery_endpoint
        self._client: Any = Client(
            project=connection.google_credentials.get("project_id"),
            credentials=credentials,
            client_options={"api_endpoint": endpoint} if endpoint else None,
        )
        # One try, so that a person is not kept waiting.
        self._options = {"timeout": settings.read_timeout, "retry": None}

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def datasets(self) -> list[str]:
        """List the datasets of the project."""
        with self._explained():
            return sorted(dataset.dataset_id for dataset in self._client.list_datasets(**self._options))

    def tables(self, dataset: str) -> list[str]:
        """List the tables and views of a dataset."""
        with self._explained():
            try:
                return sorted(table.table_id for table in self._client.list_tables(dataset, **self._options))
            except NotFound:
                raise self._no_dataset(dataset, self.datasets()) from None

    def find(self, dataset: str, table: str) -> None:
        """Check that a table or view is there, and that its rows may be read: one is, or a view's query is planned."""
        found = self._table(dataset, table)
        with self._explained():
            if _is_listable(found):
                next(iter(self._client.list_rows(found, max_results=1, **self._options)), None)
            else:
                self._client.query(_all_rows(found), job_config=QueryJobConfig(dry_run=True), **self._options)

    def batches(self, dataset: str, table: str) -> Iterator[pa.RecordBatch]:
        """Read the rows of a table or view."""
        import pyarrow as pa

        found = self._table(dataset, table)
        retry = DEFAULT_RETRY.with_timeout(_RETRY_SECONDS)
        with self._explained():
            place = found
            if not _is_listable(found):
                job = self._client.query(_all_rows(found), retry=retry)
                job.result(retry=retry, max_results=0)
                place = job.destination
            # Over REST, page by page: the faster storage API may not be switched on in the project.
            options = {"selected_fields": _readable(found.schema), "page_size": _PAGE_ROWS, "retry": retry}
            nothing = True
            for batch in self._client.list_rows(place, **options).to_arrow_iterable():
                yield batch
                nothing = False
            if nothing:
                rows = self._client.list_rows(place, max_results=0, **options)
                yield pa.RecordBatch.from_pylist([], schema=rows.to_arrow(create_bqstorage_client=False).schema)

    def _table(self, dataset: str, table: str) -> Any:
        with self._explained():
            try:
                return self._client.get_table(f"{self._client.project}.{dataset}.{table}", **self._options)
            except NotFound:
                datasets = self.datasets()
                if dataset not in datasets:
                    raise self._no_dataset(dataset, datasets) from None
                message = f"table '{table}' is not in dataset '{dataset}'"
                raise NotFoundInSource(message, "table", table, self.tables(dataset)) from None

    def _no_dataset(self, dataset: str, datasets: list[str]) -> NotFoundInSource:
        message = f"no dataset '{dataset}' in project '{self._client.project}'"
        return NotFoundInSource(message, "database", dataset, datasets)

    def _explained(self) -> AbstractContextManager[None]:
        return explained(self._to, "BigQuery", self._settings.bigquery_endpoint)


def _is_listable(table: Any) -> bool:
    return bool(table.table_type == "TABLE")


def _all_rows(table: Any) -> str:
    return f"SELECT * FROM `{table.project}.{table.dataset_id}.{table.table_id}`"  # noqa: S608


def _readable(schema: Sequence[SchemaField]) -> list[SchemaField]:
    return [_readable_field(field) for field in schema]


def _readable_field(field: SchemaField) -> SchemaField:
    kind = "STRING" if field.field_type in _AS_WRITTEN else field.field_type
    return SchemaField(
        field.name, kind, field.mode, fields=_readable(field.fields), range_element_type=field.range_element_type
    )
