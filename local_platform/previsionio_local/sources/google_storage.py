"""Google Storage, through its own client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any

from google.api_core.exceptions import NotFound, RequestRangeNotSatisfiable
from google.cloud.storage import Client
from google.cloud.storage.retry import DEFAULT_RETRY

from ..settings import SourceSettings
from .base import MAX_PATHS, Connection, Listing, NotFoundInSource, SourceError, refuse_encoding
from .google_errors import explained
from .remote_file import BEGINNING, RemoteFile

if TYPE_CHECKING:
    import pyarrow as pa
    from google.oauth2.credentials import Credentials

_RETRY_SECONDS = 30.0


class GoogleStorage:
    """The buckets of a service account's project."""

    def __init__(self, connection: Connection, settings: SourceSettings, credentials: Credentials) -> None:
        self._to = connection
        self._settings = settings
        endpoint = settings.gcs_endpoint
        self._client: Any = Client(
            project=connection.google_credentials.get("project_id"),
            credentials=credentials,
            client_options={"api_endpoint": endpoint} if endpoint else None,
        )
        # One try, so that a person is not kept waiting.
        self._options = {"timeout": (settings.connect_timeout, settings.read_timeout), "retry": None}

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def buckets(self) -> list[str]:
        """List the buckets of the project."""
        with self._explained():
            return [bucket.name for bucket in self._client.list_buckets(**self._options)]

    def paths(self, bucket: str) -> Listing:
        """List the objects of a bucket."""
        with self._explained():
            try:
                blobs = self._client.list_blobs(bucket, max_results=MAX_PATHS + 1, **self._options)
                names = [blob.name for blob in blobs]
            except NotFound:
                raise self._no_bucket(bucket) from None
        return Listing((name for name in names[:MAX_PATHS] if not name.endswith("/")), len(names) <= MAX_PATHS)

    def find(self, bucket: str, path: str) -> None:
        """Read the parts of an object that tell: what can be read by a snapshot is found, and nothing else is."""
        from .tabular import check_file

        blob = self._client.bucket(bucket).blob(path)
        with self._explained():
            beginning = self._read_beginning(blob)
        check_file(RemoteFile(beginning, partial(self._size, blob), partial(self._part, blob)), self._settings.spool)

    def batches(self, bucket: str, path: str) -> Iterator[pa.RecordBatch]:
        """Read the rows of an object."""
        from .tabular import read_table, spooled

        self.find(bucket, path)
        with spooled(self._settings.spool) as file:
            with self._explained():
                options = {**self._options, "retry": DEFAULT_RETRY.with_timeout(_RETRY_SECONDS)}
                # As it is stored: the service would unpack gzip, or not, by the object's own labels.
                self._client.bucket(bucket).blob(path).download_to_file(file, raw_download=True, **options)
            yield from read_table(file, self._settings.spool)

    def _read_beginning(self, blob: Any) -> bytes:
        try:
            beginning = self._range(blob, 0, BEGINNING)
        except RequestRangeNotSatisfiable:  # there is no first byte
            return b""
        except NotFound:
            # Says which of the two is missing.
            name, existing = blob.name, self._paths_or_none(blob.bucket.name)
            message = f"no object '{name}' in bucket '{blob.bucket.name}'"
            raise NotFoundInSource(message, "path", name, existing) from None
        refuse_encoding(blob.content_encoding or "")
        return beginning

    def _size(self, blob: Any) -> int:
        with self._explained():
            blob.reload(**self._options)
            return int(blob.size)

    def _part(self, blob: Any, start: int, size: int) -> bytes:
        with self._explained():
            return self._range(blob, start, size)

    def _range(self, blob: Any, start: int, size: int) -> bytes:
        end = start + size - 1
        return bytes(blob.download_as_bytes(start=start, end=end, raw_download=True, checksum=None, **self._options))

    def _paths_or_none(self, bucket: str) -> Listing:
        try:
            return self.paths(bucket)
        except NotFoundInSource:
            raise
        except SourceError:
            return Listing(complete=False)

    def _explained(self) -> AbstractContextManager[None]:
        return explained(self._to, "Google Storage", self._settings.gcs_endpoint)

    def _no_bucket(self, bucket: str) -> NotFoundInSource:
        try:
            existing = self.buckets()
        except SourceError:
            existing = []
        return NotFoundInSource(f"no bucket '{bucket}'", "bucket", bucket, existing)
