"""What one process knows of one session."""

import concurrent.futures

import pytest
from pulumi_previsionio import NotFound, PlatformError, SettingsError
from pulumi_previsionio._core.context import shared_context
from pulumi_previsionio._platform.collections import CONNECTORS, DATASETS, PROJECTS
from pulumi_previsionio._platform.session import Session

from tests.unit.conftest import connect
from tests.unit.examples import settings
from tests.unit.fake_platform import PROJECT, FakePlatform
from tests.unit.scripted_server import Answer


@pytest.fixture
def session(fake: FakePlatform) -> Session:
    return connect(fake, asks_first=True).session


def side_by_side(work: object, times: int = 16) -> list[object]:
    assert callable(work)
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        return list(threads.map(lambda _: work(), range(times)))


def test_equal_settings_share_one_platform_and_others_do_not() -> None:
    assert shared_context(settings(url="http://a")) is shared_context(settings(url="http://a"))
    assert shared_context(settings(url="http://a")) is not shared_context(settings(url="http://a", token="other"))


def test_settings_with_problems_give_no_platform() -> None:
    with pytest.raises(SettingsError, match=r"^no token; bad address$"):
        _ = shared_context(settings(token=None, problems=("no token", "bad address"))).session


def test_of_a_deleted_project_no_list_is_kept(fake: FakePlatform, session: Session) -> None:
    project = fake.store("projects", name="p")
    fake.store("connectors", project_id=project)
    assert len(session.list_all(CONNECTORS, project)) == 1

    session.delete(PROJECTS, None, project)

    with pytest.raises(NotFound):
        session.list_all(CONNECTORS, project)


# What the platform offers


def test_what_a_platform_offers_is_asked_once_for_each_collection(fake: FakePlatform, session: Session) -> None:
    answers = side_by_side(lambda: session.capabilities(CONNECTORS, "1").methods)
    session.capabilities(CONNECTORS, "2")
    session.capabilities(DATASETS, "3")

    assert set(answers) == {frozenset({"GET", "DELETE", "OPTIONS", "PUT"})}
    assert fake.calls == ["OPTIONS /connectors/1", "OPTIONS /datasets/3"]


@pytest.mark.parametrize("status", [405, 501])
def test_a_platform_without_the_method_offers_nothing(status: int, fake: FakePlatform, session: Session) -> None:
    fake.fault("OPTIONS", "/connectors/1", Answer(status, {"message": "no such method"}))

    assert session.capabilities(CONNECTORS, "1").methods == frozenset()


ODD_OPTIONS = {
    "a redirect to a login page": Answer(302, headers={"Location": "/login"}),
    "a web page": Answer(404, b"<html>", {"Content-Type": "text/html"}),
    "nothing that says it": Answer(204),
    "a page with a good status": Answer(200, b"<html>"),
    "bad request": Answer(400, {"message": "what?"}),
    "no right": Answer(403, {"message": "keep out"}),
    "wrong token": Answer(401, {"message": "who are you"}),
    "a failure": Answer(500, {}),
    "it does not know the question": Answer(404, {"message": "Cannot OPTIONS"}),
}


@pytest.mark.parametrize("answer", ODD_OPTIONS.values(), ids=ODD_OPTIONS)
def test_an_odd_answer_says_nothing_and_is_asked_again(answer: Answer, fake: FakePlatform, session: Session) -> None:
    there = fake.store("connectors", project_id=PROJECT)
    fake.fault("OPTIONS", "/connectors/.*", answer)

    with pytest.raises(PlatformError) as caught:
        session.capabilities(CONNECTORS, there)
    assert not isinstance(caught.value, NotFound)
    assert "PUT" in session.capabilities(CONNECTORS, there).methods


def test_an_object_that_is_gone_says_nothing_about_the_others(fake: FakePlatform, session: Session) -> None:
    fake.fault("OPTIONS", "/connectors/gone", Answer(404, {"message": ["there is no gone"]}))

    with pytest.raises(NotFound):
        session.capabilities(CONNECTORS, "gone")
    assert session.capabilities(CONNECTORS, "there").methods


# Sources


def test_the_names_behind_a_connector_are_listed_once_for_all_who_ask(fake: FakePlatform, session: Session) -> None:
    id_ = fake.store("connectors", project_id=PROJECT)

    answers = side_by_side(lambda: session.source_names(id_, "databases", "crm", "tables"))

    assert answers == [["customers", "orders"]] * 16
    assert fake.calls == [f"GET /connectors/{id_}/databases/crm/tables"]


def test_what_was_listed_behind_one_connector_can_be_forgotten(fake: FakePlatform, session: Session) -> None:
    one, other = (fake.store("connectors", project_id=PROJECT) for _ in range(2))
    for id_ in (one, other):
        session.source_names(id_, "paths")
    fake.forget_calls()

    session.forget_source_names(one)

    for id_ in (one, other):
        session.source_names(id_, "paths")
    assert fake.calls == [f"GET /connectors/{one}/paths"]


@pytest.mark.parametrize("items", [False, None, [1], [{"name": "x"}], "x"])
def test_names_in_another_form_than_text_are_not_known(items: object, fake: FakePlatform, session: Session) -> None:
    fake.paths = items

    assert session.source_names(fake.store("connectors", project_id=PROJECT), "paths") is None


# Are the token and the project good?


def test_a_project_is_looked_for_once(fake: FakePlatform, session: Session) -> None:
    side_by_side(lambda: session.ensure_usable(PROJECT))

    assert fake.calls == [f"GET /projects/{PROJECT}"]


def test_a_project_that_is_not_there_names_those_that_are(fake: FakePlatform, session: Session) -> None:
    with pytest.raises(PlatformError) as caught:
        session.ensure_usable("5ea1")

    assert str(caught.value) == (
        f"project_id: there is no project 5ea1 on {fake.url}. The token sees 'tests' ({PROJECT})"
    )


def test_without_a_project_the_token_is_tried(fake: FakePlatform) -> None:
    fake.fault("GET", "/version", Answer(401, {"message": "who are you"}))

    with pytest.raises(PlatformError, match=r"^the platform refused the token \(401\)"):
        connect(fake, asks_first=True).session.ensure_usable(None)


# Answers are checked


@pytest.mark.parametrize("content", [{"name": "x"}, {"_id": "5ea2", "name": "x"}, {"_id": 5}, {"id": "5ea1"}], ids=str)
def test_an_object_without_the_id_that_was_asked_for_is_no_answer(
    content: dict[str, object], fake: FakePlatform, session: Session
) -> None:
    fake.fault("GET", "/connectors/5ea1", Answer(200, content))

    with pytest.raises(PlatformError, match=r"the answer is not the connector that was asked for: its _id is "):
        session.fetch(CONNECTORS, "5ea1")


# Is it gone?


@pytest.mark.parametrize(
    "not_a_platform",
    [
        Answer(404, b"<html>", {"Content-Type": "text/html"}),
        Answer(404, {"message": "no Route matched with those values"}),
        Answer(401, {"message": "who are you"}),
        Answer(403, {"message": "keep out"}),
        Answer(500, {}),
    ],
    ids=str,
)
def test_a_404_counts_only_from_a_platform_that_answers_as_one(not_a_platform: Answer, fake: FakePlatform) -> None:
    fake.fault("GET", "/version", not_a_platform)

    with pytest.raises(PlatformError):
        connect(fake).session.fetch(CONNECTORS, "5ea1")


def test_that_it_is_a_platform_is_asked_once(fake: FakePlatform, session: Session) -> None:
    assert session.fetch(CONNECTORS, "5ea1") is None
    assert session.fetch(CONNECTORS, "5ea2") is None
    session.delete(CONNECTORS, PROJECT, "5ea3")

    assert fake.calls.count("GET /version") == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, b"<html>", {"Content-Type": "text/html"}),
        Answer(401, {"message": "x"}),
        Answer(403, {"message": "x"}),
        Answer(500, {"message": "x"}),
        Answer(200, b"garbage"),
        Answer(302, headers={"Location": "/login"}),
    ],
    ids=str,
)
def test_nothing_but_a_404_of_its_own_means_gone(answer: Answer, fake: FakePlatform, session: Session) -> None:
    fake.fault("GET", "/connectors/5ea1", answer, times=9)

    with pytest.raises(PlatformError):
        session.fetch(CONNECTORS, "5ea1")
