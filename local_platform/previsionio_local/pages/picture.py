"""Who uses what, as a small picture: connectors, their data sources, and the datasets made from those."""

from __future__ import annotations

from dataclasses import dataclass

from ..overview import Line, ProjectOverview

SHOWN = 12
"""Objects of one kind that are drawn, the newest."""

WIDTH = 760
_BOX = (220, 30)
_GAP = (50, 12)
_LONGEST = 24


@dataclass(frozen=True)
class Box:
    """One object. `label` is its name, cut to fit."""

    x: int
    y: int
    label: str
    ok: bool | None
    width: int = _BOX[0]
    height: int = _BOX[1]


@dataclass(frozen=True)
class Picture:
    """Boxes, and the lines between them as paths of SVG."""

    boxes: list[Box]
    lines: list[str]
    height: int
    width: int = WIDTH


def draw(project: ProjectOverview) -> Picture | None:
    """Return the picture of a project; None if there is nothing to draw."""
    columns = [lines.items[-SHOWN:] for lines in (project.connectors, project.data_sources, project.datasets)]
    if not any(columns):
        return None
    boxes: dict[str, Box] = {}
    lines = []
    for number, column in enumerate(columns):
        for row, line in enumerate(column):
            box = boxes[line.id] = _box(number, row, line)
            if line.uses in boxes:
                lines.append(_line(boxes[line.uses], box))
    rows = max(len(column) for column in columns)
    return Picture(list(boxes.values()), lines, rows * (_BOX[1] + _GAP[1]) + _GAP[1])


def _box(column: int, row: int, line: Line) -> Box:
    label = line.name if len(line.name) <= _LONGEST else f"{line.name[: _LONGEST - 1]}…"
    return Box(column * (_BOX[0] + _GAP[0]), row * (_BOX[1] + _GAP[1]) + _GAP[1], label, line.ok)


def _line(left: Box, right: Box) -> str:
    x1, y1 = left.x + left.width, left.y + left.height // 2
    x2, y2 = right.x, right.y + right.height // 2
    middle = (x1 + x2) // 2
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
