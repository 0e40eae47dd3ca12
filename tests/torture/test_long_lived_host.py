"""A host that works for a long time opens no more files, and keeps of each object only what its program says of it."""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi_previsionio._core.names import camel

from tests.host import native_plugin
from tests.host.native_plugin import NativePlugin
from tests.host.provider_host import ProviderHost, plain
from tests.torture import examples
from tests.torture.examples import EXAMPLES
from tests.torture.size import sized
from tests.unit.fake_platform import PROJECT, FakePlatform

LEEWAY = 4 * 1024
"""Kilobytes by which the memory may differ, since Python's allocator does not give back at once."""
OF_AN_OBJECT = {"dynamic": 3, "plugin": 2}
"""Kilobytes that may be kept of each object: its id, and what the program says of it, until the host ends."""
RESOURCES = sorted(set(EXAMPLES) - {"Datasource", "Dataset"})
HALF, OBJECTS = sized(6, 25), sized(6, 100)


@pytest.mark.parametrize("door", OF_AN_OBJECT)
def test_a_long_lived_host_stays_small(door: str, count: Callable[[str, int], None]) -> None:
    with FakePlatform() as fake, contextlib.ExitStack() as stack:
        config = {"url": fake.url, "token": fake.token, "projectId": PROJECT}
        live: Callable[[str], None]
        if door == "dynamic":
            host = stack.enter_context(ProviderHost({f"previsionio:{key}": value for key, value in config.items()}))
            pid, live = host.process.pid, functools.partial(_live, host)
        else:
            plugin = stack.enter_context(NativePlugin(config))
            pid, live = plugin.process.pid, functools.partial(_live_by_plugin, plugin)
        sizes = []
        for _ in range(2 * HALF):
            # One after the other, so that each round is like the one before.
            for name in itertools.islice(itertools.cycle(RESOURCES), OBJECTS):
                live(name)
            fake.forget_calls()
            sizes.append(_size(pid))
    (memory_half_way, files_half_way), (memory, files) = sizes[HALF - 1], sizes[-1]
    assert memory <= memory_half_way + LEEWAY + HALF * OBJECTS * OF_AN_OBJECT[door], sizes
    assert files <= files_half_way, sizes
    count("rounds of one host", 2 * HALF)


def _live(host: ProviderHost, name: str) -> None:
    """Make, change, read and delete."""
    given, changed = (dict(examples.properties()[name][version]) for version in ("inputs", "changed"))
    provider = given.pop("__provider")
    changed.pop("__provider")
    inputs = plain(host.check(provider, given).inputs)
    id_, outputs = host.create(provider, inputs)
    news = plain(host.check(provider, changed, **inputs).inputs)
    host.diff(provider, id_, outputs, news)
    outputs = host.update(provider, id_, outputs, news)
    assert host.read(provider, id_, outputs).id == id_
    host.delete(provider, id_, outputs)


def _live_by_plugin(plugin: NativePlugin, name: str) -> None:
    given, changed = (
        {camel(key): value for key, value in examples.properties()[name][version].items() if key in _KNOWN[name]}
        for version in ("inputs", "changed")
    )
    inputs = native_plugin.python(plugin.check(name, given).inputs)
    made = plugin.create(name, inputs)
    outputs = native_plugin.python(made.properties)
    news = native_plugin.python(plugin.check(name, changed, inputs).inputs)
    plugin.diff(name, made.id, outputs, news, inputs)
    outputs = native_plugin.python(plugin.update(name, made.id, outputs, news, inputs).properties)
    assert plugin.read(name, made.id, outputs, news).id == made.id
    plugin.delete(name, made.id, outputs)


_KNOWN = {name: {*EXAMPLES[name].inputs, *EXAMPLES[name].changed} for name in EXAMPLES}
"""What the program gives; of the rest the dynamic classes make their own."""


def _size(pid: int) -> tuple[int, int]:
    """Kilobytes of memory, and open files."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0]), len(list(Path(f"/proc/{pid}/fd").iterdir()))
