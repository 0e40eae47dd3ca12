"""A host that works for a long time needs no more memory and no more open files at the end than half way."""

from collections.abc import Callable
from pathlib import Path

from tests.host.provider_host import ProviderHost, plain
from tests.torture import examples
from tests.torture.examples import EXAMPLES
from tests.torture.size import sized
from tests.unit.fake_platform import PROJECT, FakePlatform

LEEWAY = 4 * 1024
"""Kilobytes by which the memory may differ, since Python's allocator does not give back at once."""


def test_a_long_lived_host_stays_small(count: Callable[[str, int], None]) -> None:
    half, objects = sized(6, 25), sized(6, 100)
    with FakePlatform() as fake:
        config = {"url": fake.url, "token": fake.token, "projectId": PROJECT}
        with ProviderHost({f"previsionio:{key}": value for key, value in config.items()}) as host:
            sizes = []
            for _ in range(2 * half):
                _round(host, fake, objects)
                sizes.append(_size(host.process.pid))
    (memory_half_way, files_half_way), (memory, files) = sizes[half - 1], sizes[-1]
    assert memory <= memory_half_way + LEEWAY, sizes
    assert files <= files_half_way, sizes
    count("rounds of one host", 2 * half)


def _round(host: ProviderHost, fake: FakePlatform, objects: int) -> None:
    """Make, change, read and delete, one after the other, so that each round is like the one before."""
    for number in range(objects):
        name = sorted(set(EXAMPLES) - {"Datasource", "Dataset"})[number % (len(EXAMPLES) - 2)]
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
    fake.forget_calls()


def _size(pid: int) -> tuple[int, int]:
    """Kilobytes of memory, and open files."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0]), len(list(Path(f"/proc/{pid}/fd").iterdir()))
