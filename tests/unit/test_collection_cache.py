"""Objects as the platform has them now, with as few calls as one can do."""

import concurrent.futures
import dataclasses
import itertools
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from pulumi_previsionio import PlatformError
from pulumi_previsionio._platform import collection_cache as module
from pulumi_previsionio._platform.client import Page
from pulumi_previsionio._platform.collection_cache import MAX_AGE, CollectionCache, Item

THREADS = 16
PATH = "/projects/P/data-sources"


class Platform:
    """A list of objects behind the two calls that `CollectionCache` makes. `calls` has "GET id" and "page 1"."""

    def __init__(self, objects: int = 0, *, page_size: int = 50) -> None:
        self.items: dict[str, Item] = {}
        self.page_size = page_size
        self.calls: list[str] = []
        self.fails = False
        self.counts_wrong_by = 0
        self.before_page: Callable[[int], object] = lambda _: None
        self._lock = threading.RLock()
        self.make(*(f"o{number}" for number in range(objects)))
        self.live = CollectionCache(self, PATH, self.read_one)  # type: ignore[arg-type]

    def make(self, *ids: str) -> None:
        with self._lock:
            self.items |= {id_: {"_id": id_, "version": 0} for id_ in ids}

    def delete(self, *ids: str) -> None:
        with self._lock:
            for id_ in ids:
                del self.items[id_]

    def read_one(self, id_: str) -> Item | None:
        with self._lock:
            self.calls.append(f"GET {id_}")
            return self.items.get(id_)

    def page(self, path: str, number: int) -> Page:
        assert path == PATH
        self.before_page(number)
        with self._lock:
            self.calls.append(f"page {number}")
            if self.fails:
                raise PlatformError("the list is broken")
            items = list(self.items.values())
            shown = items[(number - 1) * self.page_size : number * self.page_size]
            total = len(items) + self.counts_wrong_by
            return Page(shown, total, count=-(-total // self.page_size))

    @property
    def pages(self) -> int:
        return -(-len(self.items) // self.page_size)

    @property
    def single_reads(self) -> int:
        return len([call for call in self.calls if call.startswith("GET")])

    @property
    def pages_read(self) -> int:
        return len(self.calls) - self.single_reads

    def one(self, id_: str, *, whole: bool = True) -> Item | None:
        return self.live.get(id_, lambda _: whole)

    def own_deletion(self, id_: str) -> None:
        with self.live.deleting(id_):
            self.delete(id_)

    def ids(self) -> set[str]:
        return {item["_id"] for item in self.live.list_all()}


class Clock(SimpleNamespace):
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time passes when a test says so."""
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


# The number of calls


@pytest.mark.parametrize(
    ("objects", "reads", "single_reads", "pages"),
    [
        (0, 1, 1, 0),
        (1, 1, 1, 0),
        (2, 2, 1, 1),  # the first page has it
        (50, 50, 1, 1),
        (80, 80, 1, 2),
        (100, 100, 1, 2),
        (400, 50, 1, 1),  # all on the first page
        (400, 51, 2, 1),
        (400, 56, 7, 1),
        (400, 57, 7, 8),  # as many were paid as there are other pages
        (400, 400, 7, 8),
        (10_003, 3, 1, 1),
    ],
)
def test_number_of_calls(objects: int, reads: int, single_reads: int, pages: int) -> None:
    platform = Platform(objects)
    for number in range(reads):
        platform.one(f"o{number}")
    assert (platform.single_reads, platform.pages_read) == (single_reads, pages)


def test_ten_thousand_foreign_objects_and_three_of_ours_cost_three_reads_and_one_page() -> None:
    platform = Platform(10_000)
    platform.make("a", "b", "c")
    assert [platform.one(id_) for id_ in "abc"] == [platform.items[id_] for id_ in "abc"]
    assert platform.calls == ["GET a", "page 1", "GET b", "GET c"]


@st.composite
def reads(draw: st.DrawFn) -> tuple[Platform, list[str], set[str]]:
    """A platform, which objects are read one after the other, some of them gone; which of them the list half shows."""
    platform = Platform(draw(st.integers(0, 60)), page_size=draw(st.integers(1, 12)))
    known = [*platform.items, *(f"gone{number}" for number in range(draw(st.integers(0, 8))))]
    chosen = draw(st.lists(st.sampled_from(known), unique=True)) if known else []
    return platform, chosen, draw(st.sets(st.sampled_from(known))) if known else set()


@given(reads())
def test_never_more_than_twice_the_best_possible_and_one(case: tuple[Platform, list[str], set[str]]) -> None:
    platform, chosen, half_shown = case
    for id_ in chosen:
        assert platform.one(id_, whole=id_ not in half_shown) == platform.items.get(id_)
    not_in_pages = [id_ for id_ in chosen if id_ not in platform.items or id_ in half_shown]
    best = min(len(chosen), platform.pages + len(not_in_pages))
    assert len(platform.calls) <= 2 * best + 1


def test_many_readers_at_once_wait_for_one_flight() -> None:
    platform = Platform(400)
    platform.before_page = lambda _: time.sleep(0.01)
    start = threading.Barrier(THREADS)

    def read(first: int) -> None:
        start.wait()
        for number in range(first, 400, THREADS):
            assert platform.one(f"o{number}") == platform.items[f"o{number}"]

    with concurrent.futures.ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(read, range(THREADS)))
    assert sorted(call for call in platform.calls if "page" in call) == [f"page {number}" for number in range(1, 9)]
    assert platform.single_reads == 7


def test_pages_are_fetched_side_by_side() -> None:
    platform = Platform(9, page_size=1)
    together = threading.Barrier(8)
    platform.before_page = lambda number: together.wait(timeout=10) if number > 1 else None
    assert len(platform.live.list_all()) == 9


# What is served


def test_an_object_written_by_this_process_is_read_by_itself(clock: Clock) -> None:
    platform = Platform(3)
    for id_ in platform.items:
        platform.one(id_)
    platform.items["o1"] = {"_id": "o1", "version": 1}
    clock.now += 1
    platform.live.invalidate("o1")
    platform.calls.clear()

    assert platform.one("o1") == {"_id": "o1", "version": 1}
    assert platform.one("o2") == {"_id": "o2", "version": 0}
    assert platform.calls == ["GET o1"]


def test_an_object_written_before_the_list_was_asked_for_is_served_from_it(clock: Clock) -> None:
    platform = Platform(3)
    platform.live.invalidate("o2")
    clock.now += 1
    for id_ in platform.items:
        platform.one(id_)
    assert platform.calls == ["GET o0", "page 1"]


def test_an_object_deleted_by_this_process_is_gone(clock: Clock) -> None:
    platform = Platform(3)
    assert platform.ids() == {"o0", "o1", "o2"}
    platform.own_deletion("o1")
    assert platform.ids() == {"o0", "o2"}
    assert platform.one("o1") is None
    assert platform.calls == ["page 1", "GET o1"]


def test_a_deletion_that_failed_leaves_the_object_there(clock: Clock) -> None:
    platform = Platform(3)
    platform.live.list_all()
    with pytest.raises(PlatformError, match="no answer"), platform.live.deleting("o1"):
        raise PlatformError("no answer")
    assert platform.ids() == {"o0", "o1", "o2"}
    assert platform.calls == ["page 1", "page 1"]  # the first one may be wrong by now


def test_nothing_older_than_a_minute_is_served(clock: Clock) -> None:
    platform = Platform(3)
    for id_ in platform.items:
        platform.one(id_)
    clock.now += MAX_AGE - 0.1
    platform.one("o1")
    platform.live.list_all()
    assert platform.calls == ["GET o0", "page 1"]

    clock.now += 0.1
    platform.calls.clear()
    for id_ in platform.items:
        platform.one(id_)
    assert platform.calls == ["GET o0", "page 1"]

    clock.now += MAX_AGE
    platform.calls.clear()
    platform.live.list_all()
    assert platform.calls == ["page 1"]


def test_pages_that_come_after_a_minute_are_not_used(clock: Clock) -> None:
    platform = Platform(3, page_size=1)

    def dawdle(number: int) -> None:
        if number == 2:
            clock.now += MAX_AGE
            platform.one("o0")

    platform.before_page = dawdle
    for id_ in ("o0", "o1", "o2"):
        platform.one(id_)
    # The flight that took a minute counts for nothing: the next one starts with the first page again.
    assert platform.calls[:2] == ["GET o0", "page 1"]
    platform.items = {id_: {**item, "version": 1} for id_, item in platform.items.items()}
    clock.now += MAX_AGE - 1
    assert all(item is None or item["version"] == 1 for item in [platform.one("o1"), platform.one("o2")])


def test_an_object_missing_from_the_pages_is_confirmed_by_its_own_read() -> None:
    platform = Platform(3)
    for id_ in platform.items:
        platform.one(id_)
    platform.make("late")
    platform.calls.clear()
    assert platform.one("late") == platform.items["late"]
    assert platform.one("never") is None
    assert platform.calls == ["GET late", "GET never"]


def test_objects_that_the_list_half_shows_are_read_singly_and_are_no_reason_to_read_more_of_it() -> None:
    platform = Platform(30, page_size=10)
    for number in range(10):
        assert platform.one(f"o{number}", whole=False) == platform.items[f"o{number}"]
    assert (platform.single_reads, platform.pages_read) == (10, 1)


def test_a_failing_list_is_left_alone_for_a_minute(clock: Clock) -> None:
    platform = Platform(30)
    platform.fails = True
    for id_ in platform.items:
        assert platform.one(id_) == platform.items[id_]
    assert (platform.single_reads, platform.pages_read) == (30, 1)

    platform.fails = False
    clock.now += MAX_AGE
    platform.calls.clear()
    for id_ in platform.items:
        platform.one(id_)
    assert platform.calls == ["GET o0", "page 1"]


def test_what_came_before_a_list_failed_is_used() -> None:
    platform = Platform(30, page_size=10)

    def fail_later(number: int) -> None:
        platform.fails = number > 1

    platform.before_page = fail_later
    for id_ in platform.items:
        assert platform.one(id_) == platform.items[id_]
    assert platform.single_reads == 1 + 20
    assert "page 1" in platform.calls


# The whole list


def test_the_whole_list_is_read_once() -> None:
    platform = Platform(120)
    assert platform.ids() == platform.ids() == set(platform.items)
    assert sorted(platform.calls) == ["page 1", "page 2", "page 3"]


def test_an_empty_list_costs_one_page() -> None:
    platform = Platform()
    assert platform.live.list_all() == []
    assert platform.calls == ["page 1"]


def test_a_list_that_cannot_be_read_is_an_error() -> None:
    platform = Platform(3)
    platform.fails = True
    with pytest.raises(PlatformError, match="the list is broken"):
        platform.live.list_all()


def test_an_object_made_by_this_process_since_is_in_the_list(clock: Clock) -> None:
    platform = Platform(3)
    platform.live.list_all()
    platform.make("new")
    platform.live.invalidate("new")
    assert "new" in platform.ids()


def test_pages_gathered_for_single_reads_are_no_whole_list(clock: Clock) -> None:
    platform = Platform(4, page_size=2)
    # While the second page is asked for, an object moves from it to the first one.
    platform.before_page = lambda number: platform.delete("o0") if number == 2 and "o0" in platform.items else None
    for id_ in ("o0", "o1", "o3"):
        platform.one(id_)
    platform.before_page = lambda _: None
    assert platform.ids() == {"o1", "o2", "o3"}
    assert platform.one("o2") == platform.items["o2"]


@pytest.mark.parametrize("change", ["deletion", "creation", "both"])
def test_a_list_that_others_change_between_two_pages_is_read_again(change: str) -> None:
    platform = Platform(6, page_size=2)
    changes = iter([change])

    def interfere(number: int) -> None:
        if number > 1:
            for now in changes:
                if now in ("deletion", "both"):
                    platform.delete("o0", "o1")
                if now in ("creation", "both"):
                    platform.make("new")

    platform.before_page = interfere
    assert platform.ids() == set(platform.items)


def test_a_list_that_never_rests_is_an_error() -> None:
    platform = Platform(6, page_size=2)
    numbers = itertools.count()
    platform.before_page = lambda number: platform.make(f"new{next(numbers)}") if number > 1 else None
    with pytest.raises(PlatformError, match=f"GET {PATH}: the list changes faster than it can be read"):
        platform.live.list_all()


def test_a_list_that_counts_wrong_counts_once_read_twice_the_same() -> None:
    platform = Platform(5, page_size=2)
    platform.counts_wrong_by = 3
    assert platform.ids() == set(platform.items)
    assert platform.pages_read == 2 * 4 + 1  # and none behind the last


@pytest.mark.parametrize("wrong_by", [-1, -2, -5])
def test_a_list_that_counts_less_than_it_shows_is_no_list(wrong_by: int) -> None:
    platform = Platform(5, page_size=5)
    platform.counts_wrong_by = wrong_by
    with pytest.raises(PlatformError, match="contradicts itself"):
        platform.ids()


def test_a_list_that_hides_pages_is_no_list() -> None:
    platform = Platform(5, page_size=5)
    page = platform.page
    more = Page([{"_id": "hidden"}], 9, count=1)
    platform.page = lambda path, number: more if number == 2 else dataclasses.replace(page(path, number), total=9)  # type: ignore[method-assign]
    with pytest.raises(PlatformError, match="contradicts itself"):
        platform.ids()


def test_pages_that_repeat_each_other_are_no_list() -> None:
    platform = Platform(6, page_size=2)
    page = platform.page
    platform.page = lambda path, number: page(path, min(number, 1))  # type: ignore[method-assign]
    with pytest.raises(PlatformError, match="contradicts itself"):
        platform.ids()


@pytest.mark.parametrize("shown", [0, 3, 60])
def test_a_list_that_claims_a_million_objects_is_not_read_to_its_end(shown: int) -> None:
    platform = Platform(shown, page_size=50)
    platform.counts_wrong_by = 1_000_000 - shown
    with pytest.raises(PlatformError, match=r"bring nothing new|contradicts itself"):
        platform.ids()
    assert platform.pages_read <= 4 * (1 + 3 * 8)


def test_no_object_is_missed_while_this_process_deletes_others() -> None:
    """Every deletion moves what comes after it to the front, past the pages that are still to be read."""
    ours, theirs = [f"o{number}" for number in range(0, 400, 2)], {f"o{number}" for number in range(1, 400, 2)}
    platform = Platform(400, page_size=10)
    platform.before_page = lambda _: time.sleep(0.001)

    def delete(id_: str) -> None:
        with platform.live.deleting(id_):
            time.sleep(0.001)
            platform.delete(id_)

    with concurrent.futures.ThreadPoolExecutor(THREADS) as threads:
        deletions = [threads.submit(delete, id_) for id_ in ours]
        deletions[20].result()
        seen = platform.ids()
        assert not deletions[-1].done(), "the list was read when all was over: this test shows nothing"
    assert [deletion.result() for deletion in deletions] == [None] * len(ours)
    assert theirs <= seen
    assert platform.ids() == theirs == set(platform.items)
    assert platform.pages_read <= 2 + 40  # the first page, to know how many; then, at rest, those that are left


def test_an_error_while_deletions_wait_lets_them_go_on() -> None:
    platform = Platform(6, page_size=2)

    def fail(number: int) -> None:
        platform.fails = number > 1

    platform.before_page = fail
    with pytest.raises(PlatformError, match="broken"):
        platform.live.list_all()
    platform.own_deletion("o1")
    assert "o1" not in platform.items


# Any sequence of events


class AnyLife(RuleBasedStateMachine):
    """Reads, own and foreign changes, broken lists and passing time, in any order.

    What is served was so within the last minute, and after the last change by this process.
    """

    ids = st.sampled_from([f"o{number}" for number in range(12)])

    @initialize(page_size=st.integers(1, 5))
    def begin(self, page_size: int) -> None:
        self.clock = Clock()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(module, "time", self.clock)
        self.platform = Platform(page_size=page_size)
        self.versions: dict[str, list[tuple[float, int | None]]] = {}
        self.own_changes: dict[str, float] = {}
        self.numbers = itertools.count(1)

    def teardown(self) -> None:
        self.patch.undo()

    def _tick(self) -> None:
        self.clock.now += 0.001

    def _change(self, id_: str, version: int | None) -> None:
        if id_ not in self.platform.items and id_ in self.versions:
            return  # no id is ever used again
        self._tick()
        if version is None:
            del self.platform.items[id_]
        else:
            self.platform.items[id_] = {"_id": id_, "version": version}
        self.versions.setdefault(id_, []).append((self.clock.now, version))
        self._tick()

    def _possible(self, id_: str) -> set[int | None]:
        """The versions of an object that may be served now."""
        oldest = max(self.clock.now - MAX_AGE, self.own_changes.get(id_, 0.0))
        history = [(0.0, None), *self.versions.get(id_, [])]
        ends = [*(at for at, _ in history[1:]), float("inf")]
        return {version for (_, version), end in zip(history, ends, strict=True) if end > oldest}

    @rule(id_=ids)
    def somebody_makes_or_changes(self, id_: str) -> None:
        self._change(id_, next(self.numbers))

    @rule(id_=ids)
    def somebody_deletes(self, id_: str) -> None:
        if id_ in self.platform.items:
            self._change(id_, None)

    @rule(id_=ids)
    def this_process_makes_or_changes(self, id_: str) -> None:
        self._change(id_, next(self.numbers))
        if id_ in self.platform.items:
            self.platform.live.invalidate(id_)
            self.own_changes[id_] = self.versions[id_][-1][0]

    @rule(id_=ids)
    def this_process_deletes(self, id_: str) -> None:
        if id_ in self.platform.items:
            with self.platform.live.deleting(id_):
                self._change(id_, None)
            self.own_changes[id_] = self.versions[id_][-1][0]

    @rule(seconds=st.sampled_from([1.0, 29.0, 59.9, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(fails=st.booleans())
    def the_list_breaks_or_works(self, fails: bool) -> None:
        self.platform.fails = fails

    @rule(id_=ids, whole=st.booleans())
    def read(self, id_: str, whole: bool) -> None:
        self._tick()
        item = self.platform.one(id_, whole=whole)
        if item is None:
            assert id_ not in self.platform.items
        else:
            assert item["version"] in self._possible(id_)

    @rule()
    def read_all(self) -> None:
        self._tick()
        try:
            shown = {item["_id"]: item["version"] for item in self.platform.live.list_all()}
        except PlatformError:
            assert self.platform.fails
            return
        for id_ in self.versions:
            assert shown.get(id_) in self._possible(id_)


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
