"""Copies take turns."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from previsionio_local.datasets.turns import Turns


@dataclass(frozen=True)
class Copy:
    dataset_id: str
    source: str


def queue(places: int, names: str) -> Turns[Copy]:
    """A copy for each letter, the letter being its source."""
    turns = Turns[Copy](places)
    for number, source in enumerate(names):
        turns.put(Copy(f"{source}{number}", source))
    return turns


def taken(turns: Turns[Copy], count: int) -> list[str]:
    return [copy.dataset_id for _ in range(count) if (copy := turns.take())]


def test_sources_take_turns_in_the_order_of_coming() -> None:
    assert taken(queue(8, "aaaabbc"), 7) == ["a0", "b4", "c6", "a1", "b5", "a2", "a3"]


def test_a_source_never_has_more_than_half_of_the_places() -> None:
    turns = queue(4, "aaa")
    first, _ = turns.take(), turns.take()
    late: list[str] = []
    waiting = threading.Thread(target=lambda: late.extend(taken(turns, 2)))
    waiting.start()
    turns.put(Copy("b", "b"))
    while not late and waiting.is_alive() and turns.drop(["nobody"]) == [] and not late:
        if first:
            turns.done(first)
            first = None
    waiting.join()
    assert sorted(late) == ["a2", "b"]


def test_one_place_is_for_everybody() -> None:
    turns = queue(1, "aab")
    for expected in ("a0", "a1", "b2"):
        copy = turns.take()
        assert copy
        assert copy.dataset_id == expected
        turns.done(copy)


def test_what_nobody_wants_is_dropped() -> None:
    turns = queue(4, "abc")
    assert [copy.dataset_id for copy in turns.drop({"b1", "z"})] == ["b1"]
    assert taken(turns, 2) == ["a0", "c2"]


def test_the_end_wakes_who_waits() -> None:
    turns = queue(1, "")
    seen: list[object] = [""]
    waiting = threading.Thread(target=lambda: seen.append(turns.take()))
    waiting.start()
    turns.close()
    waiting.join()
    assert seen == ["", None]
