"""A recorded terminal session, and the moving picture that is drawn of it.

The recording is an asciicast (https://docs.asciinema.org/manual/asciicast/v2/): a header, then an event a line, each
with the second of its text; a marker begins a scene. `make pictures` records it anew, and a test compares it with what
the commands print today. The picture is made from the recording and from nothing else: each line appears when it was
printed, longer waits cut short. Where nothing moves it shows the scene that is called `STILL`.
"""

from __future__ import annotations

import html
import itertools
import json
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

SESSION: Final = Path(__file__).parents[2] / "docs" / "pictures" / "caught-mistake.cast"
STILL: Final = "caught"

_COLUMNS: Final = 104
_CELL: Final = (8.4, 19.0)
_MARGIN: Final = 16.0
_LONGEST_WAIT: Final = 0.7
_READING: Final = 5.0
"""Seconds that a scene stays when it is over."""
_SGR: Final = re.compile(r"\x1b\[([\d;]*)m")
_OTHER_ESCAPES: Final = re.compile(r"\x1b\[[\d;?]*[A-LN-Za-ln-z]")
_COLORS: Final = ["777", "cc555a", "98a84b", "d0b344", "608ab1", "b294bb", "8abeb7", "c5c8c6"]


class Event(NamedTuple):
    """Text that was printed (`o`), or the name of a scene that begins (`m`), and the second of it."""

    at: float
    code: Literal["o", "m"]
    text: str


def record(scenes: Mapping[str, Sequence[str]], folder: Path, environment: Mapping[str, str]) -> list[Event]:
    """Types the commands of each scene into a shell in that folder. Commands may fail."""
    started = time.monotonic()

    def event(code: Literal["o", "m"], text: str) -> Event:
        return Event(round(time.monotonic() - started, 3), code, text)

    events = []
    for scene, commands in scenes.items():
        events.append(event("m", scene))
        for command in commands:
            events.append(event("o", f"$ {command}\n"))
            colored = re.sub(r"^pulumi \w+", r"\g<0> --color=always", command)
            with subprocess.Popen(  # noqa: S603
                ["bash", "-c", colored],  # noqa: S607
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ) as process:
                events += [event("o", line) for line in process.stdout or ()]
    return events


def printed(events: Sequence[Event], command: str) -> str:
    """What the last command of that text has printed, without colors."""
    texts = [event.text if event.code == "o" else "$ " for event in events] + ["$ "]
    start = max(number for number, text in enumerate(texts) if text == f"$ {command}\n")
    return plain("".join(itertools.takewhile(lambda text: not text.startswith("$ "), texts[start + 1 :])))


def plain(text: str) -> str:
    """The text without colors and other orders to the terminal."""
    return _SGR.sub("", _OTHER_ESCAPES.sub("", text))


def save(events: Sequence[Event], file: Path = SESSION) -> None:
    """Writes the recording, and the picture beside it."""
    header = {"version": 2, "width": _COLUMNS, "height": 24, "idle_time_limit": _LONGEST_WAIT}
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in (header, *events)))
    file.with_suffix(".svg").write_text(draw(events))


def load(file: Path = SESSION) -> list[Event]:
    """The recording."""
    return [Event(*json.loads(line)) for line in file.read_text().splitlines()[1:]]


# The picture


class _Line(NamedTuple):
    """A line of the picture: when it appears and when its scene is over, its place, and its text with styles."""

    appears: float
    ends: float
    scene: str
    row: int
    parts: Sequence[tuple[str, str]]


def draw(events: Sequence[Event]) -> str:
    """The session as a moving SVG."""
    lines = list(_lines(events))
    length = max(line.ends for line in lines)
    width = _COLUMNS * _CELL[0] + 2 * _MARGIN
    height = (max(line.row for line in lines) + 1) * _CELL[1] + 2 * _MARGIN
    rules = [_keyframes(number, line, length) for number, line in enumerate(lines)]
    texts = [_text(number, line) for number, line in enumerate(lines)]
    colors = [f".c{number} {{ fill: #{color} }}" for number, color in enumerate(_COLORS)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}">',
            "<style>",
            "text { font: 14px 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #c5c8c6; white-space: pre }",
            ".b { font-weight: bold }",
            *colors,
            f"text {{ opacity: 0; animation-duration: {length:.2f}s; animation-iteration-count: infinite;",
            "  animation-timing-function: step-end }",
            f".{STILL} {{ opacity: 1 }}",
            "@media (prefers-reduced-motion: reduce) { text { animation: none !important } }",
            *rules,
            "</style>",
            f'<rect width="{width:.0f}" height="{height:.0f}" rx="8" fill="#292929"/>',
            *texts,
            "</svg>",
            "",
        ]
    )


def _keyframes(number: int, line: _Line, length: float) -> str:
    start, end = (100 * moment / length for moment in (line.appears, line.ends))
    after = "100%" if end > 99.99 else f"{end:.2f}%, 100%"
    visible = "0%" if start < 0.01 else f"0% {{ opacity: 0 }} {start:.2f}%"
    return (
        f"@keyframes k{number} {{ {visible} {{ opacity: 1 }} {after} {{ opacity: 0 }} }}"
        f" #l{number} {{ animation-name: k{number} }}"
    )


def _text(number: int, line: _Line) -> str:
    y = _MARGIN + (line.row + 0.75) * _CELL[1]
    length = sum(len(text) for text, _ in line.parts) * _CELL[0]
    spans = "".join(
        f'<tspan class="{style}">{html.escape(text)}</tspan>' if style else html.escape(text)
        for text, style in line.parts
    )
    return (
        f'<text id="l{number}" class="{line.scene}" x="{_MARGIN:.0f}" y="{y:.1f}" textLength="{length:.1f}"'
        f' xml:space="preserve">{spans}</text>'
    )


def _lines(events: Sequence[Event]) -> Iterator[_Line]:
    start = 0.0
    for scene, group in _scenes(events):
        moments = list(itertools.accumulate(_waits(group), initial=start))
        end = moments[-1] + _READING
        row = 0
        for moment, event in zip(moments, group, strict=True):
            if plain(event.text).startswith("@ "):  # dots while the engine works
                continue
            for parts in _wrapped(event.text.rstrip()):
                if parts:
                    yield _Line(moment, end, scene, row, parts)
                row += 1
        start = end


def _scenes(events: Sequence[Event]) -> Iterator[tuple[str, list[Event]]]:
    marks = [number for number, event in enumerate(events) if event.code == "m"]
    for mark, following in itertools.pairwise([*marks, len(events)]):
        yield events[mark].text, list(events[mark + 1 : following])


def _waits(events: Sequence[Event]) -> list[float]:
    return [min(after.at - before.at, _LONGEST_WAIT) for before, after in itertools.pairwise(events)]


def _wrapped(text: str) -> Iterator[list[tuple[str, str]]]:
    """The text in lines of the terminal's width, each as pieces with their style."""
    parts: list[tuple[str, str]] = []
    left = _COLUMNS
    for piece, style in _styled(text):
        while piece:
            parts.append((piece[:left], style))
            piece, left = piece[left:], left - len(parts[-1][0])
            if piece:
                yield parts
                parts, left = [], _COLUMNS
    yield parts


def _styled(text: str) -> Iterator[tuple[str, str]]:
    """Pieces of a text, each with the classes of its style."""
    if text.startswith("$ "):
        yield text, "b"
        return
    bold, color = False, ""
    first, *others = _SGR.split(_OTHER_ESCAPES.sub("", text))
    yield first, ""
    for codes, piece in zip(others[::2], others[1::2], strict=True):
        for code in re.findall(r"38;5;\d+|\d+", codes) or ["0"]:
            number = int(code.rpartition(";")[2])
            if code.startswith("38;5;"):
                color = f"c{number % 8}" if number < 16 else ""
            elif number in (0, 1):
                bold, color = number == 1, color if number else ""
            elif 30 <= number <= 37:
                color = f"c{number - 30}"
        yield piece, " ".join(filter(None, ["b" if bold else "", color]))
