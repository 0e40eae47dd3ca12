"""What one process knows of one platform: its client, and answers that serve many resources.

A provider host lives for one phase of one command, so nothing here outlives a preview or an update.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from ._errors import NotFound, PlatformError, Refused
from ._kinds import ConnectorKind, Kind
from ._live_objects import Item, LiveObjects
from ._settings import Settings
from ._urls import quoted

if TYPE_CHECKING:
    from ._client import Client, Offer

T = TypeVar("T")


class Platform:
    """One platform as seen by one process. Safe for many threads.

    `connect` makes the client once something is asked: a preview without changes needs none, and no HTTP library.
    """

    def __init__(self, url: str, connect: Callable[[], Client]) -> None:
        self.url = url
        self._connect = connect
        self._client: Client | None = None
        self.has_changed_anything = False
        """This process has made, changed or deleted an object, or tried to: it does not serve a preview."""
        self.kept_on_replace: dict[tuple[str, ...], bool] = {}
        """What the program of this run says of the snapshots that it declares; see `_snapshots`."""
        self._lock = threading.Lock()
        self._lists: dict[str, LiveObjects] = {}
        self._answers = _Answers()
        self._own_ids: set[str] = set()
        self._creating = _Turns()
        self._changing: set[str] = set()
        self._verified: set[tuple[str, str]] = set()
        self._postponed: set[tuple[str, str]] = set()
        self._asked_ahead: set[tuple[str, ...]] = set()

    @property
    def client(self) -> Client:
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    # Objects

    def item_path(self, kind: Kind, id_: str) -> str:
        return f"/{kind.collection}/{quoted(id_)}"

    def list_path(self, kind: Kind, project_id: str | None) -> str:
        """Where objects of this kind are listed and made."""
        return f"/projects/{quoted(project_id)}/{kind.collection}" if project_id else f"/{kind.collection}"

    def live(self, kind: Kind, project_id: str | None, id_: str, needed: Iterable[str]) -> Item | None:
        """The object as it is now; None only when the platform itself says that it does not exist.

        `needed` are the wire names that the answer must hold to be of use.
        """
        return self._objects(kind, project_id).one(id_, is_whole=lambda item: all(name in item for name in needed))

    def read_one(self, kind: Kind, id_: str) -> Item | None:
        try:
            return self.client.get(self.item_path(kind, id_))
        except NotFound:
            self.confirm()
            return None

    def listed(self, kind: Kind, project_id: str | None) -> list[Item]:
        """All objects of one kind in a project, as of less than a minute ago, without those deleted by this process."""
        return self._objects(kind, project_id).all()

    def delete(self, kind: Kind, project_id: str | None, id_: str) -> None:
        """Delete an object; one that is gone already is a success."""
        self.has_changed_anything = True
        with self._objects(kind, project_id).deleting(id_):
            try:
                self.client.delete(self.item_path(kind, id_))
            except NotFound:
                self.confirm()

    def written(self, kind: Kind, project_id: str | None, id_: str) -> None:
        """This process has made or changed an object: no list read before says how it is."""
        self.has_changed_anything = True
        self._objects(kind, project_id).written(id_)

    def _objects(self, kind: Kind, project_id: str | None) -> LiveObjects:
        client, path = self.client, self.list_path(kind, project_id)
        with self._lock:
            if path not in self._lists:
                self._lists[path] = LiveObjects(client, path, lambda id_: self.read_one(kind, id_))
            return self._lists[path]

    def confirm(self) -> None:
        """Before a 404 counts as "gone": is this a Prevision.io platform at all?"""

        def ask() -> None:
            try:
                self.client.probe("/version")
            except Refused as error:
                raise PlatformError(f"{self.url} does not answer like a Prevision.io platform: {error}") from None

        self._answers.get(("version",), ask)

    # What the platform offers beyond the public contract

    def offers_update(self, kind: Kind, id_: str) -> bool:
        """Whether objects of this kind can be changed in place."""
        return kind.updatable and "PUT" in self._offer(kind, id_).methods

    def offers_verification(self, kind: ConnectorKind, id_: str) -> bool:
        """Whether the platform looks up a source behind connectors of this kind without making anything."""
        return "verify" in self._offer(kind, id_).extensions

    def _offer(self, kind: Kind, id_: str) -> Offer:
        """Asked once per process and kind.

        Raises `NotFound` when the object is gone: it says nothing about the others, and the answer would depend on
        which of them was asked about first, so that an update could do something else than its preview.
        """

        def ask() -> Offer:
            from ._client import Offer

            try:
                return self.client.offer(self.item_path(kind, id_))
            except NotFound:
                if self.read_one(kind, id_) is None:
                    raise
                return Offer(frozenset(), frozenset())

        return self._answers.get(("offer", kind.name), ask)

    # Changes of connectors, which void what is known of their sources

    def announce_change(self, id_: str) -> None:
        """A connector is about to change: until it has, what its source holds now says nothing."""
        self._changing.add(id_)

    def is_changing(self, id_: str) -> bool:
        return id_ in self._changing

    def changed(self, id_: str) -> None:
        """A connector has changed: what was listed through it before is void."""
        self._changing.discard(id_)
        self._answers.forget(lambda key: id_ in key)
        with self._lock:
            self._verified = {entry for entry in self._verified if entry[0] != id_}

    # Sources

    def databases(self, connector_id: str) -> list[str] | None:
        return self._names(f"/connectors/{quoted(connector_id)}/databases", connector_id)

    def tables(self, connector_id: str, database: str) -> list[str] | None:
        return self._names(f"/connectors/{quoted(connector_id)}/databases/{quoted(database)}/tables", connector_id)

    def paths(self, connector_id: str) -> list[str] | None:
        return self._names(f"/connectors/{quoted(connector_id)}/paths", connector_id)

    def _names(self, path: str, connector_id: str) -> list[str] | None:
        """Names listed behind a connector, asked once; None when the platform does not list them as text."""

        def ask() -> list[str] | None:
            items = self.client.get_from_source(path).get("items")
            return items if isinstance(items, list) and all(isinstance(item, str) for item in items) else None

        return self._answers.get(("names", connector_id, path), ask)

    def ask_ahead(self, ask: Callable[[], object], *key: str) -> None:
        """Ask in the background, once for each key. Whoever needs the answer waits for it, and meets its failure."""
        with self._lock:
            if key in self._asked_ahead:
                return
            self._asked_ahead.add(key)

        def run() -> None:
            with suppress(PlatformError):
                ask()

        threading.Thread(target=run, daemon=True).start()

    def postpone(self, connector_id: str, source: str) -> None:
        """The source is to be looked up when the data source is made."""
        self._postponed.add((connector_id, source))

    def was_postponed(self, connector_id: str, source: str) -> bool:
        return (connector_id, source) in self._postponed

    def remember_verified(self, connector_id: str, source: str) -> None:
        with self._lock:
            self._verified.add((connector_id, source))

    def is_verified(self, connector_id: str, source: str) -> bool:
        """Whether this process has seen the source behind the connector as it is now."""
        return (connector_id, source) in self._verified

    # Creations

    @contextmanager
    def creating(self, fingerprint: str) -> Iterator[None]:
        """Creations with equal fingerprints take turns, so that a lost reply is never mistaken for a neighbor's."""
        with self._creating.turn(fingerprint):
            yield

    def own(self, id_: str) -> None:
        self._own_ids.add(id_)

    def is_own(self, id_: str) -> bool:
        return id_ in self._own_ids


_platforms: dict[Settings, Platform] = {}
_platforms_lock = threading.Lock()


def shared_platform(settings: Settings) -> Platform:
    """The platform that these settings name, one object for the whole process."""
    url, token = settings.require()
    with _platforms_lock:
        if settings not in _platforms:
            _platforms[settings] = Platform(url, lambda: _connected(url, token, settings.parallelism))
        return _platforms[settings]


def _connected(url: str, token: str, parallelism: int) -> Client:
    from ._client import Client

    return Client(url, token, parallelism=parallelism)


class _Answers:
    """Answers asked for once: the first caller asks, the others wait for it. A failure is not kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, ...], Any] = {}
        self._turns = _Turns()

    def get(self, key: tuple[str, ...], ask: Callable[[], T]) -> T:
        with self._turns.turn(key):
            with self._lock:
                if key in self._kept:
                    kept: T = self._kept[key]
                    return kept
            answer = ask()
            with self._lock:
                self._kept[key] = answer
            return answer

    def forget(self, which: Callable[[tuple[str, ...]], bool]) -> None:
        with self._lock:
            self._kept = {key: answer for key, answer in self._kept.items() if not which(key)}


class _Turns:
    """One lock for each key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[Any, threading.Lock] = {}

    @contextmanager
    def turn(self, key: Any) -> Iterator[None]:
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            yield
