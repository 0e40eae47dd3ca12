"""What one process knows of one platform."""

import concurrent.futures
import sys
import threading
from collections.abc import Iterator

import pytest
from pulumi_previsionio import NotFound, PlatformError, SettingsError, _kinds
from pulumi_previsionio._platform import Platform, shared_platform

from tests.unit.conftest import connect
from tests.unit.examples import settings
from tests.unit.fake_platform import PROJECT, FakePlatform
from tests.unit.scripted_server import Answer


@pytest.fixture
def busy() -> Iterator[None]:
    """Threads change places as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def side_by_side(work: object, times: int = 16) -> list[object]:
    assert callable(work)
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        return list(threads.map(lambda _: work(), range(times)))


def test_equal_settings_share_one_platform_and_others_do_not() -> None:
    assert shared_platform(settings(url="http://a")) is shared_platform(settings(url="http://a"))
    assert shared_platform(settings(url="http://a")) is not shared_platform(settings(url="http://a", token="other"))


def test_settings_with_problems_give_no_platform() -> None:
    with pytest.raises(SettingsError, match=r"^no token; bad address$"):
        shared_platform(settings(token=None, problems=("no token", "bad address")))


# What the platform offers


def test_what_a_platform_offers_is_asked_once_for_each_kind(fake: FakePlatform, platform: Platform) -> None:
    answers = side_by_side(lambda: platform.offers_update(_kinds.SQL, "1"))
    platform.offers_verification(_kinds.SQL, "2")
    platform.offers_update(_kinds.FTP, "3")

    assert set(answers) == {True}
    assert fake.calls == ["OPTIONS /connectors/1", "OPTIONS /connectors/3"]


def test_what_is_known_without_asking_is_not_asked(fake: FakePlatform, platform: Platform) -> None:
    assert not platform.offers_update(_kinds.DATASET, "1")
    assert fake.calls == []


def test_an_object_that_is_gone_says_nothing_about_the_others(fake: FakePlatform, platform: Platform) -> None:
    fake.fault("OPTIONS", "/connectors/gone", Answer(404, {"message": ["there is no gone"]}))

    with pytest.raises(NotFound):
        platform.offers_update(_kinds.SQL, "gone")
    assert platform.offers_update(_kinds.SQL, "there")


def test_a_platform_that_knows_no_such_question_offers_nothing(fake: FakePlatform, platform: Platform) -> None:
    there = fake.store("connectors", project_id=PROJECT)
    fake.fault("OPTIONS", "/connectors/.*", Answer(404, {"message": ["Cannot OPTIONS"]}), times=10)

    assert not platform.offers_update(_kinds.SQL, there)
    assert not platform.offers_update(_kinds.SQL, "another")
    assert fake.calls == [f"OPTIONS /connectors/{there}", f"GET /connectors/{there}"]


def test_a_question_that_failed_is_asked_again(fake: FakePlatform, platform: Platform) -> None:
    fake.fault("OPTIONS", "/connectors/1", Answer(500, {}))

    with pytest.raises(PlatformError):
        platform.offers_update(_kinds.SQL, "1")
    assert platform.offers_update(_kinds.SQL, "1")


# Sources


def test_the_names_behind_a_connector_are_listed_once_for_all_who_ask(fake: FakePlatform, platform: Platform) -> None:
    id_ = fake.store("connectors", project_id=PROJECT)

    answers = side_by_side(lambda: platform.tables(id_, "crm"))

    assert answers == [["customers", "orders"]] * 16
    assert fake.calls == [f"GET /connectors/{id_}/databases/crm/tables"]


def test_a_change_of_a_connector_voids_what_was_listed_and_seen_through_it(
    fake: FakePlatform, platform: Platform
) -> None:
    one, other = (fake.store("connectors", project_id=PROJECT) for _ in range(2))
    for id_ in (one, other):
        platform.paths(id_)
        platform.remember_verified(id_, "source")
    fake.forget_calls()

    platform.changed(one)

    for id_ in (one, other):
        platform.paths(id_)
    assert fake.calls == [f"GET /connectors/{one}/paths"]
    assert (platform.is_verified(one, "source"), platform.is_verified(other, "source")) == (False, True)


def test_a_connector_is_changing_until_it_has(platform: Platform) -> None:
    platform.announce_change("1")
    assert platform.is_changing("1")
    assert not platform.is_changing("2")

    platform.changed("1")
    assert not platform.is_changing("1")


@pytest.mark.parametrize("items", [False, None, [1], [{"name": "x"}], "x"])
def test_names_in_another_form_than_text_are_not_known(items: object, fake: FakePlatform, platform: Platform) -> None:
    fake.paths = items

    assert platform.paths(fake.store("connectors", project_id=PROJECT)) is None


def test_threads_that_see_sources_do_not_disturb_one_that_changes_a_connector(platform: Platform, busy: None) -> None:
    done = threading.Event()

    def see() -> None:
        number = 0
        while not done.is_set():
            number += 1
            platform.remember_verified("other", str(number))

    with concurrent.futures.ThreadPoolExecutor(3) as threads:
        seeing = [threads.submit(see) for _ in range(3)]
        try:
            for _ in range(30):
                platform.changed("one")
        finally:
            done.set()
        for future in seeing:
            future.result()


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
        connect(fake).read_one(_kinds.SQL, "5ea1")


def test_that_it_is_a_platform_is_asked_once(fake: FakePlatform, platform: Platform) -> None:
    assert platform.read_one(_kinds.SQL, "5ea1") is None
    assert platform.read_one(_kinds.SQL, "5ea2") is None
    platform.delete(_kinds.SQL, PROJECT, "5ea3")

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
def test_nothing_but_a_404_of_its_own_means_gone(answer: Answer, fake: FakePlatform, platform: Platform) -> None:
    fake.fault("GET", "/connectors/5ea1", answer, times=9)

    with pytest.raises(PlatformError):
        platform.read_one(_kinds.SQL, "5ea1")
