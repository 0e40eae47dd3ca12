"""How many calls may be in flight, on platforms that exist in a fake clock's time only."""

import concurrent.futures
import heapq
import itertools
import statistics
from collections.abc import Callable

import pytest
from pulumi_previsionio._platform.calls_in_flight import START, Call, CallsInFlight, Verdict

MOST = 64

Answer = tuple[float, Verdict]
"""Seconds that a call takes, and what becomes of it."""


class Simulation:
    """So many calls, all of them waiting for a place, on a platform that answers by the number that is in flight."""

    def __init__(self, calls: int, answer: Callable[[int, float], Answer], most: int = MOST) -> None:
        self.now = 0.0
        self.places = CallsInFlight(most, lambda: self.now)
        self.answer = answer
        self.in_flight: list[int] = []
        """After each beginning."""
        self.refused = 0
        running: list[tuple[float, int, Call, Verdict]] = []
        numbers = itertools.count()
        while calls or running:
            while calls and (call := self.places.begin(0.0)):
                calls -= 1
                self.in_flight.append(len(running) + 1)
                seconds, verdict = answer(len(running) + 1, self.now)
                heapq.heappush(running, (self.now + seconds, next(numbers), call, verdict))
            self.now, _, call, verdict = heapq.heappop(running)
            self.places.end(call, verdict)
            if verdict == "overloaded":
                self.refused += 1
                calls += 1

    def usual(self) -> float:
        """Calls in flight in the second half, the median."""
        return statistics.median(self.in_flight[len(self.in_flight) // 2 :])


def steady(_load: int, _now: float) -> Answer:
    return 0.2, "answered"


def test_a_platform_that_does_not_get_slower_is_given_all_calls_after_one_round() -> None:
    simulation = Simulation(200, steady)

    assert simulation.places.limit == max(simulation.in_flight) == MOST
    assert simulation.now == pytest.approx(4 * 0.2)  # 32, then 64 at a time


@pytest.mark.parametrize("most", [1, 3, 16, START])
def test_no_more_calls_than_may_be(most: int) -> None:
    simulation = Simulation(8 * most, steady, most)

    assert max(simulation.in_flight) == simulation.places.limit == most
    assert simulation.now == pytest.approx(8 * 0.2)


@pytest.mark.parametrize("room", [1, 4, 10, 40])
def test_a_platform_that_refuses_calls_is_soon_asked_as_much_as_it_takes(room: int) -> None:
    simulation = Simulation(1000, lambda load, _: (0.05, "answered") if load <= room else (0.01, "overloaded"))

    assert simulation.usual() <= room + 1
    assert simulation.usual() > room / 3
    assert simulation.refused < 200


@pytest.mark.parametrize("room", [6, 16, 24])
def test_a_platform_that_gets_slower_with_each_call_is_not_overwhelmed(room: int) -> None:
    """Beyond its room calls only wait in its queue: all that more of them bring is that each takes longer."""
    simulation = Simulation(2000, lambda load, _: (0.2 * max(load / room, 1.0), "answered"))

    assert simulation.usual() <= room * 2.5
    assert simulation.usual() >= room / 2
    assert simulation.now < 1.4 * 2000 * 0.2 / room  # of what it can do


def test_a_platform_that_is_slower_by_itself_is_given_as_many_calls_as_before() -> None:
    simulation = Simulation(1500, lambda _, now: (0.2 if now < 1.0 else 1.0, "answered"))

    assert simulation.places.limit == MOST
    assert simulation.usual() == MOST
    assert simulation.now < 1.2 * (1.0 + (1500 - 5 * MOST) * 1.0 / MOST)


def test_calls_of_another_kind_that_take_longer_are_no_load() -> None:
    """First 60 quick ones, then 600 that take six times as long, then 600 quick ones again."""
    numbers = itertools.count()

    def answer(_load: int, _now: float) -> Answer:
        return 0.05 if not 60 <= next(numbers) < 660 else 0.3, "answered"

    assert Simulation(1260, answer).usual() == MOST


def test_one_slow_answer_says_nothing() -> None:
    numbers = itertools.count()
    simulation = Simulation(600, lambda _load, _now: (5.0 if next(numbers) % 20 == 7 else 0.05, "answered"))

    assert simulation.places.limit == MOST


def test_answers_of_a_machine_that_is_busy_itself_are_not_slow() -> None:
    """What takes a millisecond alone takes sixty where one's own threads wait for each other."""
    simulation = Simulation(600, lambda load, _: (0.001 * load, "answered"))

    assert simulation.places.limit > START / 2


def calls_of(places: CallsInFlight, count: int) -> list[Call]:
    calls = [places.begin(0.0) for _ in range(count)]
    return [call for call in calls if call]


def test_a_burst_that_is_refused_halves_once() -> None:
    places = CallsInFlight(MOST)
    for call in calls_of(places, 20):
        places.end(call, "overloaded")

    assert places.limit == 10  # of those that were in flight


def test_after_a_refusal_it_grows_by_one_from_round_to_round() -> None:
    places = CallsInFlight(MOST)
    for call in calls_of(places, 20):
        places.end(call, "overloaded")
    limits = []
    for _ in range(5):
        for call in calls_of(places, places.limit):
            places.end(call, "answered")
        limits.append(places.limit)

    assert limits == [11, 12, 13, 14, 15]


def test_calls_that_fail_say_nothing() -> None:
    places = CallsInFlight(MOST)
    for call in calls_of(places, START):
        places.end(call, "failed")

    assert places.limit == START
    assert len(calls_of(places, MOST)) == START


def test_places_that_nobody_takes_do_not_become_more() -> None:
    places = CallsInFlight(MOST)
    for _ in range(100):
        for call in calls_of(places, 3):
            places.end(call, "answered")

    assert places.limit == START


@pytest.mark.parametrize("load", [1, 4])
def test_few_calls_are_no_load(load: int) -> None:
    now = 0.0
    places = CallsInFlight(MOST, lambda: now)
    for round_ in range(20):
        calls = calls_of(places, load)
        now += 0.05 if round_ < 10 else 5.0
        for call in calls:
            places.end(call, "answered")

    assert places.limit == START


def test_whoever_waits_gets_the_place_that_is_given_back() -> None:
    places = CallsInFlight(1)
    call = places.begin(None)
    assert call
    assert places.begin(0.0) is None
    with concurrent.futures.ThreadPoolExecutor() as threads:
        waiting = threads.submit(places.begin, 20.0)
        places.end(call, "answered")
        assert waiting.result() is not None


def test_a_place_more_is_given_to_one_who_waits() -> None:
    """Two wait when the number grows by one: the end of a single call lets both in."""
    places = CallsInFlight(2)
    places.limit = 1
    first = places.begin(0.0)
    assert first
    with concurrent.futures.ThreadPoolExecutor() as threads:
        waiting = [threads.submit(places.begin, 20.0) for _ in range(2)]
        places.limit = 2
        places.end(first, "answered")
        assert all(one.result() for one in waiting)
