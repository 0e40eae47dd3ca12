"""S3 connectors, through boto3."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, ParamValidationError
from botocore.exceptions import ConnectionError as BotoConnectionError

from ..settings import SourceSettings
from .base import (
    MAX_PATHS,
    BaseSource,
    Connection,
    Location,
    NotFoundInSource,
    SourceError,
    library_reason,
    network_reason,
)

if TYPE_CHECKING:
    import pyarrow as pa

_WRONG_KEYS = {"InvalidAccessKeyId": "the access key is not known", "SignatureDoesNotMatch": "the secret key is wrong"}
_MISSING = {"404", "NoSuchKey", "NotFound"}

# A session loads descriptions of the service, which takes longer than most calls, and is not made for threads.
_session = boto3.Session()
_making_a_client = threading.Lock()


class S3Source(BaseSource):
    """Amazon S3, or the service that the platform's own settings name."""

    def __init__(self, connection: Connection, settings: SourceSettings) -> None:
        self._to = connection
        self._settings = settings
        with self._explained(), _making_a_client:
            self._client: Any = _session.client(
                "s3",
                aws_access_key_id=connection.username,
                aws_secret_access_key=connection.password,
                endpoint_url=settings.s3_endpoint,
                region_name=settings.s3_region,
                config=Config(
                    connect_timeout=settings.connect_timeout,
                    read_timeout=settings.read_timeout,
                    retries={"total_max_attempts": 2, "mode": "standard"},
                    # Emulators answer at one address, not at one for each bucket.
                    s3={"addressing_style": "path" if settings.s3_endpoint else "auto"},
                ),
            )

    def close(self) -> None:
        self._client.close()

    def check(self) -> None:
        with self._explained():
            try:
                self._client.list_buckets()
            except ClientError as error:
                # Good keys need not be allowed to list.
                if _code(error) != "AccessDenied":
                    raise

    def buckets(self) -> list[str]:
        with self._explained():
            return [bucket["Name"] for bucket in self._client.list_buckets()["Buckets"]]

    def paths(self, bucket: str | None = None) -> list[str]:
        if not bucket:
            raise SourceError("say which bucket: ?bucket=NAME")
        with self._explained(bucket):
            return self._keys(bucket)

    def find(self, location: Location) -> None:
        bucket, path = location.bucket or "", location.path or ""
        with self._explained(bucket):
            try:
                self._client.head_object(Bucket=bucket, Key=path)
            except ClientError as error:
                if _code(error) not in _MISSING:
                    raise
                # Says which of the two is missing.
                keys = self._keys(bucket)
                raise NotFoundInSource(f"no object '{path}' in bucket '{bucket}'", "path", path, keys) from None

    def batches(self, location: Location) -> Iterator[pa.RecordBatch]:
        from .tabular import read_table, spooled

        self.find(location)
        with spooled(self._settings.spool) as spool:
            with self._explained(location.bucket):
                self._client.download_fileobj(location.bucket, location.path, spool)
            yield from read_table(spool)

    def _keys(self, bucket: str) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, PaginationConfig={"MaxItems": MAX_PATHS}
        )
        keys = (item["Key"] for page in pages for item in page.get("Contents", ()))
        return [key for key in keys if not key.endswith("/")]

    @contextmanager
    def _explained(self, bucket: str | None = None) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = _code(error)
            if code == "NoSuchBucket" and bucket is not None:
                raise NotFoundInSource(f"no bucket '{bucket}'", "bucket", bucket, self._visible_buckets()) from None
            if code in _WRONG_KEYS:
                raise SourceError(f"access denied for '{self._to.username}': {_WRONG_KEYS[code]}") from None
            if code in ("AccessDenied", "403"):
                where = f" to bucket '{bucket}'" if bucket else ""
                raise SourceError(f"access denied for '{self._to.username}'{where}") from None
            message = error.response.get("Error", {}).get("Message") or code
            raise SourceError(f"S3 refused: {library_reason(message, self._to)}") from None
        except ParamValidationError as error:
            if bucket is None:
                raise SourceError(f"S3 failed: {library_reason(error, self._to)}") from None
            raise NotFoundInSource(f"'{bucket}' can be no bucket's name", "bucket") from None
        except (BotoConnectionError, HTTPClientError) as error:
            where = self._settings.s3_endpoint or "S3"
            cause = error.kwargs.get("error", error)
            raise SourceError(f"cannot reach {where}: {network_reason(cause, self._to)}") from None
        except (BotoCoreError, ValueError, OSError) as error:
            raise SourceError(f"S3 failed: {library_reason(error, self._to)}") from None

    def _visible_buckets(self) -> list[str]:
        try:
            return self.buckets()
        except SourceError:
            return []


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
