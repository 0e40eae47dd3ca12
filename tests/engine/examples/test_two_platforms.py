"""examples/two_platforms: explicit providers, a lookup on each, a component on each."""

from collections.abc import Callable, Iterator

import pytest
from previsionio_local import LocalPlatform

from tests.engine.examples.copies import Copy
from tests.engine.objects import Objects
from tests.secret_search import leaked
from tests.servers.mariadb import MariaDB
from tests.servers.proftpd import FTP


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[LocalPlatform, LocalPlatform]]:
    with LocalPlatform() as first, LocalPlatform() as second:
        yield first, second


def test_each_platform_gets_its_own(
    copy: Callable[..., Copy],
    platform: LocalPlatform,
    both: tuple[LocalPlatform, LocalPlatform],
    mariadb: MariaDB,
    ftp: FTP,
) -> None:
    example = copy("two_platforms", mariadb)
    by_hand = {"type": "FTP", "name": "files", "host": ftp.host, "port": ftp.port}
    answers = {"password": mariadb.password}
    for name, each, region in zip(("first", "second"), both, ("eu", "us"), strict=True):
        each.seed(connectors=[by_hand | {"username": ftp.username, "password": ftp.password}])
        example.edit("Pulumi.yaml", f"https://{region}.prevision.example.com", each.url)
        example.edit("Pulumi.yaml", f"6b0547dfa9a302a32702d42{0 if name == 'first' else 1}", each.project_id)
        answers[f"{name}Token"] = each.token

    printed = example.follow_readme(answers)
    assert leaked(answers.values(), printed) == []
    for each in both:
        assert sorted(Objects(each).names()) == ["contacts", "crm", "customers", "files"]
    assert platform.calls() == []  # which the environment names
    assert example.preview().changes == {}

    example.destroy()
    for each in both:
        assert Objects(each).names() == ["files"]
