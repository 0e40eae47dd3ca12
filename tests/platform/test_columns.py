"""Names of columns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from previsionio_local.sources.columns import distinct_names


def test_names_are_given_and_numbered() -> None:
    assert distinct_names(["a", "", "a", "a_2", "a"]) == ["a", "column_2", "a_3", "a_2", "a_4"]


@given(st.lists(st.sampled_from(["", "a", "a_2", "a_2_2", "column_1", "column_2", "b"]), max_size=30))
def test_names_are_distinct_and_those_of_one_column_stay(names: list[str]) -> None:
    distinct = distinct_names(names)
    assert len(set(distinct)) == len(names)
    assert all(new == old for new, old in zip(distinct, names, strict=True) if old and names.count(old) == 1)


def test_many_names_take_time_in_proportion() -> None:
    class Counted(str):
        looks = 0

        def __hash__(self) -> int:
            Counted.looks += 1
            return super().__hash__()

    def looks(count: int) -> int:
        Counted.looks = 0
        distinct_names([Counted("same")] * count + [Counted(f"same_{number}") for number in range(2, count)])
        return Counted.looks

    assert looks(20_000) < 2.5 * looks(10_000)
