"""Objects as the platform has them now, with as few calls as one can do.

Reading one object costs a call, reading a page of a list costs a call for many objects. How many objects will be asked
for is not known in advance, so the choice is made as for renting or buying skis: single reads until as many were paid
as the rest of the list has pages, then the whole list. That never costs more than twice what the best choice would
have cost in hindsight. The second read of a list fetches its first page, which tells how many pages there are and
often holds what is wanted.

What a list says is never used for an object that this process has written since, nor after a minute; an object
that is missing from it, or that it does not show whole, is read by itself; a list that fails is not asked again.
"""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from ._client import Client, Page
from ._errors import PlatformError

Item = dict[str, Any]

LONGEST_USE: Final = 60.0
"""Seconds after which what a list said is not used any more."""
_FETCHERS: Final = 8
"""Pages of one list that are fetched side by side."""
_ATTEMPTS: Final = 3


class LiveObjects:
    """The objects of one list, such as the connectors of one project. Safe for many threads."""

    def __init__(self, client: Client, path: str, read_one: Callable[[str], Item | None]) -> None:
        self._client = client
        self._path = path
        self._read_one = read_one
        self._lock = threading.Lock()
        self._fetching = threading.Lock()
        self._written: dict[str, float] = {}
        self._deleted: set[str] = set()
        self._start_over()

    def one(self, id_: str, is_whole: Callable[[Item], bool]) -> Item | None:
        """The object, or None when it does not exist. `is_whole` tells whether a list item says all that is wanted."""
        while True:
            with self._lock:
                item = self._items.get(id_)
                if item is not None and self._is_fresh(id_) and is_whole(item):
                    return item
                if not self._is_list_cheaper():
                    self._single_reads += 1
                    break
            with self._fetching:  # one flight for all who wait
                with self._lock:
                    cheaper = self._is_list_cheaper()
                if cheaper:
                    self._fetch_more()
        return self._read_one(id_)

    def all(self) -> list[Item]:
        """All objects of the list, without those that this process has deleted; raises when it cannot be read."""
        with self._fetching:
            for _ in range(_ATTEMPTS):
                with self._lock:
                    if self._is_all_here():
                        break
                    self._start_over()
                self._fetch([1])
                self._fetch(range(2, (self._pages or 1) + 1))
            with self._lock:
                if not self._is_all_here():
                    raise PlatformError(f"GET {self._path}: the list changes faster than it can be read")
                return [item for id_, item in self._items.items() if id_ not in self._deleted]

    def written(self, id_: str) -> None:
        """This process has made or changed the object."""
        with self._lock:
            self._written[id_] = time.monotonic()

    def deleted(self, id_: str) -> None:
        """This process has deleted the object."""
        self.written(id_)
        with self._lock:
            self._deleted.add(id_)

    # The rest is called with the lock held, but for the fetching itself.

    def _start_over(self) -> None:
        self._items: dict[str, Item] = {}
        self._asked_at = 0.0
        self._pages: int | None = None
        self._total = 0
        self._is_listed = False
        self._single_reads = 0
        self._has_failed = False

    def _is_list_cheaper(self) -> bool:
        if self._asked_at and not self._is_young():
            self._start_over()
        if self._has_failed or self._is_listed:
            return False
        return self._single_reads >= (1 if self._pages is None else self._pages - 1)

    def _is_young(self) -> bool:
        return time.monotonic() - self._asked_at < LONGEST_USE

    def _is_fresh(self, id_: str) -> bool:
        return self._is_young() and self._written.get(id_, 0.0) < self._asked_at

    def _is_all_here(self) -> bool:
        made_since = (id_ for id_ in self._written if id_ not in self._items and id_ not in self._deleted)
        return (
            self._is_listed and self._is_young() and len(self._items) >= self._total and not any(map(bool, made_since))
        )

    def _fetch_more(self) -> None:
        try:
            self._fetch([1] if self._pages is None else range(2, self._pages + 1))
        except PlatformError:
            with self._lock:
                self._has_failed = True

    def _fetch(self, numbers: Sequence[int]) -> None:
        """Read pages and keep what they hold; the last one read tells how long the list is."""
        with self._lock:
            self._asked_at = self._asked_at or time.monotonic()
        pages = self._read_pages(numbers)
        with self._lock:
            for page in pages:
                self._items |= {str(item["_id"]): item for item in page.items if "_id" in item}
                self._pages, self._total = page.count, page.total
            self._is_listed = (numbers[-1] if numbers else 1) >= (self._pages or 1)

    def _read_pages(self, numbers: Sequence[int]) -> list[Page]:
        if len(numbers) <= 1:
            return [self._client.page(self._path, number) for number in numbers]
        with concurrent.futures.ThreadPoolExecutor(min(_FETCHERS, len(numbers))) as fetchers:
            return list(fetchers.map(lambda number: self._client.page(self._path, number), numbers))
