"""One platform as one process sees it: its client, and answers that serve many resources.

A provider host lives for one phase of one command, so nothing here outlives a preview or an update.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .._errors import NotFound, PlatformError, Refused
from .collection_cache import CollectionCache, Item
from .collections import PROJECTS, Collection
from .concurrency import KeyedLock, SingleFlightCache
from .settings import Settings
from .urls import quoted

if TYPE_CHECKING:
    from .client import Capabilities, Client

_SHOWN = 5


class Session:
    """What one process asks of one platform. Safe for many threads.

    `connect` makes the client once something is asked: a preview without changes needs none, and no HTTP library.

    Locking: `_lock` guards the attributes and is never held during a call. What is asked once for all is asked under
    the lock of its key (`SingleFlightCache`), so that a slow answer holds up only those who need it.
    """

    def __init__(self, url: str, connect: Callable[[], Client]) -> None:
        self.url = url
        self.has_written = False
        """This process has made, changed or deleted an object, or tried to: it does not serve a preview."""
        self._connect = connect
        self._client: Client | None = None
        self._lock = threading.Lock()
        self._collections: dict[str, CollectionCache] = {}
        self._answers = SingleFlightCache()
        self._creating = KeyedLock()
        self._known_ids: set[str] = set()

    @property
    def client(self) -> Client:
        """The HTTP client, for calls that no other method makes."""
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    # Objects

    def fetch(self, collection: Collection, id_: str) -> Item | None:
        """The object, asked for by itself; None only when the platform itself says that it does not exist.

        Raises:
            PlatformError: the answer is another object than the one that was asked for.
        """
        self.remember(id_)
        try:
            item = self.client.get(collection.item_path(id_))
        except NotFound:
            self.ensure_is_prevision()
            return None
        if item.get("_id") != id_:
            raise PlatformError(
                f"GET {collection.item_path(id_)}: the answer is not the {collection.noun} that was asked for: "
                f"its _id is {item.get('_id')!r}"
            )
        return item

    def read(self, collection: Collection, project_id: str | None, id_: str, needed: Iterable[str]) -> Item | None:
        """The object, perhaps from a list read less than a minute ago; None when it does not exist.

        `needed` are the keys that the answer must hold to be of use.
        """
        self.remember(id_)
        cache = self._cache(collection, project_id)
        return cache.get(id_, is_complete=lambda item: all(name in item for name in needed))

    def list_all(
        self, collection: Collection, project_id: str | None, *, connector_id: str | None = None
    ) -> list[Item]:
        """All objects of a collection, read less than a minute ago, without those deleted by this process.

        With `connector_id` only those that name this connector.

        Raises:
            NotFound: there is no such project.
        """
        cache = self._cache(collection, project_id)
        return cache.list_all() if connector_id is None else cache.list_of_connector(connector_id)

    def list_if_any(
        self, collection: Collection, project_id: str | None, *, connector_id: str | None = None
    ) -> list[Item]:
        """As `list_all`; none when the project is gone, and all in it."""
        try:
            return self.list_all(collection, project_id, connector_id=connector_id)
        except NotFound:  # unless this is no such platform at all
            self.ensure_is_prevision()
            return []

    def list_if_served(
        self, collection: Collection, project_id: str | None, *, connector_id: str | None = None
    ) -> list[Item]:
        """As `list_all`, of a collection that not every platform has; none where it has no such collection.

        For callers who have seen that this is a Prevision.io platform.
        """

        def is_served() -> bool:
            try:
                self.list_all(collection, project_id)
            except Refused as error:
                if error.status not in (404, 405, 501):
                    raise
                return False
            return True

        is_there = self._answers.get(("served", collection.list_path(project_id)), is_served)
        return self.list_all(collection, project_id, connector_id=connector_id) if is_there else []

    def delete(self, collection: Collection, project_id: str | None, id_: str) -> None:
        """Delete an object; one that is gone already is a success."""
        self.has_written = True
        self.remember(id_)
        with self._cache(collection, project_id).deleting(id_):
            try:
                self.client.delete(collection.item_path(id_))
            except NotFound:
                self.ensure_is_prevision()
        self._forget_lists_in(collection.item_path(id_))

    def _forget_lists_in(self, path: str) -> None:
        """What was in a deleted object is gone with it."""
        with self._lock:
            for each in [each for each in self._collections if each.startswith(f"{path}/")]:
                del self._collections[each]

    def invalidate(self, collection: Collection, project_id: str | None, id_: str) -> None:
        """This process has made or changed an object: no list read before says how it is."""
        self.has_written = True
        self.remember(id_)
        self._cache(collection, project_id).invalidate(id_)

    def _cache(self, collection: Collection, project_id: str | None) -> CollectionCache:
        client, path = self.client, collection.list_path(project_id)
        with self._lock:
            if path not in self._collections:
                self._collections[path] = CollectionCache(
                    client, path, lambda id_: self.fetch(collection, id_), lambda ids: self.remember(*ids)
                )
            return self._collections[path]

    # What is known before anything is changed

    def ensure_is_prevision(self) -> None:
        """Before a 404 counts as "gone": is this a Prevision.io platform at all?"""

        def ask() -> None:
            try:
                self.client.probe("/version")
            except Refused as error:
                if error.status in (401, 403):
                    raise
                raise PlatformError(f"{self.url} does not answer like a Prevision.io platform: {error}") from None

        self._answers.get(("version",), ask)

    def ensure_usable(self, project_id: str | None) -> None:
        """Before something is made or changed: is the token good, and does the project exist? Asked once for each.

        Without a project only the token is tried.
        """
        if project_id is None:
            self.ensure_is_prevision()
        else:
            self._answers.get(("project", project_id), lambda: self._ensure_project(project_id))

    def _ensure_project(self, project_id: str) -> None:
        if self.fetch(PROJECTS, project_id) is None:
            items = self.list_all(PROJECTS, None)
            names = ", ".join(f"{item.get('name')!r} ({item.get('_id')})" for item in items[:_SHOWN])
            more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
            there = f"The token sees {names}{more}" if items else "The token sees none"
            raise PlatformError(f"project_id: there is no project {project_id} on {self.url}. {there}")

    def capabilities(self, collection: Collection, id_: str) -> Capabilities:
        """What the platform offers for the objects of a collection beyond the public contract; asked once.

        Raises:
            NotFound: the object is gone: it says nothing about the others, and the answer would depend on which of
                them was asked about first, so that an update could do something else than its preview.
            PlatformError: the answer does not tell.
        """

        def ask() -> Capabilities:
            path = collection.item_path(id_)
            try:
                return self.client.capabilities(path)
            except NotFound as error:
                if self.fetch(collection, id_) is None:
                    raise
                reason = f"OPTIONS {path}: the platform says 404 of what is there"
                raise Refused(reason, status=404, reason=error.reason) from None

        return self._answers.get(("capabilities", collection.path), ask)

    # What is listed behind a connector

    def source_names(self, connector_id: str, *segments: str) -> list[str] | None:
        """Names listed behind a connector, asked once; None when the platform does not list them as text.

        `segments` are the rest of the path, such as `("databases", "crm", "tables")`.
        """
        path = "/".join((f"/connectors/{quoted(connector_id)}", *map(quoted, segments)))

        def ask() -> list[str] | None:
            items = self.client.get_from_source(path).get("items")
            return items if isinstance(items, list) and all(isinstance(item, str) for item in items) else None

        return self._answers.get(("source names", connector_id, path), ask)

    def forget_source_names(self, connector_id: str) -> None:
        """The connector has changed: what was listed behind it before is void."""
        self._answers.forget(lambda key: key[:2] == ("source names", connector_id))

    # Creations

    @contextmanager
    def creating(self, fingerprint: str) -> Iterator[None]:
        """Creations with equal fingerprints take turns, so that a lost reply is never mistaken for a neighbor's."""
        with self._creating.held(fingerprint):
            yield

    def remember(self, *ids: str) -> None:
        """These ids belong to somebody: an object of one of them is no creation of which the reply was lost."""
        with self._lock:
            self._known_ids.update(ids)

    def knows(self, id_: str) -> bool:
        """Whether this process has met the id: made, read, listed, compared or deleted its object."""
        with self._lock:
            return id_ in self._known_ids


_sessions: dict[Settings, Session] = {}
_sessions_lock = threading.Lock()


def shared_session(settings: Settings) -> Session:
    """The session for these settings, one for the whole process.

    Raises:
        SettingsError: they lack the address or the token.
    """
    with _sessions_lock:
        if settings not in _sessions:
            _sessions[settings] = new_session(settings)
        return _sessions[settings]


def new_session(settings: Settings) -> Session:
    """A session that has read nothing yet.

    Raises:
        SettingsError: the settings lack the address or the token.
    """
    url, token = settings.require()

    def connect() -> Client:
        from .client import Client

        return Client(
            url,
            token,
            parallelism=settings.parallelism,
            call_timeout=settings.call_timeout,
            ca_bundle=settings.ca_bundle,
        )

    return Session(url, connect)
