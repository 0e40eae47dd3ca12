"""Sphinx's settings for the reference, which `make docs` builds."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from pulumi_previsionio import __version__

project = "pulumi-previsionio"
author = "The authors of pulumi-previsionio"
release = version = __version__
extensions = ["myst_parser", "sphinx_click", "tools.docs.extension"]
exclude_patterns = ["_index.md", "**/_*.md"]  # Pulumi's registry has the one, pages include the others
nitpicky = True
smartquotes = False  # two hyphens begin an option
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"pulumi-previsionio {release}"
linkcheck_ignore = [r"https?://(127\.0\.0\.1|.*\.example\.com|your-company\.)"]
