"""What each operation decides and does, on a platform that behaves and on one that does not."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from pulumi_previsionio import (
    IdentityError,
    InputError,
    LookupFailed,
    PlatformError,
    Refused,
    SettingsError,
)
from pulumi_previsionio._core import kinds, lifecycle
from pulumi_previsionio._core.context import Context
from pulumi_previsionio._core.kind import Kind
from pulumi_previsionio._core.secret import Secret, SecretReference
from pulumi_previsionio._core.values import UNKNOWN, Values, from_engine, to_engine
from pulumi_previsionio._platform.settings import Settings

from tests.unit.conftest import connect, settings_context
from tests.unit.examples import CONNECTORS, KEY, KEY_BASE64, KEY_TEXT, KINDS, PASSWORD, URL, inputs, settings, values
from tests.unit.fake_platform import PROJECT, FakePlatform
from tests.unit.scripted_server import CUT, Answer

HTML_404 = Answer(404, b"<html>", {"Content-Type": "text/html"})
UNREADABLE = [
    HTML_404,
    Answer(401, {"message": "who are you"}),
    Answer(403, {"message": "keep out"}),
    Answer(500, {}),
    Answer(200, b"<html>"),
    Answer(302, headers={"Location": "/login"}),
]


def id_of(kind: Kind) -> str:
    return kind.name


def on(fake: FakePlatform, kind: Kind, **changes: Any) -> Values:
    """Good values of an object on this context."""
    return values(kind, platform_url=fake.url, **changes)


def existing(fake: FakePlatform, kind: Kind, **changes: Any) -> tuple[str, Values]:
    """An object on the context, and what the stack's state says of it."""
    id_, state = lifecycle.create(kind, on(fake, kind, **changes), connect(fake))
    fake.forget_calls()
    return id_, state


def see(fake: FakePlatform, context: Context, source: Values) -> None:
    """Have the process see the source of a data source."""
    fake.objects["connectors"][source["connector_id"]] = {"_id": source["connector_id"], "type": "SQL"}
    assert context.sources.problems(source) == []
    fake.forget_calls()


# Check


def checked(kind: Kind, news: dict[str, Any], olds: Values | None = None, **changes: Any) -> tuple[Values, list[str]]:
    return lifecycle.check(kind, olds or {}, from_engine(kind, news), settings_context(settings(**changes)))


@pytest.mark.parametrize("kind", KINDS, ids=id_of)
def test_good_inputs_pass_with_project_address_and_defaults_filled_in(kind: Kind) -> None:
    given = inputs(kind, project_id=None, platform_url=None, verify_source=False if kind is kinds.DATASOURCE else None)

    clean, problems = checked(kind, given)

    defaults = {field.name: field.default for field in kind.fields if field.default is not None}
    project = {"project_id": PROJECT} if kind is not kinds.PROJECT else {}
    assert problems == []
    assert clean == {**from_engine(kind, {**defaults, **given}), **project, "platform_url": URL} | (
        {"google_credentials": clean["google_credentials"]} if kind is kinds.GCP else {}
    )


def test_a_project_that_is_given_goes_before_the_providers() -> None:
    assert checked(kinds.SQL, inputs(kinds.SQL, project_id="mine"))[0]["project_id"] == "mine"


@pytest.mark.parametrize(
    ("given", "old", "becomes"),
    [
        ({"default_name": "crm"}, {}, "crm"),
        ({"name": "CRM"}, {}, "CRM"),
        ({"default_name": "renamed"}, {"name": "crm"}, "crm"),
        ({"name": "CRM"}, {"name": "crm"}, "CRM"),
    ],
)
def test_a_name_that_was_not_given_is_fixed_when_the_object_is_made(
    given: dict[str, str], old: Values, becomes: str
) -> None:
    clean, problems = checked(kinds.SQL, {**inputs(kinds.SQL, name=None), **given}, old)

    assert (problems, clean["name"]) == ([], becomes)
    assert "default_name" not in clean


def test_all_problems_come_at_once_settings_included() -> None:
    _, problems = checked(
        kinds.SQL,
        inputs(kinds.SQL, host=None, port=0.0, project_id=None, password={"from_env": "NOT_SET_ANYWHERE"}),
        project_id=None,
        url=None,
        token=None,
        problems=("no address", "no token"),
    )

    assert problems[:2] == ["no address", "no token"]
    assert [problem.partition(":")[0] for problem in problems[2:]] == ["project_id", "password", "host", "port"]


def test_a_missing_project_names_the_three_places_and_the_input() -> None:
    (problem,) = checked(kinds.SQL, inputs(kinds.SQL, project_id=None), project_id=None)[1]

    assert problem.startswith("project_id: no project: give project_id= to ")
    assert "PREVISION_PROJECT_ID" in problem
    assert "previsionio:projectId" in problem


def test_an_address_that_is_unusable_is_in_no_input() -> None:
    clean, _ = checked(kinds.SQL, inputs(kinds.SQL), url=None, problems=("bad",))

    assert clean["platform_url"] is UNKNOWN


@pytest.mark.parametrize("kind", KINDS, ids=id_of)
def test_an_object_made_elsewhere_is_refused_with_both_addresses(kind: Kind) -> None:
    old = values(kind, platform_url="https://production")

    (problem,) = checked(kind, inputs(kind, verify_source=None), old)[1]

    assert problem.startswith(f"{kind.name} 'thing' was made on https://production, but the settings now name {URL}: ")


def test_a_reference_gets_a_digest_that_stays_while_the_value_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM", PASSWORD)
    given = inputs(kinds.SQL, password={"from_env": "CRM"})

    first, _ = checked(kinds.SQL, given)
    assert isinstance(first["password"], SecretReference)
    assert first["password"].digest
    assert checked(kinds.SQL, given, first)[0]["password"] == first["password"]

    monkeypatch.setenv("CRM", "rotated")
    assert checked(kinds.SQL, given, first)[0]["password"] != first["password"]


@pytest.mark.parametrize("now", ["rotated", None], ids=str)
@pytest.mark.parametrize(
    ("kind", "name", "then"), [(kinds.SQL, "password", PASSWORD), (kinds.GCP, "google_credentials", KEY_TEXT)], ids=str
)
def test_a_reference_whose_changes_are_ignored_stays_the_one_that_was_sent(
    kind: Kind, name: str, then: str, now: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine puts the old input in the new one's place, with the digest that no program writes."""
    monkeypatch.setenv("SENT", then)
    first, _ = checked(kind, inputs(kind, **{name: {"from_env": "SENT"}}))
    if now:
        monkeypatch.setenv("SENT", now)
    else:
        monkeypatch.delenv("SENT")

    ignoring = to_engine(kind, first)
    clean, problems = checked(kind, {key: value for key, value in ignoring.items() if key != "platform_url"}, first)

    assert (clean, problems) == (first, [])


def test_a_reference_to_what_is_no_service_account_key_is_seen_in_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    given = inputs(kinds.GCP, google_credentials={"from_env": "KEY"})

    monkeypatch.setenv("KEY", "hunter2hunter2")
    (problem,) = checked(kinds.GCP, given)[1]
    assert problem.startswith("google_credentials: must be a service-account key")

    monkeypatch.setenv("KEY", KEY_BASE64)
    assert checked(kinds.GCP, given)[1] == []


# Diff: every field of every kind, every kind of change, on both kinds of platform

OTHER: dict[str, Any] = {
    "name": "other",
    "project_id": "5ea1f00d0000000000000009",
    "host": "other.example",
    "port": 4444.0,
    "username": "other",
    "password": "another password",
    "access_key_id": "AKIA02",
    "secret_access_key": "another secret",
    "google_credentials": {**KEY, "private_key": "another"},
    "test_connection": False,
    "force_destroy": True,
    "connector_id": "5ea1f00d00000000000000ac",
    "database": "other",
    "table": "other",
    "request": "select 1",
    "bucket": "other",
    "path": "other",
    "g_cloud": "Storage",
    "verify_source": False,
    "description": "other",
    "color": "#000000",
    "datasource_id": "5ea1f00d00000000000000bc",
    "triggers": ["other"],
    "source": {"table": "other"},
    "keep_on_replace": True,
    "timeout": 7.0,
    "platform_url": "http://other",
}
NEVER_IN_PLACE = {"project_id", "connector_id", "datasource_id", "triggers", "source", "platform_url"}
OF_THE_PROVIDER = {"test_connection", "force_destroy", "verify_source", "keep_on_replace", "timeout"}


@dataclasses.dataclass(frozen=True)
class Case:
    kind: Kind
    field: str
    change: str
    update: bool

    def __str__(self) -> str:
        return f"{self.kind.name}-{self.field}-{self.change}-{'update' if self.update else 'replace'}"

    @property
    def expected(self) -> str:
        if self.change == "same" or (self.field == "source" and self.change in ("set", "unset", "unknown")):
            return "same"  # states of earlier versions lack it
        if self.field in OF_THE_PROVIDER:
            return "update"
        in_place = self.update and self.kind is not kinds.DATASET and self.field not in NEVER_IN_PLACE
        return "update" if in_place else "replace"


CASES = [
    Case(kind, field.name, change, update)
    for kind in KINDS
    for field in kind.fields
    for change in ("same", "changed", "set", "unset", "unknown")
    for update in (True, False)
    # Another address is refused, see below.
    if field.name != "platform_url" or change in ("same", "unknown")
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_plan_for_every_change_of_every_field(case: Case, fake: FakePlatform) -> None:
    fake.update = case.update
    kind, name = case.kind, case.field
    good = on(fake, kind)
    other = {**good, **from_engine(kind, {name: OTHER[name]})}
    unset = {key: value for key, value in good.items() if key != name}
    old, new = {
        "same": (other, dict(other)),
        "changed": ({**good, **from_engine(kind, {name: inputs(kind).get(name, "old")})}, other),
        "set": (unset, other),
        "unset": (other, unset),
        "unknown": (good, {**good, name: UNKNOWN}),
    }[case.change]
    if name == "platform_url":
        old = new = good
        new = {**good, name: UNKNOWN} if case.change == "unknown" else good

    plan = lifecycle.diff(kind, "5ea1", old, new, connect(fake))

    assert plan.action == case.expected
    assert plan.replaces == ((name,) if case.expected == "replace" else ())
    may_ask = name not in NEVER_IN_PLACE | OF_THE_PROVIDER and kind is not kinds.DATASET and case.change != "same"
    assert fake.calls == ([f"OPTIONS /{kind.collection.path}/5ea1"] if may_ask else [])


def test_a_fixed_input_beside_others_names_all_that_need_the_replacement(fake: FakePlatform) -> None:
    old = on(fake, kinds.SQL)
    new = {**old, "host": "other", "project_id": "other", "force_destroy": True}

    assert lifecycle.diff(kinds.SQL, "5ea1", old, new, connect(fake)).replaces == ("host", "project_id")
    assert fake.calls == []


def test_what_a_connector_shows_says_nothing_between_the_plan_and_its_change(
    fake: FakePlatform, context: Context
) -> None:
    """In a preview the sources behind it are looked for where the connector will lead, which is not known yet."""
    id_, state = existing(fake, kinds.SQL)
    missing = {"connector_id": id_, "database": "crm", "table": "not yet there"}
    for change in ({}, {"force_destroy": True}):
        lifecycle.diff(kinds.SQL, id_, state, {**state, **change}, context)
        assert context.sources.problems(missing)

    new = {**state, "host": "other"}
    lifecycle.diff(kinds.SQL, id_, state, new, context)
    assert not context.sources.problems(missing)

    lifecycle.update(kinds.SQL, id_, state, new, context)
    assert context.sources.problems(missing)


def test_a_platform_that_cannot_say_what_it_offers_is_an_error_and_not_a_replacement(
    fake: FakePlatform, context: Context
) -> None:
    fake.fault("OPTIONS", "/connectors/5ea1", Answer(401, {"message": "who are you"}))
    old = on(fake, kinds.SQL)

    with pytest.raises(PlatformError, match="refused the token"):
        lifecycle.diff(kinds.SQL, "5ea1", old, {**old, "host": "other"}, context)


def test_a_project_that_is_gone_is_told_before_what_the_platform_cannot_say(fake: FakePlatform) -> None:
    id_, old = existing(fake, kinds.SQL)
    fake.fault("OPTIONS", "/connectors/.*", Answer(401, {"message": "who are you"}))

    with pytest.raises(PlatformError, match="there is no project gone"):
        lifecycle.diff(
            kinds.SQL,
            id_,
            {**old, "project_id": "gone"},
            {**old, "project_id": "gone", "host": "other"},
            connect(fake, asks_first=True),
        )


def test_the_same_secret_under_another_reference_changes_nothing_on_the_platform(
    fake: FakePlatform, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLD", PASSWORD)
    monkeypatch.setenv("NEW", PASSWORD)
    old = on(fake, kinds.SQL)
    reference, other = (SecretReference("from_env", name).with_digest(None, "owner") for name in ("OLD", "NEW"))

    for before, after in [(old["password"], reference), (reference, other), (reference, old["password"])]:
        olds, news = {**old, "password": before}, {**old, "password": after}
        assert lifecycle.diff(kinds.SQL, "5ea1", olds, news, context).action == "update"
        assert lifecycle.update(kinds.SQL, "5ea1", olds, news, context) == news

    assert fake.calls == []


@pytest.mark.parametrize("form", [KEY, KEY_TEXT, KEY_BASE64], ids=["dict", "text", "base64"])
def test_a_service_account_key_written_another_way_is_no_change(
    form: Any, fake: FakePlatform, context: Context
) -> None:
    new = on(fake, kinds.GCP, google_credentials=form)

    assert lifecycle.diff(kinds.GCP, "5ea1", on(fake, kinds.GCP), new, context).action == "same"


# Create


@pytest.mark.parametrize("kind", CONNECTORS, ids=id_of)
def test_a_connector_is_made_and_tested_in_two_calls(kind: Kind, fake: FakePlatform, context: Context) -> None:
    state = on(fake, kind)

    id_, outs = lifecycle.create(kind, state, context)

    assert outs == state
    assert fake.only("connectors")["_id"] == id_
    assert fake.only("connectors")["type"] == kind.name.removesuffix("Connector")
    assert fake.calls == [f"POST /projects/{PROJECT}/connectors", f"POST /connectors/{id_}/test"]


def test_without_the_test_a_connector_is_one_call(fake: FakePlatform, context: Context) -> None:
    lifecycle.create(kinds.SQL, on(fake, kinds.SQL, test_connection=False), context)

    assert fake.calls == [f"POST /projects/{PROJECT}/connectors"]


def test_a_data_source_is_made_and_tested(fake: FakePlatform, context: Context) -> None:
    id_, _ = lifecycle.create(kinds.DATASOURCE, on(fake, kinds.DATASOURCE), context)

    assert fake.calls == [f"POST /projects/{PROJECT}/data-sources", f"POST /data-sources/{id_}/test"]


def test_a_data_source_that_was_seen_already_is_not_tested(fake: FakePlatform, context: Context) -> None:
    state = on(fake, kinds.DATASOURCE)
    see(fake, context, state)

    lifecycle.create(kinds.DATASOURCE, state, context)

    assert fake.calls == [f"POST /projects/{PROJECT}/data-sources"]


@pytest.mark.parametrize("answer", [HTML_404, Answer(405, {"message": "no"})], ids=str)
def test_a_platform_that_tests_no_data_sources_is_no_hindrance(
    answer: Answer, fake: FakePlatform, context: Context
) -> None:
    fake.fault("POST", "/data-sources/[^/]+/test", answer)

    lifecycle.create(kinds.DATASOURCE, on(fake, kinds.DATASOURCE), context)

    assert len(fake.objects["data-sources"]) == 1


def test_projects_and_snapshots_are_made(fake: FakePlatform, context: Context) -> None:
    project_id, _ = lifecycle.create(kinds.PROJECT, on(fake, kinds.PROJECT), context)
    dataset_id, _ = lifecycle.create(kinds.DATASET, on(fake, kinds.DATASET), context)

    assert fake.calls == [
        "POST /projects",
        f"POST /projects/{PROJECT}/datasets/data-source",
        f"GET /datasets/{dataset_id}",
    ]
    assert fake.objects["projects"][project_id]["color"] == "#a748f5"


FAILED_TESTS = [
    (Answer(400, {"message": ["Access denied"]}), "the connection does not work: Access denied"),
    (Answer(500, {"message": "oops"}), "the connection could not be tested: the platform failed (500): oops"),
    (CUT, "the connection could not be tested: no answer from the platform at {url}: the connection was cut"),
]


@pytest.mark.parametrize(("answer", "reason"), FAILED_TESTS, ids=["refused", "failed", "cut"])
def test_a_failed_test_leaves_nothing_and_says_why(
    answer: Answer, reason: str, fake: FakePlatform, context: Context, pauses: list[float]
) -> None:
    fake.fault("POST", "/test", answer, times=5)

    with pytest.raises(PlatformError) as caught:
        lifecycle.create(kinds.SQL, on(fake, kinds.SQL), context)

    assert str(caught.value) == f"SQLConnector 'thing': {reason.format(url=fake.url)}"
    assert fake.objects["connectors"] == {}


def test_a_half_made_object_that_is_gone_already_needs_no_undoing(fake: FakePlatform, context: Context) -> None:
    fake.fault("POST", "/test", Answer(400, {"message": "no"}), before=fake.objects["connectors"].clear)

    with pytest.raises(PlatformError, match=r"does not work: no$"):
        lifecycle.create(kinds.SQL, on(fake, kinds.SQL), context)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, MemoryError])
def test_an_interruption_leaves_nothing_either(
    interruption: type[BaseException], fake: FakePlatform, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise interruption

    monkeypatch.setattr(context.session.client, "try_source", interrupted)

    with pytest.raises(interruption):
        lifecycle.create(kinds.SQL, on(fake, kinds.SQL), context)

    assert fake.objects["connectors"] == {}


def test_when_the_undoing_fails_the_message_has_the_id_and_what_to_do(fake: FakePlatform, context: Context) -> None:
    fake.fault("POST", "/test", Answer(400, {"message": "Access denied"}))
    fake.fault("DELETE", "", Answer(403, {"message": "not yours"}))

    with pytest.raises(PlatformError) as caught:
        lifecycle.create(kinds.SQL, on(fake, kinds.SQL), context)

    id_ = fake.only("connectors")["_id"]
    assert str(caught.value) == (
        "SQLConnector 'thing': the connection does not work: Access denied. "
        f"The half-made SQL connector {id_} could not be deleted and is still on the platform: "
        "the token may not do this (403): not yours. Delete it there before the next `pulumi up`"
    )


def test_a_refused_creation_says_what_the_platform_said(fake: FakePlatform, context: Context) -> None:
    fake.fault("POST", "/connectors", Answer(400, {"message": ["host: forbidden", "port: odd"]}))

    with pytest.raises(Refused, match=r"^host: forbidden; port: odd \(400\)$"):
        lifecycle.create(kinds.SQL, on(fake, kinds.SQL), context)


def test_a_reference_that_cannot_be_read_makes_nothing(fake: FakePlatform, context: Context) -> None:
    state = {**on(fake, kinds.SQL), "password": SecretReference("from_env", "NOT_SET_ANYWHERE")}

    with pytest.raises(InputError, match=r"^SQLConnector 'thing': password: the environment variable NOT_SET_ANYWHERE"):
        lifecycle.create(kinds.SQL, state, context)

    assert fake.calls == []


# Read


@pytest.mark.parametrize("kind", KINDS, ids=id_of)
def test_an_untouched_object_reads_as_it_was(kind: Kind, fake: FakePlatform, context: Context) -> None:
    id_, state = existing(fake, kind)

    assert lifecycle.read(kind, id_, state, context) == state
    assert fake.calls == [f"GET /{kind.collection.path}/{id_}"]


DRIFT = [
    (kind, field.name)
    for kind in KINDS
    for field in kind.wire_fields
    if not field.is_secret and field.name in inputs(kind) and field.name not in ("project_id",)
]


@pytest.mark.parametrize(("kind", "name"), DRIFT, ids=lambda part: getattr(part, "name", part))
def test_every_field_that_was_changed_behind_our_back_is_seen(
    kind: Kind, name: str, fake: FakePlatform, context: Context
) -> None:
    id_, state = existing(fake, kind)
    new = from_engine(kind, {name: OTHER[name]})[name]
    fake.objects[kind.collection.path][id_][str(kind[name].wire)] = new

    # Beside a name that somebody else gave stands the one that the object was made with.
    own = {"default_name": state["name"]} if name == "name" else {}
    assert lifecycle.read(kind, id_, state, context) == {**state, name: new, **own}


def test_a_name_that_was_changed_behind_our_back_is_changed_back(fake: FakePlatform, context: Context) -> None:
    id_, state = existing(fake, kinds.SQL, name="crm")
    fake.objects["connectors"][id_]["name"] = "renamed by hand"
    program = from_engine(kinds.SQL, inputs(kinds.SQL, name=None, default_name="renamed-resource"))
    for _ in range(2):  # a second refresh does not take the new name for its own
        drifted = lifecycle.read(kinds.SQL, id_, state, connect(fake))
        assert drifted is not None
        state = drifted

    clean, _ = lifecycle.check(kinds.SQL, state, program, context)
    assert clean["name"] == "crm"
    assert lifecycle.diff(kinds.SQL, id_, state, clean, context).action == "update"
    lifecycle.update(kinds.SQL, id_, state, clean, context)

    assert fake.only("connectors")["name"] == "crm"
    assert lifecycle.read(kinds.SQL, id_, clean, connect(fake)) == clean


@pytest.mark.parametrize("kind", KINDS, ids=id_of)
@pytest.mark.parametrize("nothing", [None, "", "missing"])
def test_fields_that_were_never_set_are_left_alone(
    kind: Kind, nothing: Any, fake: FakePlatform, context: Context
) -> None:
    optional = [field for field in kind.wire_fields if not field.required and field.default is None]
    id_, state = existing(fake, kind, **{field.name: None for field in optional if kind is kinds.PROJECT})
    item = fake.objects[kind.collection.path][id_]
    for field in optional:
        if field.name not in state and nothing != "missing":
            item[str(field.wire)] = nothing
    item["created_at"] = "now"

    assert lifecycle.read(kind, id_, state, context) == state


def test_a_field_that_somebody_else_filled_in_is_left_alone(fake: FakePlatform, context: Context) -> None:
    id_, state = existing(fake, kinds.PROJECT, description=None)
    fake.objects["projects"][id_]["description"] = "by somebody else"

    assert lifecycle.read(kinds.PROJECT, id_, state, context) == state


@pytest.mark.parametrize("emptied", [None, ""])
def test_a_field_that_somebody_else_emptied_is_seen(emptied: Any, fake: FakePlatform, context: Context) -> None:
    id_, state = existing(fake, kinds.PROJECT)
    fake.objects["projects"][id_]["description"] = emptied

    live = lifecycle.read(kinds.PROJECT, id_, state, context)

    assert live == {name: value for name, value in state.items() if name != "description"}


def test_a_field_that_the_platform_does_not_show_stays(fake: FakePlatform, context: Context) -> None:
    id_, state = existing(fake, kinds.SQL)
    del fake.objects["connectors"][id_]["port"]

    assert lifecycle.read(kinds.SQL, id_, state, context) == state


def test_secrets_are_carried_over(fake: FakePlatform, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM", PASSWORD)
    reference = SecretReference("from_env", "CRM").with_digest(None, "owner")
    id_, state = existing(fake, kinds.SQL)

    for secret in (Secret(PASSWORD), reference):
        live = lifecycle.read(kinds.SQL, id_, {**state, "password": secret}, context)
        assert live is not None
        assert live["password"] == secret


@pytest.mark.parametrize("kind", KINDS, ids=id_of)
def test_what_the_platform_says_is_gone_is_gone(kind: Kind, fake: FakePlatform, context: Context) -> None:
    assert lifecycle.read(kind, "5ea1", on(fake, kind), context) is None
    assert fake.calls == [f"GET /{kind.collection.path}/5ea1", "GET /version"]


@pytest.mark.parametrize("answer", UNREADABLE, ids=str)
@pytest.mark.parametrize("kind", KINDS, ids=id_of)
def test_nothing_else_is_ever_taken_for_gone(kind: Kind, answer: Answer, fake: FakePlatform, context: Context) -> None:
    id_, state = existing(fake, kind)
    fake.fault("GET", "", answer, times=99)

    for _ in range(4):  # by itself, and through the list
        with pytest.raises(PlatformError):
            lifecycle.read(kind, id_, state, context)


def test_an_id_that_belongs_to_another_kind_is_refused(fake: FakePlatform, context: Context) -> None:
    id_, _ = existing(fake, kinds.FTP)

    with pytest.raises(PlatformError, match=r"is a connector of type FTP, no SQL connector$"):
        lifecycle.read(kinds.SQL, id_, on(fake, kinds.SQL), context)
    with pytest.raises(PlatformError, match=r"is a connector of type FTP, no SQL connector$"):
        lifecycle.look_up(kinds.SQL, id_, context)


@pytest.mark.parametrize("kind", KINDS, ids=id_of)
def test_an_existing_object_can_be_looked_up_with_all_that_the_platform_shows(
    kind: Kind, fake: FakePlatform, context: Context
) -> None:
    id_, state = existing(fake, kind)
    shown = {field.name for field in kind.shown_fields} | {output.name for output in kind.outputs} | {"platform_url"}

    assert lifecycle.look_up(kind, id_, context) == {name: state[name] for name in shown if name in state}


def test_looking_up_what_is_not_there_is_an_error(fake: FakePlatform, context: Context) -> None:
    with pytest.raises(LookupFailed, match=f"^there is no SQL connector 5ea1 on {fake.url}$"):
        lifecycle.look_up(kinds.SQL, "5ea1", context)


# Update


@pytest.mark.parametrize("kind", [*CONNECTORS, kinds.DATASOURCE], ids=id_of)
def test_a_change_in_place_is_sent_whole_and_tested(kind: Kind, fake: FakePlatform, context: Context) -> None:
    id_, state = existing(fake, kind)
    new = {**state, "name": "other"}

    assert lifecycle.update(kind, id_, state, new, context) == new
    assert fake.calls == [f"PUT /{kind.collection.path}/{id_}", f"POST /{kind.collection.path}/{id_}/test"]
    assert lifecycle.read(kind, id_, new, connect(fake)) == new
    assert set(fake.requests[0].json) >= {str(field.wire) for field in kind.wire_fields if field.is_secret}


def test_a_rotated_secret_is_sent(fake: FakePlatform, context: Context) -> None:
    id_, state = existing(fake, kinds.SQL)

    lifecycle.update(kinds.SQL, id_, state, {**state, "password": Secret("rotated")}, context)

    assert fake.only("connectors")["password"] == "rotated"


def test_a_change_of_provider_only_inputs_is_no_call(fake: FakePlatform, context: Context) -> None:
    id_, state = existing(fake, kinds.SQL)
    new = {**state, "test_connection": False, "force_destroy": True}

    assert lifecycle.update(kinds.SQL, id_, state, new, context) == new
    assert fake.calls == []


def test_after_a_failed_test_the_old_values_are_back(fake: FakePlatform, context: Context) -> None:
    id_, state = existing(fake, kinds.SQL)
    before = dict(fake.only("connectors"))
    fake.broken["bad.example"] = "no route to host"
    new = {**state, "host": "bad.example", "password": Secret("bad")}

    with pytest.raises(PlatformError) as caught:
        lifecycle.update(kinds.SQL, id_, state, new, context)

    assert str(caught.value) == (
        "SQLConnector 'thing': the connection does not work: no route to host. The old values are back"
    )
    assert fake.only("connectors") == before


@pytest.mark.parametrize("rotated", [True, False])
def test_an_old_value_that_is_not_known_any_more_is_named_when_it_could_not_be_put_back(
    rotated: bool, fake: FakePlatform, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM", PASSWORD)
    id_, state = existing(fake, kinds.SQL)
    state["password"] = SecretReference("from_env", "CRM").with_digest(None, "owner")
    new = {**state, "host": "bad.example"}
    if rotated:
        monkeypatch.setenv("CRM", "rotated")
        new["password"] = SecretReference("from_env", "CRM").with_digest(state["password"], "owner")
    fake.broken["bad.example"] = "no route to host"

    with pytest.raises(PlatformError) as caught:
        lifecycle.update(kinds.SQL, id_, state, new, context)

    assert ("The old values are back, except that of password: " in str(caught.value)) is rotated
    assert fake.only("connectors")["host"] == "db.example"
    assert fake.only("connectors")["password"] == ("rotated" if rotated else PASSWORD)


@pytest.mark.parametrize("now", [PASSWORD, "rotated", None], ids=str)
def test_a_reference_is_sent_while_it_leads_to_what_was_sent_last(
    now: str | None, fake: FakePlatform, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an update would send what it does not announce: the platform keeps what it has, and so does the state."""
    monkeypatch.setenv("CRM", PASSWORD)
    id_, state = existing(fake, kinds.SQL)
    state["password"] = SecretReference("from_env", "CRM").with_digest(None, "owner")
    monkeypatch.delenv("CRM")
    if now:
        monkeypatch.setenv("CRM", now)
    fake.objects["connectors"][id_]["password"] = "as it was"
    new = {**state, "host": "moved.example"}

    assert lifecycle.update(kinds.SQL, id_, state, new, context) == new
    assert fake.only("connectors")["host"] == "moved.example"
    assert fake.only("connectors")["password"] == (PASSWORD if now == PASSWORD else "as it was")


def test_a_changed_reference_that_leads_nowhere_is_an_error(
    fake: FakePlatform, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM", PASSWORD)
    id_, state = existing(fake, kinds.SQL)
    new = {**state, "password": SecretReference("from_env", "CRM").with_digest(None, "owner"), "host": "moved.example"}
    state["password"] = Secret("another")
    monkeypatch.delenv("CRM")

    with pytest.raises(InputError, match="password: the environment variable CRM is not set"):
        lifecycle.update(kinds.SQL, id_, state, new, context)


def test_when_the_old_values_cannot_be_put_back_the_message_says_so(fake: FakePlatform, context: Context) -> None:
    id_, state = existing(fake, kinds.SQL)
    fake.broken["bad.example"] = "no route to host"
    fake.fault(
        "POST", "/test", None, carried_out=True, before=lambda: fake.fault("PUT", "", Answer(403, {"message": "no"}))
    )

    with pytest.raises(PlatformError, match=r"no route to host\. The old values could not be put back: .*\(403\): no$"):
        lifecycle.update(kinds.SQL, id_, state, {**state, "host": "bad.example"}, context)


def test_changing_what_is_gone_says_how_to_go_on(fake: FakePlatform, context: Context) -> None:
    state = on(fake, kinds.SQL)

    with pytest.raises(PlatformError) as caught:
        lifecycle.update(kinds.SQL, "5ea1", state, {**state, "host": "other"}, context)

    assert str(caught.value) == (
        "SQLConnector 'thing' (5ea1) is no longer on the platform: "
        "run `pulumi refresh`, then `pulumi up` makes it again"
    )


def test_a_data_source_that_is_seen_in_the_same_run_is_not_tested_after_a_change(
    fake: FakePlatform, context: Context
) -> None:
    id_, state = existing(fake, kinds.DATASOURCE)
    new = {**state, "table": "orders"}
    see(fake, context, new)

    lifecycle.update(kinds.DATASOURCE, id_, state, new, context)

    assert fake.calls == [f"PUT /data-sources/{id_}"]
    assert fake.only("data-sources")["table"] == "orders"


def test_what_an_update_empties_is_empty_afterwards(fake: FakePlatform, context: Context) -> None:
    id_, state = existing(fake, kinds.DATASOURCE)
    new = {name: value for name, value in {**state, "request": "select 1"}.items() if name != "table"}

    lifecycle.update(kinds.DATASOURCE, id_, state, new, context)

    assert not fake.only("data-sources").get("table")


# Identity

OPERATIONS: dict[str, Callable[[Kind, Values, Context], Any]] = {
    "diff": lambda kind, state, context: lifecycle.diff(kind, "5ea1", state, {**state, "name": "x"}, context),
    "read": lambda kind, state, context: lifecycle.read(kind, "5ea1", state, context),
    "update": lambda kind, state, context: lifecycle.update(kind, "5ea1", state, {**state, "name": "x"}, context),
    "delete": lambda kind, state, context: lifecycle.delete(kind, "5ea1", state, context),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("kind", KINDS, ids=id_of)
def test_objects_made_on_another_platform_are_never_touched(
    kind: Kind, operation: str, fake: FakePlatform, context: Context
) -> None:
    state = values(kind, platform_url="https://production")

    with pytest.raises(IdentityError) as caught:
        OPERATIONS[operation](kind, state, context)

    assert "https://production" in str(caught.value)
    assert fake.url in str(caught.value)
    assert fake.calls == []


# When a source is looked up


@pytest.mark.parametrize(
    ("old", "new", "looked_up"),
    [
        ({}, {}, True),
        (None, {}, False),
        (None, {"name": "x"}, False),
        (None, {"table": "orders"}, True),
        ({"connector_id": "other"}, {}, True),
        ({}, {"verify_source": False}, False),
        ({}, {"verify_source": UNKNOWN}, False),
        ({}, {"connector_id": UNKNOWN}, False),
        ({}, {"table": UNKNOWN}, False),
        ({}, {"name": ""}, False),
    ],
)
def test_a_source_is_looked_up_in_preview_when_it_is_new_and_known(
    old: Values | None, new: Values, looked_up: bool, fake: FakePlatform
) -> None:
    id_ = fake.store("connectors", type="SQL", project_id=PROJECT)
    given = from_engine(kinds.DATASOURCE, inputs(kinds.DATASOURCE, connector_id=id_))
    state = on(fake, kinds.DATASOURCE, connector_id=id_)
    before = state if old is None else {**state, **old} if old else {}

    lifecycle.check(kinds.DATASOURCE, before, {**given, **new}, connect(fake))

    assert any("/databases/" in call for call in fake.calls) is looked_up


def test_a_missing_table_is_a_problem_in_preview(fake: FakePlatform) -> None:
    id_ = fake.store("connectors", type="SQL", project_id=PROJECT)
    given = from_engine(kinds.DATASOURCE, inputs(kinds.DATASOURCE, connector_id=id_, table="custmers"))

    _, problems = lifecycle.check(kinds.DATASOURCE, {}, given, connect(fake))

    assert problems == [
        "table: 'custmers' is not in database 'crm'. Did you mean 'customers'? (2 tables; list them with list_tables)"
    ]


@pytest.mark.parametrize("table", ["customers", "custmers"])
def test_while_objects_are_made_a_source_is_looked_up_by_its_creation(table: str, fake: FakePlatform) -> None:
    """The engine has one resource checked after the other, but makes many at once."""
    process = connect(fake)
    id_, _ = lifecycle.create(kinds.SQL, on(fake, kinds.SQL), process)
    process.session.ensure_usable(PROJECT)
    fake.forget_calls()
    given = from_engine(kinds.DATASOURCE, inputs(kinds.DATASOURCE, connector_id=id_, table=table))

    state, problems = lifecycle.check(kinds.DATASOURCE, {}, given, process)
    assert problems == []  # the question may be on its way, in the background

    look_up, creation = f"GET /connectors/{id_}/databases/crm/tables", f"POST /projects/{PROJECT}/data-sources"
    if table == "customers":
        lifecycle.create(kinds.DATASOURCE, state, process)
        assert fake.calls == [look_up, creation]
    else:
        with pytest.raises(InputError, match=r"^Datasource 'thing': table: 'custmers' is not in database 'crm'"):
            lifecycle.create(kinds.DATASOURCE, state, process)
        assert fake.calls == [look_up, f"OPTIONS /connectors/{id_}"]


def test_missing_settings_do_not_hide_behind_the_look_up() -> None:
    broken = Settings(None, None, None, problems=("no address",))

    given = from_engine(kinds.DATASOURCE, inputs(kinds.DATASOURCE))
    assert lifecycle.check(kinds.DATASOURCE, {}, given, Context(broken))[1] == ["no address"]
    with pytest.raises(SettingsError):
        broken.require()


def test_an_unreachable_platform_is_an_error_of_the_preview(fake: FakePlatform, pauses: list[float]) -> None:
    fake.fault("GET", "", CUT, times=99)

    given = from_engine(kinds.DATASOURCE, inputs(kinds.DATASOURCE))
    (problem,) = lifecycle.check(kinds.DATASOURCE, {}, given, connect(fake, asks_first=True))[1]
    assert problem.startswith(f"no answer from the platform at {fake.url}: ")
