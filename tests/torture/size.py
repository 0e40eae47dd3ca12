"""How much is done: by `make torture` all that fits into minutes, by `make test` a cut of each kind.

`TORTURE` in the environment asks for the former, `SEED` for a certain choice where there is one.
"""

import os
import random

FULL = bool(os.environ.get("TORTURE"))
SEED = int(os.environ.get("SEED") or (random.SystemRandom().randrange(10**6) if FULL else 1))


def sized(cut: int, full: int) -> int:
    """One of the two numbers."""
    return full if FULL else cut


def chance(*names: object) -> random.Random:
    """Where choices come from, another for each of the names; the same in each run with the same seed."""
    return random.Random(f"{SEED} {names}")  # text, since a tuple's hash differs from run to run
