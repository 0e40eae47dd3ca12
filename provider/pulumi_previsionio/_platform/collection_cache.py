"""The objects of one collection as the platform has them now, with as few calls as one can do.

Reading one object costs a call, reading a page of a list costs a call for many objects. How many objects will be asked
for is not known in advance, so the choice is made as for renting or buying skis: single reads until as many were paid
as the rest of the list has pages, then the whole list. That never costs more than twice what the best choice would
have cost in hindsight, and one call. The second read of a list fetches its first page, which tells how many pages
there are and often holds what is wanted.

What a list says is never used for an object that this process has written since, nor after a minute; an object
that is missing from it, or that it does not show whole, is read by itself; a list that fails is left alone for as
long as it would have been used.
"""

from __future__ import annotations

import concurrent.futures
import contextvars
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from .._errors import PlatformError
from .concurrency import ReadersWriterLock

if TYPE_CHECKING:
    from .client import Client, Page

Item = dict[str, Any]

MAX_AGE: Final = 60.0
"""Seconds after which what a list said is not used any more."""
PAGE_WORKERS: Final = 8
"""Pages of one list that are fetched side by side."""
_ATTEMPTS: Final = 4


class CollectionCache:
    """The objects of one list, such as the connectors of one project. Safe for many threads.

    Whoever changes objects says so: `deleting` around each deletion, `invalidate` after each creation or update.

    Locking: `_lock` guards the attributes and is never held during a call; `_fetch_lock` is held while pages are
    fetched, and whoever needs them waits for it; deletions hold `_deletions` as shared, a whole list as exclusive.
    """

    def __init__(
        self,
        client: Client,
        path: str,
        read_one: Callable[[str], Item | None],
        listed: Callable[[Iterable[str]], None] = lambda _: None,
    ) -> None:
        """`listed` hears the ids of all objects that a page shows."""
        self._client = client
        self._path = path
        self._read_one = read_one
        self._listed = listed
        self._lock = threading.Lock()
        self._fetch_lock = threading.Lock()
        self._written_at: dict[str, float] = {}
        self._written: set[str] = set()
        """Those that were not deleted since."""
        self._deleted: set[str] = set()
        self._deletions = ReadersWriterLock()
        self._forget_list()

    def get(self, id_: str, is_complete: Callable[[Item], bool]) -> Item | None:
        """The object; None when it does not exist. `is_complete` tells whether a list item says all that is wanted."""
        while True:
            with self._lock:
                self._forget_old_list()
                item = self._items.get(id_)
                is_current = self._asked_at is None or self._written_at.get(id_, float("-inf")) < self._asked_at
                if item is not None and is_current and is_complete(item):
                    return item
                if item is not None or not is_current:
                    break  # no page helps
                if not self._is_list_cheaper():
                    self._single_reads += 1
                    break
            with self._fetch_lock:
                self._fetch_more()
        return self._read_one(id_)

    def list_all(self) -> list[Item]:
        """All objects, without those that this process has deleted.

        Raises:
            PlatformError: the list cannot be read, or its pages do not fit together.
        """
        with self._fetch_lock:
            self._make_list_usable()
            with self._lock:
                return self._without_deleted(self._items.values())

    def list_of_connector(self, connector_id: str) -> list[Item]:
        """Those that name a connector. Whoever asks for one asks for many: the list is sorted by connectors once.

        Raises:
            PlatformError: the list cannot be read, or its pages do not fit together.
        """
        with self._fetch_lock:
            self._make_list_usable()
            with self._lock:
                return self._without_deleted(self._sorted_by_connector().get(connector_id, ()))

    def invalidate(self, id_: str) -> None:
        """This process has made or changed the object, or tried to: no list read before says how it is."""
        with self._lock:
            self._written_at[id_] = time.monotonic()
            self._written.add(id_)

    @contextmanager
    def deleting(self, id_: str) -> Iterator[None]:
        """Around the deletion of an object; when no error ends it, the object is gone."""
        with self._deletions.shared():
            try:
                yield
            except BaseException:
                self.invalidate(id_)
                raise
            with self._lock:
                self._written_at[id_] = time.monotonic()
                self._written.discard(id_)
                self._deleted.add(id_)

    # The list as far as it is known; called with the lock held.

    def _forget_list(self) -> None:
        self._items: dict[str, Item] = {}
        self._by_connector: dict[str, list[Item]] | None = None
        self._asked_at: float | None = None
        """When the first of its pages was asked for; the others are treated as if they were as old."""
        self._pages: int | None = None
        self._all_pages_read = False
        """Others may have made or deleted objects meanwhile, so that one slipped through."""
        self._is_consistent = False
        """All pages were read, and they fit together."""
        self._has_failed = False
        self._single_reads = 0
        """Of objects that a page might have shown."""

    def _forget_old_list(self) -> None:
        if self._asked_at is not None and time.monotonic() - self._asked_at >= MAX_AGE:
            self._forget_list()

    def _is_written_over(self) -> bool:
        return any(self._asked_at is None or self._written_at[id_] >= self._asked_at for id_ in self._written)

    def _sorted_by_connector(self) -> Mapping[str, Sequence[Item]]:
        if self._by_connector is None:
            self._by_connector = {}
            for item in self._items.values():
                self._by_connector.setdefault(str(item.get("connector_id")), []).append(item)
        return self._by_connector

    def _without_deleted(self, items: Iterable[Item]) -> list[Item]:
        return [item for item in items if item["_id"] not in self._deleted]

    def _is_list_cheaper(self) -> bool:
        if self._has_failed or self._all_pages_read:
            return False
        return self._single_reads >= (1 if self._pages is None else self._pages - 1)

    def _keep(self, pages: Iterable[Page]) -> None:
        for page in pages:
            shown = {str(item["_id"]): item for item in page.items if "_id" in item}
            self._items |= shown
            self._by_connector = None
            self._pages = page.count
            self._listed(shown)

    # Fetching; called with the fetch lock held.

    def _make_list_usable(self) -> None:
        with self._lock:
            self._forget_old_list()
            is_usable = self._is_consistent and not self._is_written_over()
        if not is_usable:
            self._fetch_consistently()

    def _fetch_more(self) -> None:
        """The first page, or all others; unless another reader has just fetched what was wanted."""
        with self._lock:
            if not self._is_list_cheaper():
                return
            is_first = self._pages is None
            numbers = range(1, 2) if self._pages is None else range(2, self._pages + 1)
            asked_at = self._asked_at = time.monotonic() if self._asked_at is None else self._asked_at
        try:
            pages = self._read(numbers)
        except PlatformError:
            pages = []
        with self._lock:
            if self._asked_at != asked_at:  # too old by now, and forgotten by another reader
                return
            self._has_failed = not pages
            self._keep(pages)
            # The last page may say that there are more by now; what they hold is read singly.
            self._all_pages_read = not self._has_failed and (not is_first or (self._pages or 1) <= 1)
            self._is_consistent = self._all_pages_read and is_first

    def _fetch_consistently(self) -> None:
        """The whole list anew, from pages that fit together.

        An object that is deleted while pages are read moves those behind it to the front, one of them perhaps from
        a page that is still to be read to one that was read already. Deletions by this process are made to wait.
        Those by others show in the number of objects that each page tells, unless they make as many in that moment.
        Where that number is wrong by itself, as it counts objects that the token must not see, the list counts once it
        was read twice the same, no object twice, and the page behind its last one is empty.
        """
        ids_before: set[str] | None = None
        for _ in range(_ATTEMPTS):
            asked_at = time.monotonic()
            pages = self._read_without_deletions()
            with self._lock:
                self._forget_list()
                self._asked_at = asked_at
                self._keep(pages)
                self._all_pages_read = True
                ids = set(self._items)
            is_consistent = {page.total for page in pages} == {len(ids)}
            if is_consistent or (ids == ids_before and self._hides_objects(pages, ids)):
                with self._lock:
                    self._is_consistent = True
                return
            ids_before = ids
        raise PlatformError(
            f"GET {self._path}: the list changes faster than it can be read, or contradicts itself: its pages hold "
            f"{len(ids)} objects, and it says {', '.join(sorted({str(page.total) for page in pages}))}"
        )

    def _hides_objects(self, pages: Sequence[Page], ids: set[str]) -> bool:
        """Whether the list counts more objects than it shows, and shows all that it has."""
        if sum(len(page.items) for page in pages) != len(ids) or min(page.total for page in pages) < len(ids):
            return False
        return not self._page(pages[-1].count + 1).items

    def _read_without_deletions(self) -> list[Page]:
        """All pages, without a deletion by this process meanwhile. A single page needs none of that."""
        uses = self._deletions.uses
        first = self._client.page(self._path, 1)
        if first.count <= 1:
            return [first]
        with self._deletions.exclusive():
            if self._deletions.uses == uses:
                return [first, *self._read(range(2, first.count + 1))]
            return self._read(range(1, first.count + 1))

    def _read(self, numbers: Sequence[int]) -> list[Page]:
        """The pages of these numbers, some side by side; a list that lies about its length is not read to its end."""
        if len(numbers) <= 1:
            return [self._page(number) for number in numbers]
        pages: list[Page] = []
        seen: set[str] = set()
        with concurrent.futures.ThreadPoolExecutor(min(PAGE_WORKERS, len(numbers))) as workers:
            for at in range(0, len(numbers), PAGE_WORKERS):
                # Each in the operation of this thread, whose time counts.
                calls = [
                    workers.submit(contextvars.copy_context().run, self._page, number)
                    for number in numbers[at : at + PAGE_WORKERS]
                ]
                batch = [call.result() for call in calls]
                ids = {str(item.get("_id")) for page in batch for item in page.items}
                if len(batch) == PAGE_WORKERS and ids <= seen:
                    raise PlatformError(
                        f"GET {self._path}: the list says that it has {batch[0].count} pages of {batch[0].total} "
                        f"objects, but {PAGE_WORKERS} pages in a row bring nothing new"
                    )
                seen |= ids
                pages += batch
        return pages

    def _page(self, number: int) -> Page:
        return self._client.page(self._path, number)
