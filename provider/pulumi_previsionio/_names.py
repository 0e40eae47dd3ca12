"""The name of an object that its program does not name: its resource's name when it is made, and kept from then on.

When an object is replaced, the engine has the same inputs checked a second time, as if it had never been there. What
the first check saw is remembered, so that the new object of a renamed resource (`aliases`) has the name of the old one:
otherwise its name would change as well, without a word in the preview.
"""

from __future__ import annotations

from ._kinds import Kind
from ._values import Values

DEFAULT_NAME = "default_name"
"""What a constructor passes beside the inputs: the name of the resource."""

_kept: list[tuple[Kind, Values, str]] = []
"""Kind, inputs and name of what is called otherwise than its resource; a provider host lives for one phase."""


def name_of(kind: Kind, olds: Values, news: Values) -> str | None:
    """The name that an object gets which the inputs do not name; None when nobody knows one.

    `olds` are the inputs of the existing object, empty when it is to be made; `news` those of the program.
    """
    own: str | None = news.get(DEFAULT_NAME)
    if not olds:
        return next((name for of, inputs, name in _kept if of is kind and inputs == news), own)
    name: str | None = olds.get("name", own)
    if name is not None and name != own:
        _kept.append((kind, dict(news), name))
    return name
