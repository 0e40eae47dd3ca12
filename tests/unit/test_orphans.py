"""`orphans`: what no stack holds is listed with its age and users, and deleted only when nothing hangs on it."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi_previsionio._cli.manifest import TYPE
from pulumi_previsionio._cli.orphans import age_text

from tests.unit.fake_engine import FakeEngine
from tests.unit.fake_platform import PROJECT, FakePlatform


@pytest.fixture
def engine(tmp_path: Path) -> FakeEngine:
    engine = FakeEngine(tmp_path)
    engine.answers["output"]["stack ls"] = [{"name": "dev"}]
    return engine


@pytest.fixture
def fake() -> Iterator[FakePlatform]:
    """Three connectors: `held` with a data source that is held too; `left`, with `held-on-left`; and `alone`."""
    with FakePlatform() as fake:
        yield fake


class Left:
    """What is on the platform, and what the stack holds of it."""

    def __init__(self, fake: FakePlatform, engine: FakeEngine) -> None:
        self.fake, self.engine = fake, engine
        self.environment = {"PREVISION_URL": fake.url, "PREVISION_MASTER_TOKEN": fake.token}

    def store(self, collection: str, name: str, made: float | None = None, **content: Any) -> str:
        return self.fake.store(collection, made, name=name, project_id=PROJECT, **content)

    def hold(self, *ids: str, url: str | None = None) -> None:
        """The stack's state holds these."""
        outputs = {"platform_url": url or self.fake.url, "project_id": PROJECT}
        resources = self.engine.answers["output"].setdefault("stack export", {"deployment": {"resources": []}})
        resources["deployment"].setdefault("resources", []).extend(
            {"urn": f"urn:pulumi:dev::test::{TYPE}SQLConnector::{id_}", "type": f"{TYPE}SQLConnector", "id": id_}
            | {"outputs": outputs}
            for id_ in ids
        )

    def names(self) -> list[str]:
        return [item["name"] for kind in ("connectors", "data-sources") for item in self.fake.objects[kind].values()]


@pytest.fixture
def left(fake: FakePlatform, engine: FakeEngine) -> Left:
    """The stack holds `held` and, on the orphan `used`, `on-used`; nobody holds `old` and `on-old`."""
    left = Left(fake, engine)
    held, used, old = (
        left.store("connectors", name, time.time() - 7260, type="SQL") for name in ("held", "used", "old")
    )
    on_used = left.store("data-sources", "on-used", connector_id=used)
    left.store("data-sources", "on-old", connector_id=old)
    left.hold(held, on_used)
    return left


def test_what_no_stack_holds_is_listed_users_first_with_age_and_users(left: Left) -> None:
    done = left.engine.run("orphans", **left.environment)

    assert done.returncode == 5
    on_old, used, old, closing = done.stdout.splitlines()
    assert on_old.startswith("data source 'on-old' (")
    assert on_old.endswith(" s old")
    assert "2 h old, used by 1 data source: 'on-used' (" in used
    assert "2 h old, used by 1 data source: 'on-old' (" in old
    assert closing == "3 orphans beside what dev holds"


def test_deleting_spares_what_others_hang_on(left: Left) -> None:
    done = left.engine.run("orphans", "--delete", "--yes", "--json", **left.environment)

    assert done.returncode == 5
    found = json.loads(done.stdout)
    assert [orphan["name"] for orphan in found["deleted"]] == ["on-old", "old"]
    assert [orphan["name"] for orphan in found["orphans"]] == ["used"]
    assert "still used by 1 data source: 'on-used'" in done.stderr
    assert left.names() == ["held", "used", "on-used"]


def test_nothing_left_is_a_success(left: Left) -> None:
    left.hold(*left.fake.objects["connectors"], *left.fake.objects["data-sources"])

    done = left.engine.run("orphans", **left.environment)

    assert (done.returncode, done.stdout) == (0, "0 orphans beside what dev holds\n")


def test_all_stacks_of_the_project_are_asked_unless_some_are_named(left: Left) -> None:
    left.engine.answers["output"]["stack ls"] = [{"name": "dev"}, {"name": "prod"}]

    left.engine.run("orphans", **left.environment)
    asked = [argument for call in left.engine.recorded("calls") for argument in call if "--stack=" in argument]
    assert asked == ["--stack=dev", "--stack=prod"]

    left.engine.run("orphans", "--stack", "test", "--stack", "org/other/prod", **left.environment)
    asked = [argument for call in left.engine.recorded("calls") for argument in call if "--stack=" in argument]
    assert asked[2:4] == ["--stack=test", "--stack=org/other/prod"]


def test_objects_on_other_platforms_are_not_taken_for_held(left: Left) -> None:
    left.hold(*left.fake.objects["connectors"], url="http://elsewhere.example")

    done = left.engine.run("orphans", **left.environment)

    assert "not looked at: 3 objects of these stacks on other platforms" in done.stderr
    assert "3 orphans beside" in done.stdout


def test_without_a_terminal_nothing_is_deleted_unasked(left: Left) -> None:
    before = left.names()

    assert left.engine.run("orphans", "--delete", **left.environment).returncode == 2
    assert left.names() == before


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "of unknown age"),
        (0.2, "0 s old"),
        (59, "59 s old"),
        (61, "1 min old"),
        (7300, "2 h old"),
        (90000, "1 d old"),
    ],
)
def test_an_age_is_given_in_its_largest_unit(seconds: float | None, text: str) -> None:
    assert age_text(seconds) == text
