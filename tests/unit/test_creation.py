"""Creations whose answer never came: exactly one object, and the right one."""

import concurrent.futures
import time
from collections.abc import Callable
from typing import Any

import pytest
from pulumi_previsionio import PlatformError, Refused, Unreachable
from pulumi_previsionio._core import creation, kinds, lifecycle
from pulumi_previsionio._core.context import Context
from pulumi_previsionio._core.kind import Kind
from pulumi_previsionio._core.secret import Secret
from pulumi_previsionio._core.values import Values
from pulumi_previsionio._platform.client import Sending

from tests.unit.conftest import connect
from tests.unit.examples import KINDS, values
from tests.unit.fake_platform import PROJECT, FakePlatform
from tests.unit.scripted_server import CUT, Answer

LOST = {
    "cut": CUT,
    "cut half way": Answer(body={"_id": "0123456789"}, cut_half_way=True),
    "500": Answer(500, {"message": "oops"}),
    "502": Answer(502, b"<html>bad gateway</html>"),
    "503": Answer(503, {}),
    "503 with a time to come back": Answer(503, {}, {"Retry-After": "1"}),
    "504": Answer(504, {}),
    "no JSON": Answer(200, b"<html>"),
    "nothing": Answer(200, b""),
    "no id": Answer(200, {"name": "thing"}),
    "an odd id": Answer(200, {"_id": 7}),
}


@pytest.fixture(autouse=True)
def no_waiting(pauses: list[float]) -> list[float]:
    return pauses


def sql(fake: FakePlatform, **changes: Any) -> Values:
    return values(kinds.SQL, platform_url=fake.url, **{"test_connection": False, **changes})


def create(context: Context, state: Values, kind: Kind = kinds.SQL) -> str:
    return lifecycle.create(kind, state, context)[0]


def like_it(**changes: Any) -> dict[str, Any]:
    """What the platform would store for `sql()`."""
    same = dict(type="SQL", name="thing", host="db.example", port=3306, username="reader", project_id=PROJECT)
    return {**same, **changes}


def posts(fake: FakePlatform) -> int:
    return len([call for call in fake.calls if call.startswith("POST ") and not call.endswith("/test")])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_normal_path_makes_one_call_and_looks_at_no_list(kind: Kind, fake: FakePlatform, context: Context) -> None:
    state = values(kind, platform_url=fake.url)

    create(context, state, kind)

    assert posts(fake) == 1
    assert not [call for call in fake.calls if call.startswith("GET /projects")]


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_object_whose_answer_was_lost_is_found_and_made_once(
    kind: Kind, lost: Answer, fake: FakePlatform, context: Context
) -> None:
    fake.fault("POST", f"/{kind.collection.path}(/data-source)?", lost, carried_out=True)
    before = set(fake.objects[kind.collection.path])

    id_ = create(context, values(kind, platform_url=fake.url), kind)

    assert set(fake.objects[kind.collection.path]) - before == {id_}
    assert posts(fake) == 1


def test_an_answer_that_does_not_come_in_time_is_lost_too(fake: FakePlatform) -> None:
    fake.fault("POST", "/connectors", Answer(delay=0.2), carried_out=True)

    id_ = create(connect(fake, call_timeout=0.1), sql(fake))

    assert set(fake.objects["connectors"]) == {id_}


def test_what_is_found_is_tested_like_any_other(fake: FakePlatform, context: Context) -> None:
    fake.fault("POST", "/connectors", CUT, carried_out=True)
    fake.broken["db.example"] = "no route to host"

    with pytest.raises(PlatformError, match="does not work: no route to host"):
        create(context, sql(fake, test_connection=True))

    assert fake.objects["connectors"] == {}


def test_it_is_found_on_a_later_page(fake: FakePlatform, context: Context) -> None:
    fake.page = 2
    for _ in range(5):
        fake.store("connectors", **like_it(name="other"))
    fake.fault("POST", "/connectors", CUT, carried_out=True)

    id_ = create(context, sql(fake))

    assert fake.objects["connectors"][id_]["name"] == "thing"


def test_it_is_found_when_the_platform_takes_its_time_to_store_it(fake: FakePlatform, context: Context) -> None:
    fake.fault("POST", "/connectors", CUT)
    fake.fault("GET", "/connectors", None, carried_out=True, before=lambda: None)
    fake.fault("GET", "/connectors", None, carried_out=True, before=lambda: fake.store("connectors", **like_it()))

    id_ = create(context, sql(fake))

    assert set(fake.objects["connectors"]) == {id_}


def test_all_that_may_be_it_are_named(fake: FakePlatform, context: Context) -> None:
    """However many: each may be the one that somebody has to delete."""
    others: list[str] = []
    fake.fault(
        "POST",
        "/connectors",
        CUT,
        carried_out=True,
        before=lambda: others.extend(fake.store("connectors", **like_it()) for _ in range(8)),
    )

    with pytest.raises(PlatformError, match="it cannot be told which of them is the new one") as caught:
        create(context, sql(fake))

    assert len(others) == 8
    assert [id_ for id_ in fake.objects["connectors"] if id_ not in str(caught.value)] == []


def test_what_was_not_made_is_an_error_that_says_where_to_look(
    fake: FakePlatform, context: Context, pauses: list[float]
) -> None:
    fake.fault("POST", "/connectors", CUT)

    with pytest.raises(PlatformError) as caught:
        create(context, sql(fake))

    assert str(caught.value) == (
        f"no answer from the platform at {fake.url}: the connection was cut. The platform does not list the SQL "
        "connector, so it was not made, unless the platform is still at it: look for 'thing' there before the next "
        "`pulumi up`"
    )
    assert posts(fake) == 1
    assert 0 < sum(pauses) < 10


OTHERS: dict[str, Callable[[], dict[str, Any]]] = {
    "made a while ago": lambda: like_it(made_at=time.time() - creation._AT_WORK - 60),
    "made long ago": lambda: like_it(made_at=1_500_000_000),
    "of another name": lambda: like_it(name="other"),
    "of another host": lambda: like_it(host="other.example"),
    "on another port": lambda: like_it(port=3307),
    "of another user": lambda: like_it(username="other"),
    "of another kind": lambda: like_it(type="FTP"),
    "in another project": lambda: like_it(project_id="other"),
}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("stored", [True, False])
def test_an_object_of_somebody_else_is_never_taken(
    other: str, stored: bool, fake: FakePlatform, context: Context
) -> None:
    theirs = fake.store("connectors", **OTHERS[other]())
    fake.fault("POST", "/connectors", CUT, carried_out=stored)

    if stored:
        assert create(context, sql(fake)) != theirs
    else:
        with pytest.raises(PlatformError, match="does not list the SQL connector"):
            create(context, sql(fake))

    assert theirs in fake.objects["connectors"]


@pytest.mark.parametrize("id_", ["short", "z" * 24])
def test_an_object_whose_id_tells_no_time_is_never_taken(id_: Any, fake: FakePlatform, context: Context) -> None:
    fake.objects["connectors"]["x"] = {**like_it(), "_id": id_}
    fake.fault("POST", "/connectors", CUT)

    with pytest.raises(
        PlatformError,
        match=r"None is taken, for their ids do not tell when.* needs of 1 SQL connector: ",
    ):
        create(context, sql(fake))


@pytest.mark.parametrize("id_", ["", None, 7])
def test_an_object_without_an_id_makes_the_list_none(id_: Any, fake: FakePlatform, context: Context) -> None:
    fake.objects["connectors"]["x"] = {**like_it(), "_id": id_}
    fake.fault("POST", "/connectors", CUT)

    with pytest.raises(PlatformError, match=r"its list cannot be read either: .* holds what is no object with an _id"):
        create(context, sql(fake))


@pytest.mark.parametrize("made", ["long before", "known"])
def test_the_id_of_an_older_object_is_no_answer(made: str, fake: FakePlatform, context: Context) -> None:
    """It is neither taken nor deleted; the new object is found in the list."""
    foreign = fake.store("connectors", time.time() - 3600 if made == "long before" else None, name="foreign")
    if made == "known":
        context.session.remember(foreign)
    fake.fault("POST", "/connectors", Answer(body={"_id": foreign}), carried_out=True)

    id_ = create(context, sql(fake))

    assert id_ != foreign
    assert set(fake.objects["connectors"]) == {foreign, id_}


def test_two_that_look_alike_are_an_error_with_both_ids(fake: FakePlatform, context: Context) -> None:
    theirs: list[str] = []
    fake.fault(
        "POST",
        "/connectors",
        CUT,
        carried_out=True,
        before=lambda: theirs.append(fake.store("connectors", **like_it())),
    )

    with pytest.raises(
        PlatformError,
        match=r"None is taken, for it cannot be told which of them is the new one.* needs of 2 SQL connectors: ",
    ) as caught:
        create(context, sql(fake))

    assert len(fake.objects["connectors"]) == 2
    assert all(id_ in str(caught.value) for id_ in fake.objects["connectors"])


@pytest.mark.parametrize("seconds", [-3, creation._STORING + 20])
def test_who_makes_equal_ones_at_that_time_keeps_any_from_being_taken(
    seconds: float, fake: FakePlatform, context: Context
) -> None:
    theirs: list[str] = []
    fake.fault(
        "POST",
        "/connectors",
        CUT,
        carried_out=True,
        before=lambda: theirs.append(fake.store("connectors", **like_it(made_at=time.time() + seconds))),
    )

    with pytest.raises(
        PlatformError,
        match=r"None is taken, for somebody else makes equal ones.* needs of 2 SQL connectors: ",
    ) as caught:
        create(context, sql(fake))

    assert len(fake.objects["connectors"]) == 2
    assert all(id_ in str(caught.value) for id_ in fake.objects["connectors"])


def test_an_object_made_long_after_the_request_is_not_taken(fake: FakePlatform, context: Context) -> None:
    """A request that stalls is given up after a minute: somebody else may make an equal object in that time."""
    late = time.time() + creation._STORING + 20
    fake.fault("POST", "/connectors", CUT, before=lambda: fake.store("connectors", **like_it(made_at=late)))

    with pytest.raises(
        PlatformError,
        match=r"None is taken, for what is made more than 10 s after.* needs of 1 SQL connector: ",
    ):
        create(context, sql(fake))


def test_what_two_looks_do_not_agree_on_is_not_taken(fake: FakePlatform, context: Context) -> None:
    """Of two creations on their way at the same time, the other one's is stored first."""
    fake.fault("POST", "/connectors", CUT, carried_out=True)
    fake.fault("GET", "/connectors", None, carried_out=True)
    fake.fault("GET", "/connectors", None, carried_out=True, before=lambda: fake.store("connectors", **like_it()))

    with pytest.raises(
        PlatformError,
        match=r"None is taken, for it cannot be told which.* needs of 2 SQL connectors: ",
    ):
        create(context, sql(fake))


def test_what_is_made_while_a_creation_waits_to_be_sent_is_somebody_elses(fake: FakePlatform, context: Context) -> None:
    """The platform asked to wait: the request that lost its answer was sent afterwards."""
    sent: list[float] = []
    fake.fault("POST", "/connectors", Answer(429, {}, {"Retry-After": "1"}), before=lambda: sent.append(time.time()))
    sending = Sending()

    context.session.client.create(f"/projects/{PROJECT}/connectors", {"name": "thing"}, sending)

    assert sending.at > sent[0]


def test_an_object_that_this_process_made_is_never_taken(fake: FakePlatform, context: Context) -> None:
    own = create(context, sql(fake))
    fake.fault("POST", "/connectors", CUT)

    with pytest.raises(PlatformError, match="does not list the SQL connector"):
        create(context, sql(fake))

    assert set(fake.objects["connectors"]) == {own}


@pytest.mark.parametrize("answer", [CUT, Answer(403, {"message": "no"}), Answer(200, b"<html>")], ids=str)
def test_a_list_that_cannot_be_read_is_an_error_with_both_reasons(
    answer: Answer, fake: FakePlatform, context: Context
) -> None:
    fake.fault("POST", "/connectors", Answer(502, {}), carried_out=True)
    fake.fault("GET", "/connectors", answer, times=99)

    with pytest.raises(PlatformError, match=r"^the platform failed \(502\).* Whether the SQL connector was made"):
        create(context, sql(fake))

    assert posts(fake) == 1


@pytest.mark.parametrize("message", [["host: forbidden", "port:\n odd"], "host: forbidden; port:\n odd"])
def test_a_refusal_dressed_as_a_success_is_a_refusal(message: Any, fake: FakePlatform, context: Context) -> None:
    fake.fault("POST", "/connectors", Answer(200, {"message": message}))

    with pytest.raises(Refused, match=r"^host: forbidden; port: odd$"):
        create(context, sql(fake))


def test_a_creation_that_was_never_sent_looks_for_nothing(fake: FakePlatform) -> None:
    with FakePlatform() as gone:
        context = connect(gone)

    with pytest.raises(Unreachable, match=r"connection refused$"):
        create(context, sql(fake))


# The platform's clock


@pytest.mark.parametrize("ahead", [-3600, 3600, 0.6, -0.6])
def test_it_is_found_whatever_the_platforms_clock_says(ahead: float, fake: FakePlatform, context: Context) -> None:
    def date() -> dict[str, str]:
        return {"Date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + ahead))}

    fake.clock_ahead = ahead
    assert date() == fake.headers()
    older = fake.store("connectors", **like_it(), made_at=time.time() + ahead - creation._AT_WORK - 3)
    fake.fault("POST", "/connectors", CUT, carried_out=True)

    assert create(context, sql(fake)) != older


# Side by side


def test_equal_objects_made_side_by_side_while_one_answer_is_lost(fake: FakePlatform, context: Context) -> None:
    fake.fault("POST", "/connectors", CUT, carried_out=True)

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        ids = list(threads.map(lambda _: create(context, sql(fake)), range(8)))

    assert set(ids) == set(fake.objects["connectors"])
    assert len(ids) == len(set(ids)) == posts(fake) == 8


@pytest.mark.parametrize("stored", [True, False])
def test_objects_that_differ_in_nothing_but_the_secret_are_never_mixed_up(
    stored: bool, fake: FakePlatform, context: Context
) -> None:
    """The list does not show what tells them apart: the neighbor's answer must not be on its way meanwhile."""
    neighbor: list[concurrent.futures.Future[str]] = []
    with concurrent.futures.ThreadPoolExecutor(1) as threads:

        def meanwhile() -> None:
            neighbor.append(threads.submit(create, context, {**sql(fake), "password": Secret("another")}))
            time.sleep(0.1)

        fake.fault("POST", "/connectors", CUT, carried_out=stored, before=meanwhile)
        fake.fault("POST", "/connectors", None, carried_out=True, after=lambda: time.sleep(0.3))
        try:
            id_ = create(context, sql(fake))
        except PlatformError:
            id_ = None

    assert (id_ is not None) is stored
    assert neighbor[0].result() != id_
    assert len(fake.objects["connectors"]) == 1 + stored
