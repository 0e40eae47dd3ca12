"""The command on stacks of the native plugin: what they hold is held, and Pulumi itself imports into them."""

from pathlib import Path
from typing import Any

import pytest
from pulumi_previsionio._cli import matching, update_plan
from pulumi_previsionio._cli.errors import Declined
from pulumi_previsionio._cli.manifest import TYPE, Wanted
from pulumi_previsionio._cli.orphans import held_by
from pulumi_previsionio._cli.status import holders
from pulumi_previsionio._platform.collections import CONNECTORS

from tests.unit.fake_engine import FakeEngine
from tests.unit.fake_platform import PROJECT, FakePlatform
from tests.unit.plans import plan

SQL = "previsionio:index:SQLConnector"
CRM = f"urn:pulumi:dev::test::{SQL}::crm"


def state(url: str, id_: str, **more: Any) -> dict[str, Any]:
    return {"urn": CRM, "type": SQL, "id": id_, "outputs": {"platformUrl": url, "projectId": PROJECT}, **more}


def test_what_such_a_stack_holds_is_no_orphan(tmp_path: Path, fake: FakePlatform) -> None:
    held = fake.store("connectors", type="SQL", name="held", project_id=PROJECT)
    engine = FakeEngine(tmp_path)
    engine.answers["output"]["stack ls"] = [{"name": "dev"}]
    engine.answers["output"]["stack export"] = {"deployment": {"resources": [state(fake.url, held)]}}

    done = engine.run("orphans", PREVISION_URL=fake.url, PREVISION_MASTER_TOKEN=fake.token)

    assert (done.returncode, done.stdout) == (0, "0 orphans beside what dev holds\n")


def test_what_was_cut_off_is_looked_for_in_its_project() -> None:
    inputs = {"platformUrl": "https://p", "projectId": "P"}
    pending = {"pending_operations": [{"type": "creating", "resource": {"type": SQL, "inputs": inputs}}]}

    assert held_by([pending], "https://p").projects == ("P",)


def test_status_names_the_stack_that_holds_it() -> None:
    assert holders({"dev": {"resources": [state("https://p", "c1")]}}, "https://p") == {"c1": "dev"}


DECLARED = plan(
    (CRM, {"goal": {"type": SQL, "name": "crm", "custom": True, "inputDiff": {"adds": {}}}, "steps": ["create"]})
)


@pytest.mark.parametrize("type_", [f"{TYPE}SQLConnector", CONNECTORS])
def test_adopt_says_when_pulumi_itself_imports(type_: Any) -> None:
    with pytest.raises(Declined) as declined:
        matching.match([Wanted("crm", "c1", type_)], update_plan.parse(DECLARED), [])

    assert f"Run: pulumi import {SQL} crm c1" in "\n".join(declined.value.details)


def test_what_was_imported_so_is_there() -> None:
    wanted = Wanted("crm", "c1", CONNECTORS)

    assert matching.match([wanted], update_plan.parse(DECLARED), [state("https://p", "c1")]).there == (wanted,)


def test_what_such_a_stack_holds_is_not_adopted_again() -> None:
    with pytest.raises(Declined, match="the stack holds it as 'crm'"):
        matching.refuse_held(Wanted("other", "c1", CONNECTORS), [state("https://p", "c1")])
