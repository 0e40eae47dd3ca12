"""Coverage of children: one is measured when it gets these variables, which takes modules of its own."""

import os


def measured() -> dict[str, str]:
    """What a child with an environment of its own needs to be measured."""
    return {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}


def unmeasured() -> dict[str, str]:
    """The environment for a child that tells which modules it has loaded."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
