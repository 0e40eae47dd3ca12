"""Nothing is deleted while others still need it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi_previsionio import PlatformError
from pulumi_previsionio._core import kinds, lifecycle
from pulumi_previsionio._core.context import Context
from pulumi_previsionio._core.kind import Kind
from pulumi_previsionio._core.steps import connectors
from pulumi_previsionio._core.values import Values
from pulumi_previsionio._platform.collections import DATASOURCES

from tests.unit.examples import CONNECTORS, KINDS, values
from tests.unit.fake_platform import PROJECT, FakePlatform
from tests.unit.scripted_server import CUT, Answer


@pytest.fixture(autouse=True)
def second_looks(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """What happens, without waiting for it, before the second look at what uses a connector."""
    meanwhile: list[Callable[[], None]] = []
    monkeypatch.setattr(connectors, "time", SimpleNamespace(sleep=lambda _: [happens() for happens in meanwhile]))
    return meanwhile


def stored(fake: FakePlatform, kind: Kind, **changes: Any) -> tuple[str, Values]:
    state = values(kind, platform_url=fake.url, **changes)
    owner = {} if kind is kinds.PROJECT else {"project_id": PROJECT}
    return fake.store(kind.collection.path, None, name=state["name"], **owner), state


def used_by(fake: FakePlatform, connector_id: str, *names: str) -> list[str]:
    return [fake.store("data-sources", name=name, connector_id=connector_id, project_id=PROJECT) for name in names]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_nobody_uses_is_deleted(kind: Kind, fake: FakePlatform, context: Context) -> None:
    id_, state = stored(fake, kind)

    lifecycle.delete(kind, id_, state, context)

    assert id_ not in fake.objects[kind.collection.path]
    assert len(fake.calls) <= (4 if kind is kinds.PROJECT else 3)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_is_gone_already_is_a_success(kind: Kind, fake: FakePlatform, context: Context) -> None:
    lifecycle.delete(kind, "5ea1", values(kind, platform_url=fake.url), context)

    assert f"DELETE /{kind.collection.path}/5ea1" in fake.calls


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, b"<html>", {"Content-Type": "text/html"}),
        Answer(401, {"message": "x"}),
        Answer(403, {"message": "x"}),
        Answer(409, {"message": "x"}),
        Answer(500, {"message": "x"}),
        CUT,
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_nothing_else_counts_as_deleted(
    kind: Kind, answer: Answer, fake: FakePlatform, context: Context, pauses: list[float]
) -> None:
    id_, state = stored(fake, kind)
    fake.fault("DELETE", "", answer, times=9)

    with pytest.raises(PlatformError):
        lifecycle.delete(kind, id_, state, context)


def test_a_connector_goes_when_its_users_are_deleted_at_the_same_time(
    fake: FakePlatform, context: Context, second_looks: list[Callable[[], None]]
) -> None:
    id_, state = stored(fake, kinds.FTP)
    (user,) = used_by(fake, id_, "customers")
    second_looks.append(lambda: context.session.delete(DATASOURCES, PROJECT, user))

    lifecycle.delete(kinds.FTP, id_, state, context)

    assert not fake.objects["connectors"]
    assert fake.calls.count("GET /projects/5ea1f00d0000000000000001/data-sources") == 1


@pytest.mark.parametrize("kind", CONNECTORS, ids=lambda kind: kind.name)
def test_a_connector_in_use_is_not_deleted_and_its_users_are_named(
    kind: Kind, fake: FakePlatform, context: Context
) -> None:
    id_, state = stored(fake, kind)
    (user,) = used_by(fake, id_, "customers")
    used_by(fake, "another connector", "elsewhere")

    with pytest.raises(PlatformError) as caught:
        lifecycle.delete(kind, id_, state, context)

    assert str(caught.value) == (
        f"{kind.name} 'thing' is still used by 1 data source: 'customers' ({user}), which this run does not delete. "
        "What the stack holds goes along when you run Pulumi without --target; delete the rest first, or set "
        "force_destroy=True and run `pulumi up`, so that all of it is deleted with the connector"
    )
    assert id_ in fake.objects["connectors"]
    assert not [call for call in fake.calls if call.startswith("DELETE")]


def test_many_users_are_counted_and_some_named(fake: FakePlatform, context: Context) -> None:
    fake.page = 3
    id_, state = stored(fake, kinds.SQL)
    used_by(fake, id_, *"abcdefgh")

    with pytest.raises(PlatformError, match=r"still used by 8 data sources: 'a' .* 'e' \(\w+\) and 3 more, which"):
        lifecycle.delete(kinds.SQL, id_, state, context)


def test_with_force_the_users_go_first(fake: FakePlatform, context: Context) -> None:
    id_, state = stored(fake, kinds.SQL, force_destroy=True)
    users = used_by(fake, id_, "a", "b")
    (other,) = used_by(fake, "another connector", "elsewhere")

    lifecycle.delete(kinds.SQL, id_, state, context)

    assert set(fake.objects["data-sources"]) == {other}
    deletions = [call for call in fake.calls if call.startswith("DELETE")]
    assert deletions == [*(f"DELETE /data-sources/{user}" for user in users), f"DELETE /connectors/{id_}"]


def test_users_that_are_gone_meanwhile_are_no_hindrance(fake: FakePlatform, context: Context) -> None:
    id_, state = stored(fake, kinds.SQL, force_destroy=True)
    used_by(fake, id_, "a")
    fake.fault("DELETE", "/data-sources/[^/]+", None, carried_out=True, before=fake.objects["data-sources"].clear)

    lifecycle.delete(kinds.SQL, id_, state, context)

    assert fake.objects["connectors"] == {}


def test_users_that_this_destroy_has_deleted_do_not_count(fake: FakePlatform, context: Context) -> None:
    id_, state = stored(fake, kinds.SQL)
    other_id, _ = stored(fake, kinds.SQL)
    users = used_by(fake, id_, "a", "b")
    with pytest.raises(PlatformError):
        lifecycle.delete(kinds.SQL, id_, state, context)

    for user in users:
        lifecycle.delete(kinds.DATASOURCE, user, values(kinds.DATASOURCE, platform_url=fake.url), context)
    fake.forget_calls()
    lifecycle.delete(kinds.SQL, id_, state, context)
    lifecycle.delete(kinds.SQL, other_id, state, context)

    assert fake.objects["connectors"] == {}
    assert fake.calls == [f"DELETE /connectors/{id_}", f"DELETE /connectors/{other_id}"]


def test_a_connector_that_only_exporters_use_is_in_use(fake: FakePlatform, context: Context) -> None:
    id_, state = stored(fake, kinds.SQL)
    exporters = [{"_id": "5ea3", "name": "nightly", "connector_id": id_}, {"_id": "5ea4", "connector_id": "other"}]
    meta = {"totalItems": 2, "rowsPerPage": 50, "nextPage": False}
    fake.fault("GET", "/exporters", Answer(200, {"items": exporters, "metaData": meta}))

    with pytest.raises(PlatformError, match=r"is still used by 1 exporter: 'nightly' \(5ea3\), which this "):
        lifecycle.delete(kinds.SQL, id_, state, context)

    assert id_ in fake.objects["connectors"]


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_platform_without_exporters_has_none_that_use_anything(
    status: int, fake: FakePlatform, context: Context
) -> None:
    id_, state = stored(fake, kinds.SQL)
    fake.fault("GET", "/exporters", Answer(status, {"message": "no such thing"}))

    lifecycle.delete(kinds.SQL, id_, state, context)

    assert id_ not in fake.objects["connectors"]


def test_exporters_that_cannot_be_read_delete_nothing(fake: FakePlatform, context: Context) -> None:
    id_, state = stored(fake, kinds.SQL)
    fake.fault("GET", "/exporters", Answer(403, {"message": "keep out"}), times=9)

    with pytest.raises(PlatformError):
        lifecycle.delete(kinds.SQL, id_, state, context)

    assert id_ in fake.objects["connectors"]


def test_a_list_that_cannot_be_read_deletes_nothing(fake: FakePlatform, context: Context) -> None:
    id_, state = stored(fake, kinds.SQL)
    fake.fault("GET", "/data-sources", Answer(500, {}), times=9)

    with pytest.raises(PlatformError):
        lifecycle.delete(kinds.SQL, id_, state, context)

    assert id_ in fake.objects["connectors"]


@pytest.mark.parametrize("force", [True, False])
def test_a_connector_whose_project_is_gone_is_gone(force: bool, fake: FakePlatform, context: Context) -> None:
    state = values(kinds.SQL, platform_url=fake.url, project_id="5ea1", force_destroy=force)

    lifecycle.delete(kinds.SQL, "5ea2", state, context)


def test_a_list_that_is_not_there_says_nothing_where_nobody_answers_as_a_platform(
    fake: FakePlatform, context: Context
) -> None:
    id_, state = stored(fake, kinds.SQL)
    for path in ("/data-sources", "/version"):
        fake.fault("GET", path, Answer(404, {"detail": "Not Found"}))

    with pytest.raises(PlatformError, match=r"does not answer like a Prevision\.io platform"):
        lifecycle.delete(kinds.SQL, id_, state, context)

    assert id_ in fake.objects["connectors"]


@pytest.mark.parametrize(
    ("collection", "noun"), [("connectors", "connector"), ("data-sources", "data source"), ("datasets", "dataset")]
)
def test_a_project_with_content_is_not_deleted(
    collection: str, noun: str, fake: FakePlatform, context: Context
) -> None:
    id_, state = stored(fake, kinds.PROJECT)
    content = fake.store(collection, name="crm", project_id=id_)

    with pytest.raises(PlatformError) as caught:
        lifecycle.delete(kinds.PROJECT, id_, state, context)

    assert str(caught.value) == (
        f"Project 'thing' still holds 1 {noun}: 'crm' ({content}), which this run does not delete. "
        "What the stack holds goes along when you run Pulumi without --target; delete the rest first, or set "
        "force_destroy=True and run `pulumi up`, so that all of it is deleted with the project"
    )
    assert id_ in fake.objects["projects"]


def test_with_force_a_project_goes_with_its_content_in_one_call(fake: FakePlatform, context: Context) -> None:
    id_, state = stored(fake, kinds.PROJECT, force_destroy=True)
    fake.store("connectors", name="crm", project_id=id_)

    lifecycle.delete(kinds.PROJECT, id_, state, context)

    assert fake.calls == [f"DELETE /projects/{id_}"]
