"""Many stacks of equal programs at once in one project, whose creations lose their answers: no object in two states."""

import concurrent.futures
import contextlib
import itertools
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.engine.pulumi_cli import Run, Stack
from tests.torture.faults import faults
from tests.torture.http_proxy import Fault, HttpProxy, Request
from tests.torture.size import chance, sized
from tests.unit.fake_platform import PROJECT, FakePlatform

PROGRAM = """
import pulumi_previsionio as previsionio

files = previsionio.FTPConnector("files", host="ftp.example", username="u", password="secret", test_connection=False)
other = previsionio.FTPConnector("other", name="files", host="ftp.example", username="u", password="secret")
previsionio.Datasource("export", connector=files, path="/a.csv", verify_source=False)
previsionio.Project("team", description="of all")
"""
LOST = ("reset after", "cut in head", "cut in body", "502 after", "504 page after")
"""The creation arrives, its answer does not."""
NEVER_ARRIVES = ("reset before", "502 before", "500 before", "408 before")
"""The provider hears the same of a creation that never arrives."""
MANY = 3
"""Equal objects on the platform, one of them the own stack's perhaps. Who makes the first while another stack's
creation never arrives cannot be told from it: see `_core/creation.py`."""
FAST_CLOCK = Path(__file__).with_name("fast_clock")


def test_many_stacks(engine: Path, tmp_path: Path, count: Callable[[str, int], None]) -> None:
    number_of_stacks = sized(3, 10)
    dice = chance("stacks")
    with FakePlatform() as fake, contextlib.ExitStack() as proxies:
        before = _ids(fake)
        stacks = []
        for number in range(number_of_stacks):
            proxy = proxies.enter_context(HttpProxy(fake.url))
            stack = Stack(tmp_path / f"stack{number}", engine)
            stack.environment |= {
                "PREVISION_URL": proxy.url,
                "PREVISION_MASTER_TOKEN": fake.token,
                "PREVISION_PROJECT_ID": PROJECT,
                "PREVISION_CALL_TIMEOUT": "2400",  # a minute by that clock, so that no answer is late
                "PREVISION_OPERATION_TIMEOUT": "9600",
                "PYTHONPATH": str(FAST_CLOCK),
            }
            stack.program(PROGRAM)
            proxy.break_some(Losses(fake, dice))
            stacks.append((stack, proxy))

        with concurrent.futures.ThreadPoolExecutor(number_of_stacks) as pool:
            first = list(pool.map(lambda pair: pair[0].up(expect_failure=None), stacks))
        _belongs_to_one(fake, before, [stack for stack, _ in stacks], first)
        for _, proxy in stacks:
            proxy.mend()
        with concurrent.futures.ThreadPoolExecutor(number_of_stacks) as pool:
            second = list(pool.map(lambda pair: pair[0].up(), stacks))
        held = _belongs_to_one(fake, before, [stack for stack, _ in stacks], [*first, *second])
        assert len(held) == number_of_stacks * 4
    count("stacks", number_of_stacks)


class Losses:
    """Of a stack's creations one loses its answer; and one never arrives, when others have made equal objects."""

    def __init__(self, fake: FakePlatform, dice: random.Random) -> None:
        self._fake = fake
        self._lost, self._never_arrives = (faults()[dice.choice(names)] for names in (LOST, NEVER_ARRIVES))
        self._first = dice.randint(1, 3)
        self._creations = 0
        self._has_vanished = False

    def __call__(self, _number: int, request: Request) -> Fault | None:
        if request.method != "POST" or request.path.endswith("/test"):
            return None
        self._creations += 1
        if self._creations == self._first:
            return self._lost
        if not self._has_vanished and self._equal(json.loads(request.body)) >= MANY:
            self._has_vanished = True
            return self._never_arrives
        return None

    def _equal(self, body: dict[str, Any]) -> int:
        """How many objects are like the one to be made; a data source has a connector of its own stack."""
        wanted = {key: value for key, value in body.items() if key != "connector_id"}.items()
        objects = [item for items in list(self._fake.objects.values()) for item in list(items.values())]
        return len([item for item in objects if wanted <= item.items()])


def _belongs_to_one(fake: FakePlatform, before: set[str], stacks: list[Stack], runs: list[Run]) -> set[str]:
    """Every object is in one state, or named in a message; returns the former."""
    states = [{resource["id"] for resource in stack.resources().values()} for stack in stacks]
    for one, other in itertools.combinations(states, 2):
        assert not one & other, "an object is in two states"
    held = set().union(*states)
    messages = "\n".join(error for run in runs for error in run.errors)
    unknown = {id_ for id_ in _ids(fake) - before - held if id_ not in messages}
    assert not unknown, f"nobody knows {unknown}: {messages}"
    return held


def _ids(fake: FakePlatform) -> set[str]:
    return {id_ for items in fake.objects.values() for id_ in items}
