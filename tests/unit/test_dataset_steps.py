"""Waiting for a dataset's copy, and keeping old snapshots."""

import types
from typing import Any

import pytest
from pulumi_previsionio import PlatformError
from pulumi_previsionio._core import kinds, lifecycle
from pulumi_previsionio._core.context import Context
from pulumi_previsionio._core.steps.datasets import state_of
from pulumi_previsionio._core.values import Values

from tests.unit.conftest import connect
from tests.unit.examples import values
from tests.unit.fake_platform import PROJECT, FakePlatform
from tests.unit.scripted_server import Answer


class Clock:
    """Time that passes only when somebody sleeps, and what happens then."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []
        self.events: list[tuple[float, Any]] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
        for moment, event in list(self.events):
            if self.now - 1000.0 >= moment:
                self.events.remove((moment, event))
                event()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    namespace = types.SimpleNamespace(monotonic=clock.monotonic, sleep=clock.sleep)
    monkeypatch.setattr("pulumi_previsionio._core.steps.datasets.time", namespace)
    return clock


def dataset(fake: FakePlatform, **changes: Any) -> Values:
    return values(kinds.DATASET, platform_url=fake.url, **changes)


PENDING = {"copy_state": "pending", "describe_state": "pending", "drift_state": "pending"}


def snapshot(fake: FakePlatform, context: Context, clock: Clock, **changes: Any) -> str:
    """Make a dataset whose copy is not done at once."""
    fake.fault("POST", "/data-source", None, carried_out=True, after=lambda: become(fake, **PENDING))
    return lifecycle.create(kinds.DATASET, dataset(fake, **changes), context)[0]


def become(fake: FakePlatform, **states: str) -> None:
    fake.only("datasets").update(states)


def test_a_copy_that_is_done_at_once_is_looked_at_once(fake: FakePlatform, context: Context, clock: Clock) -> None:
    id_, _ = lifecycle.create(kinds.DATASET, dataset(fake), context)

    assert fake.calls[1:] == [f"GET /datasets/{id_}"]
    assert clock.pauses == []


def test_all_states_must_be_done(fake: FakePlatform, context: Context, clock: Clock) -> None:
    for moment, state in enumerate(PENDING, start=1):
        clock.events.append((moment * 10, lambda state=state: become(fake, **{state: "done"})))

    snapshot(fake, context, clock)

    assert 30 <= sum(clock.pauses) <= 35


def test_looks_become_rarer_and_stay_at_most_five_seconds_apart(
    fake: FakePlatform, context: Context, clock: Clock
) -> None:
    clock.events.append((600, lambda: become(fake, **dict.fromkeys(PENDING, "done"))))

    snapshot(fake, context, clock)

    assert clock.pauses == sorted(clock.pauses)
    assert (clock.pauses[0], clock.pauses[-1]) == (0.2, 5.0)


@pytest.mark.parametrize("state", PENDING)
def test_a_failed_copy_leaves_nothing_and_says_why(
    state: str, fake: FakePlatform, context: Context, clock: Clock
) -> None:
    clock.events.append((3, lambda: become(fake, **{state: "failed", "errorMessage": "table\n is gone"})))

    with pytest.raises(PlatformError, match=r"^Dataset 'thing': the copy failed: table is gone$"):
        snapshot(fake, context, clock)

    assert fake.objects["datasets"] == {}


def test_a_failure_without_a_reason_says_so(fake: FakePlatform, context: Context, clock: Clock) -> None:
    clock.events.append((3, lambda: become(fake, copy_state="failed")))

    with pytest.raises(PlatformError, match=r"the copy failed: the platform gives no reason$"):
        snapshot(fake, context, clock)


def test_a_copy_that_takes_too_long_is_removed_at_its_timeout(
    fake: FakePlatform, context: Context, clock: Clock
) -> None:
    with pytest.raises(
        PlatformError, match=r"^Dataset 'thing': the copy was not done after 12.5 s \(timeout\); it was"
    ):
        snapshot(fake, context, clock, timeout=12.5)

    assert sum(clock.pauses) == pytest.approx(12.5)
    assert fake.objects["datasets"] == {}


def test_a_copy_that_is_done_at_the_last_moment_counts(fake: FakePlatform, context: Context, clock: Clock) -> None:
    clock.events.append((12.5, lambda: become(fake, **dict.fromkeys(PENDING, "done"))))

    snapshot(fake, context, clock, timeout=12.5)


def test_a_dataset_that_somebody_deletes_meanwhile_is_an_error(
    fake: FakePlatform, context: Context, clock: Clock
) -> None:
    clock.events.append((3, fake.objects["datasets"].clear))

    with pytest.raises(PlatformError, match=r"^Dataset 'thing': somebody deleted it while the copy was made$"):
        snapshot(fake, context, clock)


def test_progress_is_told_twice_a_minute(
    fake: FakePlatform, context: Context, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    clock.events.append((100, lambda: become(fake, **dict.fromkeys(PENDING, "done"))))

    snapshot(fake, context, clock)

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("Dataset 'thing': copying for ") for line in lines)


# What the platform tells of a copy


def test_what_is_told_of_a_copy_is_kept_and_costs_no_call(fake: FakePlatform, context: Context) -> None:
    told = {"rows": 3, "columns": 8.0, "size": 0}
    fake.fault("POST", "/data-source", None, carried_out=True, after=lambda: fake.only("datasets").update(told))

    id_, state = lifecycle.create(kinds.DATASET, dataset(fake), context)

    assert state == {**dataset(fake), "rows": 3, "columns": 8, "size": 0, "state": "done"}
    assert fake.calls[1:] == [f"GET /datasets/{id_}"]


@pytest.mark.parametrize("told", [{}, {"rows": None, "size": ""}, {"rows": "many", "columns": ["id"], "size": -1}])
def test_what_is_not_told_is_not_there(told: dict[str, Any], fake: FakePlatform, context: Context) -> None:
    id_, state = lifecycle.create(kinds.DATASET, dataset(fake), context)
    fake.only("datasets").update(told)

    assert lifecycle.read(kinds.DATASET, id_, state, context) == {**dataset(fake), "state": "done"}


@pytest.mark.parametrize(
    ("states", "state"),
    [
        (("done", "done", "done"), "done"),
        (("done", "failed", "pending"), "failed"),
        (("done", "pending", "pending"), "running"),
        (("pending", "running", None), "running"),
        (("pending", "pending", "pending"), "pending"),
        (("done", "done", None), None),
        (("", None, None), None),
    ],
)
def test_three_states_are_one_word(states: tuple[Any, ...], state: str | None) -> None:
    assert state_of(*states) == state


def test_a_state_that_no_copy_has_is_an_error(fake: FakePlatform, context: Context) -> None:
    id_, state = lifecycle.create(kinds.DATASET, dataset(fake), context)
    become(fake, drift_state="lost")

    with pytest.raises(PlatformError, match=r"^the platform says that the copy is 'lost', which is no state of one$"):
        lifecycle.read(kinds.DATASET, id_, state, context)


def test_a_refresh_tells_how_it_is_now_and_changes_nothing(fake: FakePlatform, context: Context) -> None:
    """Also in a stack of version 0.1.0, whose state lacks all of it."""
    id_, state = lifecycle.create(kinds.DATASET, dataset(fake), context)
    fake.only("datasets").update(rows=5, columns=2, size=99, describe_state="failed")
    now = {"rows": 5, "columns": 2, "size": 99, "state": "failed"}

    for before in (dataset(fake), {**state, "rows": 4, "size": 1}):
        live = lifecycle.read(kinds.DATASET, id_, before, connect(fake))
        assert live == {**dataset(fake), **now}
        assert lifecycle.refreshed_inputs(kinds.DATASET, live, context) == dataset(fake)
        assert lifecycle.diff(kinds.DATASET, id_, live, dataset(fake), context).action == "same"


def test_a_list_that_tells_less_than_the_state_is_not_enough(fake: FakePlatform, context: Context) -> None:
    made = [lifecycle.create(kinds.DATASET, dataset(fake, name=f"of day {day}"), context)[0] for day in range(9)]
    told = {**dataset(fake), "rows": 1, "state": "done"}
    for item in fake.objects["datasets"].values():
        item["rows"] = 1
    fake.fault("GET", f"/projects/{PROJECT}/datasets", fake_list(fake, made), times=9)
    process = connect(fake)

    for day, id_ in enumerate(made):
        live = lifecycle.read(kinds.DATASET, id_, {**told, "name": f"of day {day}"}, process)
        assert live == {**told, "name": f"of day {day}"}


def fake_list(fake: FakePlatform, ids: list[str]) -> Answer:
    items = [{key: value for key, value in fake.objects["datasets"][id_].items() if key != "rows"} for id_ in ids]
    return Answer(body={"items": items, "metaData": {"totalItems": 9, "rowsPerPage": 50, "nextPage": False}})


def test_a_change_for_the_provider_alone_keeps_what_was_told(fake: FakePlatform, context: Context) -> None:
    id_, state = lifecycle.create(kinds.DATASET, dataset(fake), context)
    state |= {"rows": 3}
    fake.forget_calls()

    news = {**dataset(fake), "timeout": 5}
    assert lifecycle.update(kinds.DATASET, id_, state, news, context) == {**news, "rows": 3, "state": "done"}
    assert fake.calls == []


# Old snapshots


@pytest.mark.parametrize("keep", [True, False])
def test_the_program_decides_whether_a_replaced_snapshot_stays(
    keep: bool, fake: FakePlatform, context: Context
) -> None:
    """The engine has the resource checked with its old inputs, makes the new snapshot, then deletes the old one."""
    process = connect(fake)
    old = dataset(fake, keep_on_replace=not keep, triggers=["monday"])
    old_id, state = lifecycle.create(kinds.DATASET, old, context)
    new = {**old, "keep_on_replace": keep, "triggers": ["tuesday"]}

    new, problems = lifecycle.check(kinds.DATASET, old, new, process)
    assert lifecycle.diff(kinds.DATASET, old_id, state, new, process).action == "replace"
    new_id, _ = lifecycle.create(kinds.DATASET, new, process)
    lifecycle.delete(kinds.DATASET, old_id, state, process)

    assert problems == []
    assert set(fake.objects["datasets"]) == ({old_id, new_id} if keep else {new_id})


def test_a_destroyed_snapshot_does_not_stay(fake: FakePlatform, context: Context) -> None:
    state = dataset(fake, keep_on_replace=True)
    id_, _ = lifecycle.create(kinds.DATASET, state, context)

    lifecycle.delete(kinds.DATASET, id_, state, context)

    assert fake.objects["datasets"] == {}


def test_a_dataset_never_changes_in_place(fake: FakePlatform, context: Context) -> None:
    state = dataset(fake)

    assert lifecycle.diff(kinds.DATASET, "5ea1", state, {**state, "name": "x"}, context).replaces == ("name",)
    assert lifecycle.diff(kinds.DATASET, "5ea1", state, {**state, "timeout": 5}, context).action == "update"
    assert fake.calls == []


def test_a_poll_that_fails_for_a_moment_is_repeated(
    fake: FakePlatform, context: Context, clock: Clock, pauses: list[float]
) -> None:
    fake.fault("GET", "/datasets/[^/]+", Answer(503, {}), times=2)

    lifecycle.create(kinds.DATASET, dataset(fake), context)

    assert len(fake.objects["datasets"]) == 1
