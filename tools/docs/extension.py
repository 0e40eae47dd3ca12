"""Sphinx extension: a directive for each table that is made from the code, such as `{inputs} SQLConnector`."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from tools.docs.tables import TABLES


class Generated(SphinxDirective):
    """The table of the directive's name, about its argument."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        table = TABLES[self.name]
        return self.parse_text_to_nodes(table(self.arguments[0] if self.arguments else ""))


def setup(app: Sphinx) -> dict[str, Any]:
    for name in TABLES:
        app.add_directive(name, Generated)
    return {"parallel_read_safe": True}
