"""Every method of the providers through Pulumi's own host, as the engine calls them."""

import urllib.parse
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import grpc
import pytest
from previsionio_local import LocalPlatform
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2
from pulumi_previsionio import _dynamic

from tests.host.provider_host import ProviderHost, plain
from tests.secret_search import leaked, planted, planted_in_ascii
from tests.unit.examples import KEY, KEY_TEXT, KINDS, inputs
from tests.unit.fake_platform import PROJECT, FakePlatform
from tests.unit.scripted_server import Answer
from tests.unit.test_public_surface import PROVIDERS

UNKNOWN = rpc.UNKNOWN
SAME = provider_pb2.DiffResponse.DIFF_NONE
LEFT_TO_THE_ENGINE = provider_pb2.DiffResponse.DIFF_UNKNOWN
PLANTED, PLANTED_TOKEN = planted(), planted_in_ascii()
SQL, DATASOURCE, DATASET, GCP = (
    PROVIDERS[f"{name}Provider"] for name in ("SQLConnector", "Datasource", "Dataset", "GCPConnector")
)


@pytest.fixture(scope="module")
def fake() -> Iterator[FakePlatform]:
    with FakePlatform() as fake:
        fake.token = PLANTED_TOKEN
        yield fake


def config_of(fake: FakePlatform, **changes: str) -> dict[str, str]:
    config = {"url": fake.url, "token": fake.token, "projectId": PROJECT, **changes}
    return {f"previsionio:{key}": value for key, value in config.items()}


@pytest.fixture(scope="module")
def host(fake: FakePlatform) -> Iterator[ProviderHost]:
    with ProviderHost(config_of(fake)) as host:
        yield host


def sql(fake: FakePlatform, **changes: Any) -> dict[str, Any]:
    """Checked inputs of an SQL connector."""
    given = inputs(_dynamic.SQLConnectorProvider.kind, platform_url=fake.url, password=PLANTED)
    return {**given, "test_connection": True, "force_destroy": False, **changes}


def refusal(call: Callable[[], Any]) -> str:
    """What the engine is told of a call that failed."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    assert caught.value.code() is grpc.StatusCode.UNKNOWN
    return str(caught.value.details())


def reasons(answer: Any) -> list[str]:
    assert {failure.property for failure in answer.failures} <= {""}
    return [failure.reason for failure in answer.failures]


# A whole life, on every Python


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_whole_life_of_every_kind(kind: Any, host: ProviderHost, fake: FakePlatform) -> None:
    provider = PROVIDERS[f"{kind.name}Provider"]
    given = {**inputs(kind, name=None, platform_url=None), "default_name": kind.name}
    if kind.name == "Datasource":
        given["connector_id"] = fake.store("connectors", type="SQL", project_id=PROJECT)

    checked = host.check(provider, given)
    assert reasons(checked) == []
    state = plain(checked.inputs)
    id_, outputs = host.create(provider, state)
    told = {"state": "done"} if kind.name == "Dataset" else {}
    assert outputs == state | told
    assert fake.objects[kind.collection.path][id_]["name"] == kind.name

    assert host.diff(provider, id_, state, state).changes == SAME
    change = host.diff(provider, id_, state, {**state, "name": "other"})
    assert (change.changes, list(change.replaces)) == (LEFT_TO_THE_ENGINE, ["name"] if kind.name == "Dataset" else [])
    if not change.replaces:
        state = host.update(provider, id_, state, {**state, "name": "other"})
        assert fake.objects[kind.collection.path][id_]["name"] == "other"

    refreshed = host.read(provider, id_, state | told)
    assert (refreshed.id, plain(refreshed.properties), plain(refreshed.inputs)) == (id_, state | told, state)
    host.delete(provider, id_, state)
    assert id_ not in fake.objects[kind.collection.path]
    assert host.read(provider, id_, state).id == ""


def test_a_state_written_by_any_python_is_served_by_every_other(python: str, fake: FakePlatform) -> None:
    """Only the text that the state holds names the class: nothing of the Python that wrote it is in there."""
    id_ = fake.store("connectors", type="SQL", project_id=PROJECT, name="thing", host="moved.example", port="3306")
    with ProviderHost(config_of(fake), python=python) as host:
        refreshed = host.read(SQL, id_, sql(fake))
        host.delete(SQL, id_, sql(fake))
        told = refusal(lambda: host.create(SQL, sql(fake, name="refused", host="broken.example")))

    assert plain(refreshed.inputs) == sql(fake, host="moved.example")
    assert id_ not in fake.objects["connectors"]
    assert told == "SQLConnector 'refused': the connection does not work: no route to host"


@pytest.fixture(autouse=True)
def one_broken_host(fake: FakePlatform) -> None:
    fake.broken["broken.example"] = "no route to host"


# Values


def test_numbers_arrive_as_floats_and_reach_the_platform_whole(host: ProviderHost, fake: FakePlatform) -> None:
    id_, outputs = host.create(SQL, sql(fake, name="floats", port=3306.0))

    assert repr(fake.objects["connectors"][id_]["port"]) == "3306"
    assert outputs["port"] == 3306


def test_half_a_port_is_refused(host: ProviderHost, fake: FakePlatform) -> None:
    answer = host.check(SQL, sql(fake, port=3306.5))

    assert reasons(answer) == ["port: must be a whole number from 1 to 65535"]


def test_unknown_values_pass_a_check_as_they_are(host: ProviderHost) -> None:
    given = {"datasource_id": UNKNOWN, "triggers": ["x", {"y": UNKNOWN, "z": 1}], "timeout": UNKNOWN}

    answer = host.check(DATASET, {**given, "default_name": "d"})

    assert reasons(answer) == []
    assert given.items() <= plain(answer.inputs).items()


def test_an_unknown_inside_a_secret_passes_too(host: ProviderHost) -> None:
    answer = host.check(GCP, {"default_name": "g", "google_credentials": {**KEY, "private_key": UNKNOWN}})

    assert reasons(answer) == []
    assert plain(answer.inputs)["google_credentials"]["private_key"] == UNKNOWN


def test_unknown_values_do_not_hide_the_problems_of_others(host: ProviderHost, fake: FakePlatform) -> None:
    assert reasons(host.check(SQL, sql(fake, host=UNKNOWN, port=0.0, username=""))) == [
        "port: must be a whole number from 1 to 65535",
        "username: must not be empty",
    ]


@pytest.mark.parametrize("unknown", [UNKNOWN, ["a", UNKNOWN], {"a": {"b": UNKNOWN}}], ids=["plain", "list", "dict"])
def test_an_unknown_in_what_forces_a_replacement_is_one(unknown: Any, host: ProviderHost, fake: FakePlatform) -> None:
    old = inputs(_dynamic.DatasetProvider.kind, platform_url=fake.url, triggers=["a", "b"])

    answer = host.diff(DATASET, "5ea1", old, {**old, "triggers": unknown})

    assert (answer.changes, list(answer.replaces)) == (LEFT_TO_THE_ENGINE, ["triggers"])


def test_an_unknown_connector_replaces_a_data_source(host: ProviderHost, fake: FakePlatform) -> None:
    old = inputs(_dynamic.DatasourceProvider.kind, platform_url=fake.url)

    assert list(host.diff(DATASOURCE, "5ea1", old, {**old, "connector_id": UNKNOWN}).replaces) == ["connector_id"]


@pytest.mark.parametrize(
    ("provider", "key", "given", "kept"),
    [
        (SQL, "password", PLANTED, PLANTED),
        (SQL, "password", {"from_env": "PATH"}, {"from_env": "PATH"}),
        (GCP, "google_credentials", KEY_TEXT, None),
    ],
    ids=["text", "reference", "key"],
)
def test_secrets_go_in_and_out_under_one_key(
    provider: str, key: str, given: Any, kept: Any, host: ProviderHost, fake: FakePlatform
) -> None:
    """The engine marks by its name what comes back as secret."""
    properties = sql(fake, password=None) if provider == SQL else {}
    properties = {**{k: v for k, v in properties.items() if v is not None}, "name": "secret", key: given}

    checked = plain(host.check(provider, properties).inputs)
    id_, outputs = host.create(provider, checked)
    refreshed = host.read(provider, id_, outputs)

    assert checked[key] == outputs[key] == plain(refreshed.properties)[key] == plain(refreshed.inputs)[key]
    if isinstance(kept, dict):
        assert kept.items() <= checked[key].items()
        assert set(checked[key]) == {"from_env", "digest"}
    elif kept:
        assert checked[key] == kept


# Many at a time


def test_sixteen_creations_side_by_side_get_their_own_answers(host: ProviderHost, fake: FakePlatform) -> None:
    wanted = [sql(fake, name=f"side by side {number}", port=1000.0 + number) for number in range(16)]

    answers = [call.result() for call in [host.create_later(SQL, properties) for properties in wanted]]

    for properties, answer in zip(wanted, answers, strict=True):
        stored = fake.objects["connectors"][answer.id]
        assert (stored["name"], stored["port"]) == (properties["name"], properties["port"])
        assert plain(answer.properties) == properties
    assert len({answer.id for answer in answers}) == 16


# Errors


def test_a_failure_is_told_in_exactly_one_line(host: ProviderHost, fake: FakePlatform) -> None:
    told = refusal(lambda: host.create(SQL, sql(fake, name="failing", host="broken.example")))

    assert told == "SQLConnector 'failing': the connection does not work: no route to host"


def test_what_the_platform_says_in_many_lines_is_told_in_one(host: ProviderHost, fake: FakePlatform) -> None:
    fake.fault("POST", "/connectors", Answer(400, {"message": "first\n  second\r\n\tthird"}))

    assert refusal(lambda: host.create(SQL, sql(fake))) == "SQLConnector 'thing': first second third (400)"


FAILING: dict[str, Callable[[ProviderHost, dict[str, Any]], Any]] = {
    "check": lambda host, state: host.check(SQL, state),
    "diff": lambda host, state: host.diff(SQL, "5ea1", state, state),
    "create": lambda host, state: host.create(SQL, state),
    "read": lambda host, state: host.read(SQL, "5ea1", state),
    "update": lambda host, state: host.update(SQL, "5ea1", state, state),
    "delete": lambda host, state: host.delete(SQL, "5ea1", state),
}
_BREAK = """
import sys, pulumi_previsionio._core.lifecycle as lifecycle
def fail(*arguments):
    raise {error}
lifecycle.check = lifecycle.diff = lifecycle.create = lifecycle.read = lifecycle.update = lifecycle.delete = fail
"""


@pytest.mark.parametrize("error", ["SystemExit(3)", "KeyboardInterrupt", "ValueError(f'odd\\n{arguments}')"])
def test_no_exception_whatsoever_hangs_the_engine_or_shows_a_traceback(error: str, fake: FakePlatform) -> None:
    with ProviderHost(config_of(fake), before=_BREAK.format(error=error)) as host:
        told = [refusal(partial(call, host, sql(fake))) for call in FAILING.values()]

    for text in told:
        assert text.startswith("SQLConnector 'thing': pulumi-previsionio failed in a way it should not (<string>:")
        assert "\n" not in text
    assert leaked([PLANTED], *told) == []
    assert host.output == ""


def test_missing_settings_are_failures_of_the_check(fake: FakePlatform) -> None:
    with ProviderHost({}) as host:
        checked = reasons(host.check(SQL, sql(fake, project_id=None) | {"project_id": UNKNOWN}))
        told = refusal(lambda: host.create(SQL, sql(fake)))

    assert [reason.partition(":")[0] for reason in checked] == [
        "no address of the platform",
        "no token for the platform",
    ]
    assert told.startswith("SQLConnector 'thing': no address of the platform: give url= ")
    assert "Traceback" not in told
    assert host.output == ""


def test_an_address_with_a_password_is_shown_nowhere(fake: FakePlatform) -> None:
    password = urllib.parse.quote(planted(), safe="")
    with ProviderHost(config_of(fake, url=f"https://me:{password}@h")) as host:
        texts = reasons(host.check(SQL, sql(fake))) + reasons(host.check(SQL, sql(fake), **sql(fake)))
        texts += [refusal(partial(call, host, sql(fake))) for name, call in FAILING.items() if name != "check"]

    assert texts[0] == "the address of the platform must not hold a user name or password"
    assert leaked([password], *texts, host.output) == []


def test_the_environment_redirects_neither_the_stack_nor_an_explicit_provider(fake: FakePlatform) -> None:
    outside = {"PREVISION_URL": "http://environment.example"}
    with ProviderHost(config_of(fake), environment=outside) as host:
        assert plain(host.check(SQL, sql(fake)).inputs)["platform_url"] == fake.url
    with ProviderHost(config_of(fake, explicit="arguments"), environment=outside) as host:
        assert plain(host.check(SQL, sql(fake)).inputs)["platform_url"] == fake.url


def test_another_platform_in_the_settings_touches_nothing(host: ProviderHost, fake: FakePlatform) -> None:
    state = sql(fake, platform_url="https://production")
    fake.forget_calls()

    for name in ("diff", "read", "update", "delete"):
        told = refusal(partial(FAILING[name], host, state))
        assert f"was made on https://production, but the settings now name {fake.url}" in told
    assert fake.calls == []


# A get, and a refresh of what is gone


def test_a_get_of_what_is_there_gives_all_but_the_secret(host: ProviderHost, fake: FakePlatform) -> None:
    id_, _ = host.create(SQL, sql(fake, name="existing"))

    found = host.read(SQL, id_, {})

    assert found.id == id_
    assert plain(found.properties) == {
        name: value
        for name, value in sql(fake, name="existing").items()
        if name not in ("password", "test_connection", "force_destroy")
    }


def test_a_get_of_what_is_not_there_raises(host: ProviderHost, fake: FakePlatform) -> None:
    told = refusal(lambda: host.read(SQL, "5ea1f00d0000000000000404", {}))

    assert told == f"SQLConnector: there is no SQL connector 5ea1f00d0000000000000404 on {fake.url}"


@pytest.mark.parametrize("answer", [Answer(401, {"message": "x"}), Answer(403, {}), Answer(500, {})], ids=str)
def test_a_refresh_that_cannot_be_answered_drops_nothing(
    answer: Answer, host: ProviderHost, fake: FakePlatform
) -> None:
    id_, state = host.create(SQL, sql(fake, name="unreadable"))
    fake.fault("GET", "", answer, times=2)

    refusal(lambda: host.read(SQL, id_, state))
    fake.forget_faults()  # How many a read meets depends on what the host has read before.


# Secrets


ECHO = f"400 for {{'password': {PLANTED!r}, 'token': {PLANTED_TOKEN!r}}}, that is {PLANTED}"


def test_no_secret_is_in_anything_that_leaves_the_host(fake: FakePlatform) -> None:
    with ProviderHost(config_of(fake)) as host:
        told = reasons(host.check(SQL, sql(fake, port=0.0, host=PLANTED, password=[PLANTED], typo="x")))
        id_, state = host.create(SQL, sql(fake))
        fake.broken["db.example"] = ECHO
        for method, path in (("POST", "/connectors"), ("OPTIONS", ""), ("PUT", ""), ("DELETE", "")):
            fake.fault(method, path, Answer(400 if method != "OPTIONS" else 403, {"message": ECHO}))
        told += [
            refusal(lambda: host.create(SQL, state)),
            refusal(lambda: host.create(SQL, state)),  # made, tested, not deletable
            refusal(lambda: host.diff(SQL, id_, state, {**state, "host": "x"})),
            refusal(lambda: host.update(SQL, id_, state, {**state, "host": "x"})),
        ]
        fake.fault("DELETE", "", Answer(400, {"message": ECHO}))
        told.append(refusal(lambda: host.delete(SQL, id_, state)))
    del fake.broken["db.example"]

    everything = "\n".join(told) + host.output
    assert len(told) == 9
    assert "[secret]" in everything
    assert leaked([PLANTED, PLANTED_TOKEN], everything) == []


def test_on_the_local_platform_an_echo_of_the_whole_request_shows_no_secret() -> None:
    with LocalPlatform() as platform:
        config = {"previsionio:url": platform.url, "previsionio:token": platform.token}
        with ProviderHost({**config, "previsionio:projectId": platform.project_id}) as host:
            given = {"host": "db.example", "port": 3306, "username": "reader", "password": PLANTED}
            state = plain(host.check(SQL, {**given, "name": "crm", "test_connection": False}).inputs)
            id_, _ = host.create(SQL, state)
            platform.faults([{"action": "echo_secret", "method": "POST", "path": "/connectors$", "status": 400}])
            told = refusal(lambda: host.create(SQL, state))
            refreshed = plain(host.read(SQL, id_, state).inputs)
            host.delete(SQL, id_, state)
            gone = host.read(SQL, id_, state).id

    assert (refreshed, gone) == (state, "")
    assert "reader" in told
    assert leaked([PLANTED, platform.token], told, host.output) == []
