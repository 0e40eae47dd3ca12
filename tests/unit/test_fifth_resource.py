"""A fifth resource: its collection, its entry, its steps, its provider class and its typed class, and nothing else."""

import re
from typing import Any

import pulumi
import pytest
from pulumi_previsionio import PlatformError
from pulumi_previsionio._core import lifecycle
from pulumi_previsionio._core.context import Context
from pulumi_previsionio._core.field_types import FLAG, SECRET, ReferenceType
from pulumi_previsionio._core.kind import Field, Kind
from pulumi_previsionio._core.kinds import NAME_FIELD, PLATFORM_FIELD, PROJECT_FIELD
from pulumi_previsionio._core.steps.base import Steps
from pulumi_previsionio._core.values import Values, from_engine
from pulumi_previsionio._dynamic import Provider
from pulumi_previsionio._platform.collections import DATASETS, Collection
from pulumi_previsionio._resources.base import PrevisionResource, as_id

from tests import contract
from tests.unit import programs
from tests.unit.conftest import connect
from tests.unit.fake_platform import PROJECT, FakePlatform

REPORTS = Collection("reports", "report")


class ReportSteps(Steps):
    """A report is published once it is made, and the last one of a dataset stays."""

    def problems(self, values: Values) -> list[str]:
        return ["name: a draft cannot be published"] if values.get("name") == "draft" else []

    def verify(self, kind: Kind, id_: str, values: Values, context: Context) -> None:
        if context.session.fetch(REPORTS, id_) != {"_id": id_, **self.shown(values)}:
            raise PlatformError(f"{kind.label(values)}: it was not published")

    def is_kept_on_delete(self, kind: Kind, id_: str, values: Values, context: Context) -> bool:
        return len(context.session.list_all(REPORTS, values["project_id"])) == 1

    @staticmethod
    def shown(values: Values) -> dict[str, Any]:
        return {name: values[name] for name in ("name", "dataset_id", "project_id")}


REPORT = Kind(
    name="Report",
    noun="report",
    collection=REPORTS,
    fields=(
        Field("dataset_id", ReferenceType(DATASETS), wire="dataset_id", required=True, fixed=True),
        Field("password", SECRET, wire="password", required=True),
        Field("public", FLAG, default=False),
        NAME_FIELD,
        PROJECT_FIELD,
        PLATFORM_FIELD,
    ),
    steps=ReportSteps(),
)


class ReportProvider(Provider):
    kind = REPORT


class Report(PrevisionResource, module="previsionio", name="Report"):
    _provider_class = ReportProvider
    dataset_id: pulumi.Output[str]

    def __init__(self, resource_name: str, *, dataset: Any, password: str) -> None:
        super().__init__(resource_name, dict(dataset_id=as_id(dataset), password=password), None)


@pytest.fixture
def fake(fake: FakePlatform, monkeypatch: pytest.MonkeyPatch) -> FakePlatform:
    """A platform that has reports as well."""
    for name in ("_ITEM", "_LIST"):
        pattern = getattr(contract, name).pattern.replace("datasets)", "datasets|reports)")
        monkeypatch.setattr(contract, name, re.compile(pattern))
    fake.objects["reports"] = {}
    return fake


def checked(context: Context, olds: Values | None = None, **inputs: Any) -> tuple[Values, list[str]]:
    given = {"dataset_id": "5ea1", "password": "secret-of-it", "default_name": "monthly", **inputs}
    return lifecycle.check(REPORT, olds or {}, from_engine(REPORT, given), context)


def test_it_registers_with_its_secret_hidden() -> None:
    seen = programs.run(lambda: Report("monthly", dataset="5ea1", password="secret-of-it"))

    assert seen.resources["monthly"].typ == "pulumi-python:dynamic/previsionio:Report"
    assert seen.inputs("monthly")["dataset_id"] == "5ea1"
    assert isinstance(seen.resources["monthly"].inputs["password"], dict)


def test_its_whole_life(fake: FakePlatform) -> None:
    context = connect(fake)
    values, problems = checked(context)
    assert (problems, values["name"], values["project_id"]) == ([], "monthly", PROJECT)
    assert checked(context, name="draft")[1] == ["name: a draft cannot be published"]

    id_, state = lifecycle.create(REPORT, values, context)
    assert fake.only("reports")["password"] == "secret-of-it"
    fake.only("reports")["name"] = "renamed by hand"
    drifted = lifecycle.read(REPORT, id_, state, connect(fake))
    assert drifted is not None
    assert drifted["name"] == "renamed by hand"

    again, _ = checked(context, drifted)
    assert lifecycle.diff(REPORT, id_, drifted, again, context).action == "update"
    lifecycle.update(REPORT, id_, drifted, again, context)
    assert fake.only("reports")["name"] == "monthly"
    moved = {**again, "dataset_id": "5ea2"}
    assert lifecycle.diff(REPORT, id_, again, moved, context).replaces == ("dataset_id",)

    other, _ = lifecycle.create(REPORT, moved, context)
    lifecycle.delete(REPORT, id_, again, context)
    assert set(fake.objects["reports"]) == {other}
    lifecycle.delete(REPORT, other, moved, context)  # the last one stays
    assert set(fake.objects["reports"]) == {other}


def test_one_that_is_not_published_is_taken_back(fake: FakePlatform, context: Context) -> None:
    values, _ = checked(context)
    fake.fault("POST", "/reports", None, carried_out=True, after=lambda: fake.only("reports").update(name="other"))

    with pytest.raises(PlatformError, match=r"^Report 'monthly': it was not published$"):
        lifecycle.create(REPORT, values, context)

    assert fake.objects["reports"] == {}
