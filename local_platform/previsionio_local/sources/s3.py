"""S3 connectors, through boto3."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
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
    Listing,
    Location,
    NotFoundInSource,
    SourceError,
    library_reason,
    network_reason,
    raise_if_disk_is_full,
    refuse_encoding,
)
from .remote_file import BEGINNING, RemoteFile

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

    def paths(self, bucket: str | None = None) -> Listing:
        if not bucket:
            raise SourceError("say which bucket: ?bucket=NAME")
        with self._explained(bucket):
            return self._keys(bucket)

    def find(self, location: Location) -> None:
        """Read the parts of an object that tell: what can be read by a snapshot is found, and nothing else is."""
        from .tabular import check_file

        bucket, path = location.bucket or "", location.path or ""
        with self._explained(bucket, path):
            beginning = self._read_beginning(bucket, path)
        check_file(
            RemoteFile(beginning, partial(self._size, bucket, path), partial(self._part, bucket, path)),
            self._settings.spool,
        )

    def batches(self, location: Location) -> Iterator[pa.RecordBatch]:
        from .tabular import read_table, spooled

        self.find(location)
        with spooled(self._settings.spool) as file:
            with self._explained(location.bucket, location.path):
                self._client.download_fileobj(location.bucket, location.path, file)
            yield from read_table(file, self._settings.spool)

    def _read_beginning(self, bucket: str, path: str) -> bytes:
        try:
            answer = self._range(bucket, path, 0, BEGINNING)
        except ClientError as error:
            if _code(error) in ("InvalidRange", "416"):  # there is no first byte
                return b""
            if _code(error) not in _MISSING:
                raise
            # Says which of the two is missing.
            keys = self._keys_or_none(bucket)
            raise NotFoundInSource(f"no object '{path}' in bucket '{bucket}'", "path", path, keys) from None
        refuse_encoding(answer.get("ContentEncoding", ""))
        return _content(answer, BEGINNING)

    def _size(self, bucket: str, path: str) -> int:
        with self._explained(bucket, path):
            return int(self._client.head_object(Bucket=bucket, Key=path)["ContentLength"])

    def _part(self, bucket: str, path: str, start: int, size: int) -> bytes:
        with self._explained(bucket, path):
            return _content(self._range(bucket, path, start, size), size)

    def _range(self, bucket: str, path: str, start: int, size: int) -> Any:
        return self._client.get_object(Bucket=bucket, Key=path, Range=f"bytes={start}-{start + size - 1}")

    def _keys_or_none(self, bucket: str) -> Listing:
        try:
            return self._keys(bucket)
        except ClientError as error:
            if _code(error) == "NoSuchBucket":
                raise
            return Listing(complete=False)

    def _keys(self, bucket: str) -> Listing:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, PaginationConfig={"MaxItems": MAX_PATHS + 1}
        )
        keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
        return Listing((key for key in keys[:MAX_PATHS] if not key.endswith("/")), complete=len(keys) <= MAX_PATHS)

    @contextmanager
    def _explained(self, bucket: str | None = None, path: str | None = None) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = _code(error)
            if code == "NoSuchBucket" and bucket is not None:
                raise NotFoundInSource(f"no bucket '{bucket}'", "bucket", bucket, self._visible_buckets()) from None
            if code in _WRONG_KEYS:
                raise SourceError(f"access denied for '{self._to.username}': {_WRONG_KEYS[code]}") from None
            if code in ("AccessDenied", "403"):
                where = (
                    f" to object '{path}' in bucket '{bucket}'" if path else f" to bucket '{bucket}'" if bucket else ""
                )
                raise SourceError(f"access denied for '{self._to.username}'{where}") from None
            message = error.response.get("Error", {}).get("Message") or code
            raise SourceError(f"S3 refused: {library_reason(message, self._to)}") from None
        except ParamValidationError as error:
            if bucket is None:
                raise SourceError(f"S3 failed: {library_reason(error, self._to)}") from None
            wrong = "path" if path is not None and "Key" in str(error) else "bucket"
            name = path if wrong == "path" else bucket
            raise NotFoundInSource(f"'{name}' can be no {wrong}'s name", wrong) from None
        except (BotoConnectionError, HTTPClientError) as error:
            where = self._settings.s3_endpoint or "S3"
            cause = error.kwargs.get("error", error)
            raise SourceError(f"cannot reach {where}: {network_reason(cause, self._to)}") from None
        except (BotoCoreError, ValueError, OSError) as error:
            raise_if_disk_is_full(error)
            raise SourceError(f"S3 failed: {library_reason(error, self._to)}") from None

    def _visible_buckets(self) -> list[str]:
        try:
            return self.buckets()
        except SourceError:
            return []


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _content(answer: Any, size: int) -> bytes:
    with answer["Body"] as body:
        return bytes(body.read(size))
