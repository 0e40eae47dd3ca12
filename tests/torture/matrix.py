"""The matrix: cells of all resources, played side by side on a few provider hosts."""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import itertools
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.host.native_plugin import NativePlugin
from tests.host.provider_host import PROVIDER, ProviderHost
from tests.torture import cells
from tests.torture.cells import OPERATIONS, Cell, Course, Host, Platform, Violation, Wedged
from tests.torture.examples import EXAMPLES, PROJECT, SECRET
from tests.torture.http_proxy import HttpProxy
from tests.unit.fake_platform import FakePlatform

FAST_CLOCK = Path(__file__).with_name("fast_clock")
SIDE_BY_SIDE = 8
"""Cells at a time: they wait more than they compute."""
CELLS_OF_A_HOST = 250
"""Each leaves a few open connections behind in the host."""


def courses(resources: Iterable[str] = tuple(EXAMPLES), *, by_plugin: bool = False) -> list[Course]:
    """Every operation on every resource, without a fault."""
    with _hosts(1, by_plugin) as (host,), _platform() as platform:
        return [
            cells.course(host, platform, resource, operation, updates=updates)
            for resource in resources
            for operation in OPERATIONS
            for updates in ((True, False) if operation == "change" else (True,))
            if operation != "delete in use" or EXAMPLES[resource].user
            if operation != "move" or EXAMPLES[resource].moved
        ]


def play(some: Sequence[tuple[Course, Cell]], *, by_plugin: bool = False) -> list[str]:
    """Play these cells; returns what does not hold, one line for each cell with a violation."""
    violations: list[str] = []
    todo = collections.deque(some)
    with contextlib.ExitStack() as stack:
        platforms = [stack.enter_context(_platform()) for _ in range(SIDE_BY_SIDE)]
        while todo:
            violations += _play_on_hosts(todo, platforms, by_plugin)
    return violations


def _play_on_hosts(
    todo: collections.deque[tuple[Course, Cell]], platforms: Sequence[Platform], by_plugin: bool
) -> list[str]:
    """Play as many cells as a host stands; what a host that is of no use any more says of others is not counted."""
    violations: list[str] = []
    left = itertools.repeat(None, CELLS_OF_A_HOST)
    is_wedged = threading.Event()

    def play_some(host: Host, platform: Platform) -> None:
        while not is_wedged.is_set() and next(left, 0) is None:
            with contextlib.suppress(IndexError):
                course, cell = todo.popleft()
                try:
                    cells.check(cell, course, host, platform)
                except Wedged as violation:
                    is_wedged.set()
                    violations.append(f"{cell}: {violation}")
                except Violation as violation:
                    if is_wedged.is_set():
                        todo.append((course, cell))
                    else:
                        violations.append(f"{cell}: {violation}")
                finally:
                    platform.proxy.mend()

    with concurrent.futures.ThreadPoolExecutor(len(platforms)) as pool, _hosts(len(platforms), by_plugin) as hosts:
        for done in [pool.submit(play_some, *pair) for pair in zip(hosts, platforms, strict=True)]:
            done.result()
    lines = [line for host in set(hosts) for line in host.output.splitlines() if _is_bad(line)]
    return [*violations, *(f"a host writes: {line}" for line in lines)]


def _is_bad(line: str) -> bool:
    return "Traceback" in line or SECRET in line or cells.TOKEN in line


@contextlib.contextmanager
def _hosts(number: int, by_plugin: bool) -> Iterator[Sequence[Host]]:
    """Of the dynamic providers one host for all, of the plugin one for each: it has one configuration at a time."""
    with contextlib.ExitStack() as stack:
        if by_plugin:
            environment = {"PYTHONPATH": str(FAST_CLOCK)}
            yield [stack.enter_context(NativePlugin(None, environment=environment)) for _ in range(number)]
        else:
            environment = {"PYTHONPATH": f"{FAST_CLOCK}:{PROVIDER}"}
            yield [stack.enter_context(ProviderHost({}, environment=environment))] * number


@contextlib.contextmanager
def _platform() -> Iterator[Platform]:
    with FakePlatform() as fake, HttpProxy(fake.url) as proxy:
        assert PROJECT in fake.objects["projects"]
        yield Platform(fake, proxy)
