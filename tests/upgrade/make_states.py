"""Writes the states in `states/`: what version 0.1.0 leaves behind. Run once, with its code, and never again.

In a checkout of version 0.1.0, with these files beside it:

    PYTHONPATH=$PWD/provider:$PWD/local_platform:$PWD python -m tests.upgrade.make_states ENGINE_FOLDER STATES_FOLDER

On CPython 3.10, 3.11, 3.12 and 3.13 it wrote the same, but for ids, times, ciphertexts and their order: 3.11's is kept,
and of each the digest that it prints (`written.json`).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.engine.pulumi_cli import Stack
from tests.unit.fake_platform import PROJECT, TOKEN, FakePlatform
from tests.upgrade.essence import digest
from tests.upgrade.stories import PLACEHOLDER, ROTATED, SECRET, VARIABLE, program


def make(engine: Path, folder: Path, *, update: bool) -> None:
    """One stack that was made and then changed, on a platform with updates or without."""
    with FakePlatform() as fake, tempfile.TemporaryDirectory() as home:
        fake.update = update
        found = fake.store("connectors", type="SQL", name="found", host="h", port=1, username="u", project_id=PROJECT)
        stack = Stack(Path(home) / "stack", engine)
        stack.environment |= {
            "PREVISION_URL": fake.url,
            "PREVISION_MASTER_TOKEN": TOKEN,
            "PREVISION_PROJECT_ID": PROJECT,
            "UPGRADE_TOKEN": TOKEN,
            VARIABLE: SECRET,
            "PYTHONPATH": os.environ["PYTHONPATH"],
        }
        (stack.folder / "secret.txt").write_text(SECRET)
        stack.config("password", SECRET, secret=True)
        stack.up(program(found))
        stack.config("step", "changed")
        changed = stack.up().ops
        assert stack.preview().changes == {}, "0.1.0 itself is content with it"

        deployment = json.dumps(_anywhere(stack.export()))
        assert SECRET not in deployment
        assert ROTATED not in deployment
        kept = {
            "found": found,
            "update": update,
            "changed": changed,
            "objects": fake.objects,
            "deployment": json.loads(deployment.replace(fake.url, PLACEHOLDER)),
        }
        name = "in_place" if update else "replaced"
        (folder / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n")
        print(name, digest(kept), changed)


def _anywhere(state: dict[str, Any]) -> dict[str, Any]:
    """The state without the paths of the machine that made it, which the engine keeps for its messages only."""
    for resource in state["deployment"]["resources"]:
        resource.pop("sourcePosition", None)
        resource.pop("stackTrace", None)
    return state


if __name__ == "__main__":
    for with_updates in (True, False):
        make(Path(sys.argv[1]), Path(sys.argv[2]), update=with_updates)
