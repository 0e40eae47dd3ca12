"""The plugin starts lightly, and starts all the same where it cannot."""

import json
import subprocess
import sys

import pytest

HEAD = """
import json, sys
from pulumi_previsionio._native import slim_start
"""
TAIL = """
slim_start.leave_the_sdk_out()
from pulumi_previsionio._native.servicer import Servicer
from pulumi.runtime.proto import provider_pb2
assert provider_pb2.CheckRequest(urn="u").urn == "u" and Servicer()
print(json.dumps(sorted(sys.modules)))
"""


def loaded(script: str = "") -> set[str]:
    """The modules of a plugin that has started."""
    done = subprocess.run([sys.executable, "-c", HEAD + script + TAIL], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def test_neither_the_sdk_nor_what_programs_write_is_loaded() -> None:
    modules = loaded()

    assert {name for name in modules if name.startswith("pulumi.") and ".proto" not in name} == {"pulumi.runtime"}
    assert {name.split(".")[1] for name in modules if name.startswith("pulumi_previsionio.")} == {
        "_core",
        "_errors",
        "_native",
        "_platform",
        "_version",
    }
    assert modules.isdisjoint({"requests", "pydantic_core", "dill"})


HALF_WAY = """
whole = slim_start._put_empty_packages
def half():
    whole()
    raise RuntimeError
slim_start._put_empty_packages = half
"""


@pytest.mark.parametrize("broken", [HALF_WAY, "slim_start.importlib.util.find_spec = lambda name: None\n"])
def test_where_that_fails_the_plain_import_does_the_same(broken: str) -> None:
    assert "pulumi.resource" in loaded(broken)
