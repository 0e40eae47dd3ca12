"""Names of columns, whatever the source."""

from __future__ import annotations

from collections.abc import Iterable


def distinct_names(names: Iterable[str]) -> list[str]:
    """Name the columns that have no name, and number those that share one: `total`, `total_2`, `total_3`.

    A name that is there only once is never changed. Takes time in proportion to the number of names.
    """
    wanted = [name or f"column_{position}" for position, name in enumerate(names, 1)]
    taken, used, numbers = set(wanted), set[str](), dict[str, int]()
    distinct = []
    for name in wanted:
        unique = name
        if name in used:
            number = numbers.get(name, 2)
            while (unique := f"{name}_{number}") in taken:
                number += 1
            numbers[name] = number + 1
            taken.add(unique)
        used.add(unique)
        distinct.append(unique)
    return distinct
