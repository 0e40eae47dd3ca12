"""What the platform asks of a source, whatever its kind."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from ..folder import NO_ROOM

if TYPE_CHECKING:
    import pyarrow as pa
    from typing_extensions import Self

MAX_PATHS = 10_000
"""Paths listed at most: enough to choose from, and an end for a server with millions of files."""

MAX_CANDIDATES = 5
"""Near misses named at most."""


@dataclass(frozen=True)
class Connection:
    """How to reach a source: a connector with its credentials."""

    type: str
    host: str = ""
    port: int = 0
    username: str = ""
    password: str = field(default="", repr=False)
    google_credentials: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def address(self) -> str:
        """Host and port as a person writes them."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Location:
    """A place in a source: what a data source adds to its connector."""

    path: str | None = None
    database: str | None = None
    table: str | None = None
    bucket: str | None = None
    request: str | None = None
    g_cloud: str | None = None


class SourceError(Exception):
    """A source refused or could not be reached. The message is one line for a person and holds no secret."""


class NotFoundInSource(SourceError):
    """A source does not have what was asked for.

    Attributes:
        field: the field of the data source that is wrong.
        candidates: what the source has instead, nearest first; empty if nothing is near.
    """

    def __init__(self, message: str, field: str, wanted: str = "", existing: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.field = field
        self.candidates = nearest(wanted, existing, "/" if field == "path" else ".")


class Listing(list[str]):
    """Names, and whether they are all that there are."""

    def __init__(self, names: Iterable[str] = (), complete: bool = True) -> None:
        super().__init__(names)
        self.complete = complete


class Source(Protocol):
    """An open source. Every method raises `SourceError` when the source refuses or does not answer."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def check(self) -> None:
        """Connect with the credentials."""

    def databases(self) -> list[str]:
        """List the databases."""

    def tables(self, database: str) -> list[str]:
        """List the tables and views of a database."""

    def buckets(self) -> list[str]:
        """List the buckets."""

    def paths(self, bucket: str | None = None) -> Listing:
        """List the files, `MAX_PATHS` at most."""

    def find(self, location: Location) -> None:
        """Check that `location` is there and can be read, without making anything."""

    def batches(self, location: Location) -> Iterator[pa.RecordBatch]:
        """Read the rows of `location`. An empty source gives one empty batch.

        A batch with another schema than the one before means that a column turned out to need another type: with it,
        the rows start again from the first.
        """

    def cancel(self) -> None:
        """Break off what another thread waits for. It then raises `SourceError`."""


class BaseSource:
    """A source with nothing to list yet."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections."""

    def cancel(self) -> None:
        """Break off what another thread waits for; nothing where that is not known."""

    def databases(self) -> list[str]:
        raise SourceError("this kind of connector has no databases")

    def tables(self, database: str) -> list[str]:  # noqa: ARG002
        raise SourceError("this kind of connector has no tables")

    def buckets(self) -> list[str]:
        raise SourceError("this kind of connector has no buckets")

    def paths(self, bucket: str | None = None) -> Listing:  # noqa: ARG002
        raise SourceError("this kind of connector has no paths")


def nearest(wanted: str, existing: Iterable[str], separator: str = "/") -> list[str]:
    """Return the names in `existing` that `wanted` may stand for, best first; never `wanted` itself.

    The same name in other case comes first, then in another place (a folder or a schema, before `separator`), then
    misspellings in any case.
    """
    lower, names = wanted.lower(), dict.fromkeys(name for name in existing if name != wanted)
    by_lower: dict[str, list[str]] = {}
    for name in names:
        by_lower.setdefault(name.lower(), []).append(name)
    last = lower.rpartition(separator)[2]
    elsewhere = [each for each in by_lower if last and each.rpartition(separator)[2] == last]
    misspelt = difflib.get_close_matches(lower, by_lower, MAX_CANDIDATES, cutoff=0.6)
    same = [lower] if lower in by_lower else []
    # A right name in a wrong place: the place that is spelt most alike.
    elsewhere.sort(key=lambda each: difflib.SequenceMatcher(None, lower, each).ratio(), reverse=True)
    ranked = dict.fromkeys([*same, *elsewhere, *misspelt])
    return [name for each in ranked for name in by_lower[each]][:MAX_CANDIDATES]


def refuse_encoding(content_encoding: str) -> None:
    """Refuse an object that is stored in a form which nothing here decodes; gzip is read by its content."""
    odd = {each.strip().lower() for each in content_encoding.split(",")} - {"", "identity", "aws-chunked", "gzip"}
    if odd:
        raise SourceError(f"the object's Content-Encoding is {', '.join(sorted(odd))}: store it plain or with gzip")


def access_denied(connection: Connection) -> str:
    """Return the reason for wrong credentials."""
    return f"access denied for user '{connection.username}'"


def unreachable(address: str, error: Exception) -> SourceError:
    """Return the error for a server that could not be connected to."""
    if isinstance(error, TimeoutError):
        reason = "no answer in time"
    elif isinstance(error, ConnectionRefusedError):
        reason = "connection refused"
    elif isinstance(error, OSError) and error.strerror:
        reason = error.strerror
    else:
        reason = str(error) or type(error).__name__
    return SourceError(f"cannot reach {address}: {reason[0].lower()}{reason[1:]}")


def raise_if_disk_is_full(error: Exception) -> None:
    """Raise `error` again if it is this machine that has no room for data on its way, which is no source's fault."""
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        raise error


def library_reason(error: object, connection: Connection) -> str:
    """Return what a library said, on one line, without the credentials in case it quoted them."""
    text = " ".join(str(error).split()) or type(error).__name__
    for secret in _secrets(connection):
        text = text.replace(secret, "[secret]")
    return text


def network_reason(error: Exception, connection: Connection) -> str:
    """Return the cause at the bottom of a stack of network libraries."""
    text = str(error)
    if "timed out" in text:
        return "no answer in time"
    if found := re.search(r"\[Errno -?\d+\] ([^'\")]+)", text):
        reason = found.group(1).strip()
        return reason[0].lower() + reason[1:]
    return library_reason(text, connection)


def _secrets(connection: Connection) -> list[str]:
    google = connection.google_credentials
    values = [connection.password, google.get("private_key"), google.get("private_key_id")]
    # Shorter ones are found in ordinary words, and a user name is no secret.
    return [value for value in values if isinstance(value, str) and len(value) >= 6 and value != connection.username]
