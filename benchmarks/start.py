"""How long it takes until a program and a provider host do their first work."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from typing import Any, Final

from pulumi.dynamic import ResourceProvider
from pulumi_previsionio import _dynamic

from benchmarks.noop_provider import NoopProvider
from tests.contract import PROJECT, TOKEN
from tests.host.provider_host import ProviderHost

CONNECTOR: Final[dict[str, Any]] = dict(
    name="crm", host="db.example.org", port=3306.0, username="reader", password="correct horse battery staple"
)


def program_import(repeats: int) -> float:
    """Seconds that `import pulumi_previsionio` adds to `import pulumi`, as `-X importtime` tells them; the median."""
    return statistics.median(_import_time() for _ in range(repeats))


def _import_time() -> float:
    command = [sys.executable, "-X", "importtime", "-c", "import pulumi, pulumi.dynamic, pulumi_previsionio"]
    report = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=True).stderr
    match = re.search(r"\| +(\d+) \| pulumi_previsionio$", report, re.MULTILINE)
    assert match, report
    return int(match[1]) / 1e6


def first_check(repeats: int, url: str) -> tuple[float, float]:
    """Seconds of a host's first call, a check of a connector: with a provider that does nothing, and with ours.

    Ours asks the platform at `url` whether token and project are good.
    """
    noop = [_first_check(NoopProvider, url) for _ in range(repeats)]
    ours = [_first_check(_dynamic.SQLConnectorProvider, url) for _ in range(repeats)]
    return statistics.median(noop), statistics.median(ours)


def _first_check(provider: type[ResourceProvider], url: str) -> float:
    settings = {"previsionio:url": url, "previsionio:token": TOKEN, "previsionio:projectId": PROJECT}
    with ProviderHost(settings) as host:
        started = time.perf_counter()
        answer = host.check(provider, CONNECTOR)
        seconds = time.perf_counter() - started
    assert not answer.failures, answer
    return seconds
