"""GCP connectors: Google Storage and BigQuery behind one service account."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import Request
from google.oauth2.credentials import Credentials
from google.oauth2.service_account import Credentials as ServiceAccount

from ..settings import SourceSettings
from .base import BaseSource, Connection, Listing, Location, SourceError, library_reason, network_reason

if TYPE_CHECKING:
    import pyarrow as pa

    from .bigquery import BigQuery
    from .google_storage import GoogleStorage

SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]

_ACCOUNTS = "accounts.google.com"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class GoogleSource(BaseSource):
    """What a service account can reach."""

    def __init__(self, connection: Connection, settings: SourceSettings) -> None:
        self._to = connection
        self._settings = settings
        self._services: list[Any] = []
        self._credentials = self._sign_in()

    def close(self) -> None:
        for service in self._services:
            service.close()

    def check(self) -> None:
        """Nothing more to do: without a token there is no such source."""

    def databases(self) -> list[str]:
        return self._bigquery().datasets()

    def tables(self, database: str) -> list[str]:
        return self._bigquery().tables(database)

    def buckets(self) -> list[str]:
        return self._storage().buckets()

    def paths(self, bucket: str | None = None) -> Listing:
        if not bucket:
            raise SourceError("say which bucket: ?bucket=NAME")
        return self._storage().paths(bucket)

    def find(self, location: Location) -> None:
        if location.g_cloud == "BigQuery":
            self._bigquery().find(location.database or "", location.table or "")
        else:
            self._storage().find(location.bucket or "", location.path or "")

    def batches(self, location: Location) -> Iterator[pa.RecordBatch]:
        if location.g_cloud == "BigQuery":
            return self._bigquery().batches(location.database or "", location.table or "")
        return self._storage().batches(location.bucket or "", location.path or "")

    def _bigquery(self) -> BigQuery:
        from .bigquery import BigQuery

        service = BigQuery(self._to, self._settings, self._credentials)
        self._services.append(service)
        return service

    def _storage(self) -> GoogleStorage:
        from .google_storage import GoogleStorage

        service = GoogleStorage(self._to, self._settings, self._credentials)
        self._services.append(service)
        return service

    def _sign_in(self) -> Credentials:
        """Fetch an access token: here and not in the clients, which would wait for minutes."""
        info = self._to.google_credentials
        account = info.get("client_email", "?")
        emulators = (self._settings.gcs_endpoint, self._settings.bigquery_endpoint)
        if problem := key_problem(info, [each for each in emulators if each]):
            raise SourceError(f"googleCredentials: {problem}")
        try:
            key: Any = ServiceAccount.from_service_account_info(info, scopes=SCOPES)  # type: ignore[no-untyped-call]
        except (GoogleAuthError, ValueError, TypeError, AttributeError, KeyError):
            # The library's own words might quote the key.
            raise SourceError("googleCredentials is not a service account's JSON key") from None
        try:
            with requests.Session() as session:
                request = partial(Request(session), timeout=self._settings.connect_timeout)
                key.refresh(request)
        except RefreshError as error:
            reason = error.args[0] if error.args else "no reason given"
            raise SourceError(f"access denied for '{account}': {library_reason(reason, self._to)}") from None
        except TransportError as error:
            raise SourceError(f"cannot reach {info.get('token_uri')}: {network_reason(error, self._to)}") from None
        except (GoogleAuthError, ValueError, OSError) as error:
            raise SourceError(f"no access token for '{account}': {library_reason(error, self._to)}") from None
        return _tokens_of(key)


def key_problem(info: Mapping[str, Any], emulators: Sequence[str] = ()) -> str | None:
    """Return what keeps a JSON object from being a service account's key, in words for a person.

    Args:
        info: the JSON object.
        emulators: addresses that the platform asks instead of Google's; they may also be where a token comes from.
    """
    kind = info.get("type")
    if kind != "service_account":
        shown = repr(kind) if isinstance(kind, str) and re.fullmatch(r"\w{1,40}", kind) else "missing"
        return f"type is {shown}, and only a key of type 'service_account' is taken"
    for name in ("project_id", "client_email", "private_key", "token_uri"):
        if not isinstance(info.get(name), str) or not info[name].strip():
            return f"{name} is missing"
    if "\\n" in info["private_key"]:
        return "private_key holds the two characters \\n where a line ends: read the key file with a JSON parser"
    if not _is_trusted(info["token_uri"], emulators):
        return (
            "token_uri leads to none of Google's hosts (https://….googleapis.com), and no other gets what the key signs"
        )
    return None


def _is_trusted(token_uri: str, emulators: Sequence[str]) -> bool:
    """Whether an address may be sent what a key has signed: whoever has that can get a token from Google with it."""
    try:
        # As it is understood by who sends it.
        parts = urlsplit(requests.Request("POST", token_uri).prepare().url or "")
    except (requests.RequestException, ValueError):
        return False
    host = parts.hostname or ""
    if parts.scheme == "https" and (host == _ACCOUNTS or host.endswith(".googleapis.com")):
        return True
    return bool(emulators) and host in {*_LOOPBACK, *(urlsplit(each).hostname for each in emulators)}


def _tokens_of(key: Any) -> Credentials:
    """The service account's access tokens, for the clients.

    Given the key itself, they would also ask the real Google where the account may be used, wherever they are pointed.
    """

    def renew(request: Any, scopes: Sequence[str]) -> tuple[str, datetime]:  # noqa: ARG001
        key.refresh(request)
        return key.token, key.expiry

    return Credentials(key.token, expiry=key.expiry, refresh_handler=renew, scopes=SCOPES)  # type: ignore[no-untyped-call]
