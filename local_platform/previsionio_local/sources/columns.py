"""Names of columns, whatever the source."""

from __future__ import annotations

from collections.abc import Iterable


def distinct_names(names: Iterable[str]) -> list[str]:
    """Name the columns that have no name, and number those that share one: `total`, `total_2`, `total_3`.

    A name that is there only once is never changed. Takes time in proportion to the number of names.
    """
    given = list(names)
    taken, numbers = {*given}, dict[str, int]()
    unused = taken.copy()
    distinct = []
    for position, name in enumerate(given, 1):
        wanted = unique = name or f"column_{position}"
        if name and name in unused:
            unused.remove(name)
        else:
            number = numbers.get(wanted, 2)
            while unique in taken:
                unique = f"{wanted}_{number}"
                number += 1
            numbers[wanted] = number
            taken.add(unique)
        distinct.append(unique)
    return distinct
