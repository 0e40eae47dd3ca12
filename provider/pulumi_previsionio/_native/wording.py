"""Messages say `projectId` and `getConnector` here: so programs write it, and so the engine shows properties.

The core's words are those of the Python classes. What stands in quotes is somebody's own name, and stays.
"""

from __future__ import annotations

import re
from typing import Final

from .._core.kind import Kind
from .._core.kinds import KINDS
from .._core.lookups import ANSWERS
from .._core.names import camel

_INPUTS: Final = {field.name for kind in KINDS for field in kind.fields}
_WORDS: Final = sorted(word for word in {*_INPUTS, *ANSWERS, "from_env", "from_file"} if "_" in word)
_WORD: Final = re.compile(rf"""(?<!\w)'[^']*'|"[^"]*"|(?<![\w/.\\-])(?P<word>{"|".join(_WORDS)})\b(?P<set>=True)?""")


def in_camel_case(text: str, kind: Kind | None = None) -> str:
    """The text as it is told through the plugin; `kind` is what it is about.

    Only for what holds no secret any more: a secret that is spelt otherwise would not be found.
    """
    for field in kind.fields if kind else ():
        if field.alias_in_programs and text.startswith(f"{field.argument}: "):
            text = f"{field.name}{text.removeprefix(field.argument)}"
    return _WORD.sub(_renamed, text)


def _renamed(found: re.Match[str]) -> str:
    return camel(found["word"]) + ("=true" if found["set"] else "") if found["word"] else found[0]
