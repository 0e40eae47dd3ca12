"""A seal on what `make languages` has compiled, so that `make test` notices what was changed and not compiled since.

    python -m tests.engine.examples.compiled

writes it; `make languages` does that once all is compiled.
"""

import hashlib
from pathlib import Path

from pulumi_previsionio._native.servicer import SCHEMA

ROOT = Path(__file__).parents[3]
SEAL = Path(__file__).with_name("compiled.sha256")
INPUTS = (
    "examples/go/*.go",
    "examples/go/*.mod",
    "examples/typescript/*.ts",
    "examples/typescript/*.json",
    "tools/engine/hosts/*",
    "tools/sdks/*",
    "tools/sdks/host/*",
)


def digest() -> str:
    """Of the plugin's schema, the programs in other languages, and the generator with all that it is pinned to."""
    files = [SCHEMA, *(file for pattern in INPUTS for file in sorted(ROOT.glob(pattern)) if file.is_file())]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


if __name__ == "__main__":
    SEAL.write_text(f"{digest()}\n")
