"""Local platforms in processes of their own, with what a test takes from them: room on the disk, rights."""

from __future__ import annotations

import ctypes
import itertools
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.measured import unmeasured

READY = re.compile(r"previsionio-local is ready at (http://127\.0\.0\.1:\d+)\n(.*\n)*  pulumi config set .*\n")
LINES = 11
"""That the command prints when it is ready."""

NOTHING: Mapping[str, str] = {}

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE = 1


@contextmanager
def command(
    data: Path, *options: str, limit: Callable[[], None] | None = None, environment: Mapping[str, str] = NOTHING
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running command, and what it printed."""
    with start(data, *options, limit=limit, environment=environment) as process:
        try:
            yield process, first_lines(process)
        finally:
            process.kill()


def start(
    data: Path, *options: str, limit: Callable[[], None] | None = None, environment: Mapping[str, str] = NOTHING
) -> subprocess.Popen[str]:
    # Where room or rights are taken away, measuring would be in the way.
    variables = unmeasured() if limit else os.environ
    inherited = {name: value for name, value in variables.items() if not name.startswith("PREVISION")}
    return subprocess.Popen(
        [sys.executable, "-m", "previsionio_local", "--data", str(data), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**inherited, **environment},
        preexec_fn=limit,
    )


def first_lines(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    printed = "".join(itertools.islice(process.stdout, LINES))
    assert READY.fullmatch(printed), printed or (process.stderr and process.stderr.read())
    return printed


def address(printed: str) -> str:
    found = READY.fullmatch(printed)
    assert found
    return found[1]


def refused_start(
    data: Path, *options: str, limit: Callable[[], None] | None = None, environment: Mapping[str, str] = NOTHING
) -> str:
    """What a command that cannot start says: one line, and nothing else."""
    with start(data, *options, limit=limit) as process:
        try:
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, out) == (1, ""), err
    assert err.count("\n") == 1, err
    return err


def largest_file(size: int) -> Callable[[], None]:
    """No file can grow beyond `size`: what a full disk is to whoever writes. Needs no right to mount one."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def rights_count() -> None:
    """Have the rights of files hold for root as well."""
    ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0)
