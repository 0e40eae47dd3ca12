"""A new data source is looked up by its creation, when the engine has it checked in an update and not in a preview.

Checks come one after the other, creations side by side: a check that waits for the platform holds up all others.
"""

import threading

import pytest
from pulumi_previsionio import InputError, Unreachable
from pulumi_previsionio._core import kinds, lifecycle
from pulumi_previsionio._core.context import Context, shared_context
from pulumi_previsionio._core.values import Values, from_engine
from pulumi_previsionio._platform.settings import Settings

from tests.unit import examples
from tests.unit.fake_platform import PROJECT, FakePlatform
from tests.unit.scripted_server import Answer


@pytest.fixture
def settings(fake: FakePlatform) -> Settings:
    return examples.settings(url=fake.url)


@pytest.fixture
def context(settings: Settings) -> Context:
    shared = shared_context(settings)
    shared.session.ensure_usable(PROJECT)
    return shared


@pytest.fixture
def connector_id(fake: FakePlatform, context: Context) -> str:
    """A connector that this process has just made."""
    id_, _ = lifecycle.create(kinds.SQL, examples.values(kinds.SQL, platform_url=fake.url), context)
    fake.forget_calls()
    return id_


def checked(settings: Settings, connector_id: str, olds: Values | None = None, **source: str | None) -> Values:
    inputs = examples.inputs(kinds.DATASOURCE, connector_id=connector_id, platform_url=settings.url, **source)
    values, problems = lifecycle.check(
        kinds.DATASOURCE, olds or {}, from_engine(kinds.DATASOURCE, inputs), shared_context(settings)
    )
    assert problems == []
    return values


def test_in_a_preview_the_check_looks(fake: FakePlatform, settings: Settings) -> None:
    id_ = fake.store("connectors", project_id=PROJECT, type="SQL")
    checked(settings, id_)
    assert fake.calls == [f"GET /projects/{PROJECT}", f"GET /connectors/{id_}/databases/crm/tables"]


def test_in_an_update_the_check_of_a_new_one_waits_for_nothing(
    fake: FakePlatform, settings: Settings, context: Context, connector_id: str
) -> None:
    tables, asked, may_answer = f"/connectors/{connector_id}/databases/crm/tables", threading.Event(), threading.Event()

    def hold() -> None:
        asked.set()
        assert may_answer.wait(10)

    fake.fault("GET", tables, None, carried_out=True, before=hold)

    values = [checked(settings, connector_id, name=f"d{number}") for number in range(3)]
    assert asked.wait(10)  # ahead of the creations, in the background
    may_answer.set()
    for value in values:
        lifecycle.create(kinds.DATASOURCE, value, context)

    assert fake.calls == [f"GET {tables}", *[f"POST /projects/{PROJECT}/data-sources"] * 3]


def test_a_file_is_looked_up_when_its_data_source_is_made(
    fake: FakePlatform, settings: Settings, context: Context, connector_id: str
) -> None:
    """A list of files says nothing of the right to read them, so there is nothing to ask ahead."""
    fake.extensions = "verify"
    values = checked(settings, connector_id, path="/customers.csv", database=None, table=None)
    assert fake.calls == []
    lifecycle.create(kinds.DATASOURCE, values, context)
    assert fake.calls == [
        f"OPTIONS /connectors/{connector_id}",
        f"POST /connectors/{connector_id}/verify",
        f"POST /projects/{PROJECT}/data-sources",
    ]


def test_a_source_that_is_not_there_is_refused_before_anything_is_made(
    fake: FakePlatform, settings: Settings, context: Context, connector_id: str
) -> None:
    values = checked(settings, connector_id, table="custmers")
    with pytest.raises(InputError) as refused:
        lifecycle.create(kinds.DATASOURCE, values, context)
    assert str(refused.value).startswith("Datasource 'thing': table: 'custmers' is not in database 'crm'. Did you mean")
    assert fake.objects["data-sources"] == {}


def test_a_question_that_failed_in_the_background_is_asked_again(
    fake: FakePlatform, settings: Settings, context: Context, connector_id: str
) -> None:
    tables, asked = f"/connectors/{connector_id}/databases/crm/tables", threading.Event()
    fake.fault("GET", tables, Answer(500, {}), times=2, before=asked.set)
    values = checked(settings, connector_id)
    assert asked.wait(10)
    with pytest.raises(Unreachable):
        lifecycle.create(kinds.DATASOURCE, values, context)
    lifecycle.create(kinds.DATASOURCE, values, context)
    assert fake.calls == [*[f"GET {tables}"] * 3, f"POST /projects/{PROJECT}/data-sources"]


def test_an_existing_one_is_looked_up_by_its_check(
    fake: FakePlatform, settings: Settings, context: Context, connector_id: str
) -> None:
    """It is changed and not made: its update tests what it finds."""
    olds = checked(settings, connector_id)
    lifecycle.create(kinds.DATASOURCE, olds, context)
    fake.forget_calls()
    values = checked(settings, connector_id, olds, path="/customers.csv", database=None, table=None)
    assert fake.calls == [f"OPTIONS /connectors/{connector_id}", f"GET /connectors/{connector_id}/paths"]
    assert context.sources.is_verified(values)
