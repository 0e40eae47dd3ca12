"""Draws a recorded terminal session as a picture: `python -m tools.docs.picture docs/pictures/caught-mistake.txt`.

The text is what a test compares with the real output; the picture is made from it and from nothing else.
"""

from __future__ import annotations

import html
import re
import sys
from pathlib import Path
from typing import Final

_WIDTH: Final = 112
_STYLES: Final = ((r"^\$ .*", "bold"), (r"\berror:.*", "red"), (r"\bDid you mean '[^']*'\?", "bold yellow"))


def draw(text: str, title: str) -> str:
    """The session as SVG."""
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=_WIDTH, file=Path("/dev/null").open("w"), force_terminal=True)  # noqa: SIM115
    for line in text.splitlines():
        shown = Text(line)
        for pattern, style in _STYLES:
            shown.highlight_regex(pattern, style)
        console.print(shown, soft_wrap=False)
    return console.export_svg(title=title, unique_id="session")


def words(svg: str) -> list[str]:
    """The words that a picture shows, in order."""
    texts = re.findall(r"<text[^>]*>(.*?)</text>", svg, re.DOTALL)
    return html.unescape(" ".join(texts)).replace("\N{NO-BREAK SPACE}", " ").split()


def main(source: Path) -> None:
    source.with_suffix(".svg").write_text(draw(source.read_text(), source.stem.replace("-", " ")))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
