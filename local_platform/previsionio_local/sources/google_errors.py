"""The errors of Google's clients, in words for a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from google.api_core.exceptions import Forbidden, GoogleAPICallError, RetryError, Unauthorized
from google.auth.exceptions import GoogleAuthError

from .base import Connection, SourceError, library_reason, network_reason, raise_if_disk_is_full


@contextmanager
def explained(connection: Connection, service: str, endpoint: str | None) -> Iterator[None]:
    """Turn what a client of `service` raises into a `SourceError`."""
    account = connection.google_credentials.get("client_email", "?")
    try:
        yield
    except (Forbidden, Unauthorized) as error:
        raise SourceError(f"access denied for '{account}': {library_reason(error.message, connection)}") from None
    except GoogleAPICallError as error:
        raise SourceError(f"{service} refused: {library_reason(error.message, connection)}") from None
    except (GoogleAuthError, RetryError, requests.RequestException, OSError) as error:
        raise_if_disk_is_full(error)
        where = endpoint or service
        raise SourceError(f"cannot reach {where}: {network_reason(error, connection)}") from None
    except ValueError as error:
        raise SourceError(f"{service} failed: {library_reason(error, connection)}") from None
