"""BigQuery, through its own client. A dataset of BigQuery is a database here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from google.api_core.exceptions import NotFound
from google.cloud.bigquery import Client
from google.cloud.bigquery.retry import DEFAULT_RETRY

from ..settings import SourceSettings
from .base import Connection, NotFoundInSource
from .google_errors import explained

if TYPE_CHECKING:
    import pyarrow as pa
    from google.oauth2.credentials import Credentials

_RETRY_SECONDS = 30.0
_PAGE_ROWS = 20_000


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
        """Check that a table is there."""
        self._table(dataset, table)

    def batches(self, dataset: str, table: str) -> Iterator[pa.RecordBatch]:
        """Read the rows of a table or view."""
        import pyarrow as pa

        found = self._table(dataset, table)
        retry = DEFAULT_RETRY.with_timeout(_RETRY_SECONDS)
        with self._explained():
            if found.table_type == "TABLE":
                rows = self._client.list_rows(found, page_size=_PAGE_ROWS, retry=retry)
            else:
                # Only tables can be listed.
                query = f"SELECT * FROM `{found.project}.{found.dataset_id}.{found.table_id}`"  # noqa: S608
                rows = self._client.query_and_wait(query, page_size=_PAGE_ROWS, retry=retry)
            nothing = True
            # Over REST, page by page: the faster storage API may not be switched on in the project.
            for batch in rows.to_arrow_iterable():
                yield batch
                nothing = False
            if nothing:
                empty = self._client.list_rows(found, max_results=0).to_arrow(create_bqstorage_client=False)
                yield pa.RecordBatch.from_pylist([], schema=empty.schema)

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
