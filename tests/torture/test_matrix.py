"""Calls by faults by operations, once and for good: nothing is lost, doubled, taken or shown, and all converges."""

from collections.abc import Callable

import pytest

from tests.torture import examples, matrix
from tests.torture.cells import Cell
from tests.torture.examples import EXAMPLES
from tests.torture.faults import faults
from tests.torture.size import FULL, chance, sized

CUT = (
    "refuse",
    "reset before",
    "reset after",
    "cut in body",
    "drip",
    "401 before",
    "403 before",
    "429 a second",
    "429 a day",
    "500 before",
    "503 page before",
    "502 after",
    "504 page after",
    "302 to sign-in",
    "web page after",
    "echo",
    "invalid JSON",
    "wrong type: null",
    "missing id",
    "missing items",
    "missing metaData",
    "totalItems many",
    "page changes while read",
    "cut in head",
    "408 after",
    "foreign id",
    "strange items",
    "totalItems 0",
    "totalItems -1",
    "totalItems 1000000",
    "rowsPerPage 1000000",
    "page repeats",
)
"""The faults in the cut."""


def _is_in_cut(cell: Cell) -> bool:
    return cell.fault in CUT


def test_every_resource_is_in_the_matrix() -> None:
    assert set(EXAMPLES) == examples.exported()


@pytest.mark.parametrize("resource", EXAMPLES)
def test_matrix(resource: str, count: Callable[[str, int], None]) -> None:
    _play(resource, sized(8, 300), count, by_plugin=False)


@pytest.mark.parametrize("resource", EXAMPLES if FULL else ["SQLConnector"])
def test_matrix_of_the_plugin(resource: str, count: Callable[[str, int], None]) -> None:
    _play(resource, sized(6, 60), count, by_plugin=True)


def _play(resource: str, number: int, count: Callable[[str, int], None], *, by_plugin: bool) -> None:
    courses = matrix.courses([resource], by_plugin=by_plugin)
    cells = [(course, cell) for course in courses for cell in course.cells() if FULL or _is_in_cut(cell)]
    some = chance("matrix", resource, by_plugin).sample(cells, min(len(cells), number))

    violations = matrix.play(some, by_plugin=by_plugin)

    count("cells of the plugin" if by_plugin else "cells", len(some))
    assert not violations, f"{len(violations)} of {len(some)} cells:\n" + "\n".join(violations)


def test_the_cut_names_faults() -> None:
    assert set(CUT) <= set(faults())
