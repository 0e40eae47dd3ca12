"""The adapter between Pulumi's provider host and the lifecycle."""

import asyncio
import traceback
from typing import Any

import pytest
from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config
from pulumi.output import Unknown
from pulumi_previsionio import PrevisionError, _dynamic
from pulumi_previsionio._core import lifecycle

from tests.unit.examples import CONNECTORS, KEY, KEY_TEXT, KINDS, PASSWORD, inputs
from tests.unit.fake_platform import PROJECT, TOKEN, FakePlatform
from tests.unit.scripted_server import Answer

PROVIDERS = {kind.name: getattr(_dynamic, f"{kind.name}Provider") for kind in KINDS}
unknown: Any = Unknown
METHODS: dict[str, Any] = {
    "check": lambda provider, props: provider.check({}, props),
    "diff": lambda provider, props: provider.diff("5ea1", props, props),
    "create": lambda provider, props: provider.create(props),
    "read": lambda provider, props: provider.read("5ea1", props),
    "update": lambda provider, props: provider.update("5ea1", props, {**props, "name": "other"}),
    "delete": lambda provider, props: provider.delete("5ea1", props),
}
BEHIND = {"check": "check", "diff": "diff", "create": "create", "read": "read", "update": "update", "delete": "delete"}


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PREVISION_URL", "PREVISION_MASTER_TOKEN", "PREVISION_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)


def configured(kind: str, fake: FakePlatform | None = None, **changes: str) -> _dynamic.Provider:
    config = {f"previsionio:{key}": value for key, value in changes.items()}
    if fake:
        config |= {"previsionio:url": fake.url, "previsionio:token": TOKEN, "previsionio:projectId": PROJECT}
    provider: _dynamic.Provider = PROVIDERS[kind]()
    provider.configure(ConfigureRequest(config=Config(config, "project")))
    return provider


def sql(fake: FakePlatform, **changes: Any) -> dict[str, Any]:
    return {**inputs(_dynamic.SQLConnectorProvider.kind), "platform_url": fake.url, **changes}


# Errors


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "error", [SystemExit(1), KeyboardInterrupt(), asyncio.CancelledError(), GeneratorExit(), ValueError("odd\n value")]
)
def test_whatever_goes_wrong_becomes_one_line(
    method: str, error: BaseException, fake: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host answers the engine after an `Exception` only: anything else would hang it for ever."""

    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(lifecycle, BEHIND[method], fail)
    provider = configured("SQLConnector", fake)

    with pytest.raises(PrevisionError) as caught:
        METHODS[method](provider, sql(fake))

    text = str(caught.value)
    name = "other" if method == "update" else "thing"
    assert text.startswith(f"SQLConnector '{name}': pulumi-previsionio failed in a way it should not (test_dynamic.py:")
    assert type(error).__name__ in text
    assert "\n" not in text


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", [kind.name for kind in CONNECTORS])
def test_no_error_shows_a_secret_nor_what_it_came_from(
    method: str, kind: str, fake: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = configured(kind, fake)
    props = {**inputs(provider.kind), "platform_url": fake.url}

    def fail(*_: Any) -> None:
        raise RuntimeError(f"{TOKEN} {props!r}") from ValueError(f"inner {TOKEN} {PASSWORD} {KEY['private_key']}")

    monkeypatch.setattr(lifecycle, BEHIND[method], fail)

    with pytest.raises(PrevisionError) as caught:
        METHODS[method](provider, props)

    printed = "".join(traceback.format_exception(caught.value))
    assert "inner" not in printed
    assert printed.count("RuntimeError") == str(caught.value).count("RuntimeError") == 1
    hidden = KEY["private_key"].splitlines() if kind == "GCPConnector" else [PASSWORD]
    for text in (TOKEN, *hidden):
        assert text not in printed


def test_an_error_of_ours_is_shown_as_it_is(fake: FakePlatform) -> None:
    fake.fault("POST", "/connectors", Answer(400, {"message": ["host: forbidden\n by policy"]}))

    with pytest.raises(PrevisionError) as caught:
        configured("SQLConnector", fake).create(sql(fake))

    assert str(caught.value) == "SQLConnector 'thing': host: forbidden by policy (400)"


def test_what_the_platform_echoes_is_shown_without_the_secret(fake: FakePlatform) -> None:
    fake.fault("POST", "/connectors", Answer(400, {"message": f"bad body {{'password': {PASSWORD!r}}} from {TOKEN}"}))

    with pytest.raises(PrevisionError) as caught:
        configured("SQLConnector", fake).create(sql(fake))

    assert str(caught.value) == "SQLConnector 'thing': bad body {'password': '[secret]'} from [secret] (400)"


def test_old_and_new_secrets_are_hidden(fake: FakePlatform) -> None:
    id_ = fake.store("connectors", project_id=PROJECT)
    fake.fault("PUT", "", Answer(400, {"message": f"{PASSWORD} is not like rotated-one"}))

    with pytest.raises(PrevisionError, match=r": \[secret\] is not like \[secret\] \(400\)$"):
        configured("SQLConnector", fake).update(id_, sql(fake), sql(fake, password="rotated-one"))


# Check


def test_check_completes_the_inputs_and_renames_none(fake: FakePlatform) -> None:
    given = {"__provider": "x", **sql(fake, name=None, platform_url=None, project_id=None), "default_name": "crm"}

    result = configured("SQLConnector", fake).check({}, {key: given[key] for key in given if given[key] is not None})

    assert result.failures == []
    assert result.inputs == {
        **sql(fake),
        "port": 3306,
        "name": "crm",
        "project_id": PROJECT,
        "test_connection": True,
        "force_destroy": False,
    }


def test_unknown_values_come_back_as_they_were(fake: FakePlatform) -> None:
    one, nested = unknown(), ["x", {"y": unknown()}]
    provider = configured("Dataset", fake)

    result = provider.check({}, {"default_name": "d", "datasource_id": one, "triggers": nested})

    assert result.failures == []
    assert result.inputs["datasource_id"] is one
    assert result.inputs["triggers"] is nested


def test_a_secret_with_an_unknown_inside_is_unknown_as_a_whole(fake: FakePlatform) -> None:
    key = {**KEY, "private_key": unknown()}

    result = configured("GCPConnector", fake).check({}, {"default_name": "g", "google_credentials": key})

    assert result.failures == []
    assert result.inputs["google_credentials"] is key


def test_failures_name_no_property_since_the_engine_would_print_its_value(fake: FakePlatform) -> None:
    result = configured("SQLConnector", fake).check({}, {"password": {"a": PASSWORD}, "host": "a b", "name": "crm"})

    assert {failure.property for failure in result.failures} == {""}
    assert [failure.reason.partition(":")[0] for failure in result.failures] == ["host", "port", "username", "password"]
    assert PASSWORD not in repr([failure.reason for failure in result.failures])


def test_missing_settings_are_failures_of_the_check_and_errors_elsewhere() -> None:
    provider = configured("SQLConnector")

    result = provider.check({}, {**inputs(provider.kind, project_id=None)})
    assert [failure.reason[:12] for failure in result.failures] == ["no address o", "no token for", "project_id: "]
    with pytest.raises(
        PrevisionError, match=r"^SQLConnector 'thing': no address of the platform: .*; no token for the platform: "
    ):
        provider.create(inputs(provider.kind))


@pytest.mark.parametrize("kind", PROVIDERS)
def test_what_check_gives_is_what_check_accepts(kind: str, fake: FakePlatform) -> None:
    """The engine stores checked inputs, and import and refresh hand them to check again."""
    provider = configured(kind, fake)
    given = {**inputs(provider.kind), "platform_url": fake.url}
    if kind == "Datasource":
        given["connector_id"] = fake.store("connectors", type="SQL", project_id=PROJECT)

    first = provider.check({}, given)
    again = provider.check(first.inputs, dict(first.inputs))

    assert (first.failures, again.failures) == ([], [])
    assert again.inputs == first.inputs


# Diff


@pytest.mark.parametrize("update", [True, False])
def test_diff_says_no_change_or_leaves_the_keys_to_the_engine(update: bool, fake: FakePlatform) -> None:
    """Only `changes=None` lets the engine honor `replace_on_changes` and show no key that did not change."""
    fake.update = update
    provider = configured("SQLConnector", fake)

    same = provider.diff("5ea1", sql(fake), sql(fake))
    changed = provider.diff("5ea1", sql(fake), sql(fake, host="other"))
    own = provider.diff("5ea1", sql(fake), sql(fake, force_destroy=True))

    assert (same.changes, same.replaces) == (False, None)
    assert (changed.changes, changed.replaces) == (None, [] if update else ["host"])
    assert (own.changes, own.replaces) == (None, [])


def test_an_unknown_in_an_input_that_forces_a_replacement_claims_it(fake: FakePlatform) -> None:
    provider = configured("Datasource", fake)
    old = {**inputs(provider.kind), "platform_url": fake.url}

    assert provider.diff("5ea1", old, {**old, "connector_id": unknown()}).replaces == ["connector_id"]


def test_what_the_engine_adds_is_no_change(fake: FakePlatform) -> None:
    provider = configured("SQLConnector", fake)
    old = {**sql(fake, port=3306.0), "__provider": "an older one", "__defaults": []}

    assert provider.diff("5ea1", old, {**sql(fake, port=3306), "__provider": "a newer one"}).changes is False


# Create, read, update, delete


@pytest.mark.parametrize("kind", PROVIDERS)
def test_a_whole_life(kind: str, fake: FakePlatform) -> None:
    provider = configured(kind, fake)
    given = {**inputs(provider.kind), "platform_url": fake.url}
    if kind == "Datasource":
        given["connector_id"] = fake.store("connectors", type="SQL", project_id=PROJECT)
    checked = provider.check({}, given).inputs

    created = provider.create(dict(checked))
    state = dict(created.outs or {})
    assert state == {**checked, **({"state": "done"} if kind == "Dataset" else {})}
    assert created.id in fake.objects[provider.kind.collection.path]

    live = provider.read(created.id, dict(state))
    assert (live.id, live.outs, live.inputs) == (created.id, state, checked)
    assert live.outs is not live.inputs
    assert provider.diff(created.id, state, checked).changes is False

    new = {**checked, "name": "other"}
    if provider.diff(created.id, state, new).replaces == []:
        assert provider.update(created.id, dict(state), dict(new)).outs == new

    provider.delete(created.id, dict(state))
    assert created.id not in fake.objects[provider.kind.collection.path]
    gone = provider.read(created.id, dict(state))
    assert (gone.id, gone.outs) == (None, {})
    provider.delete(created.id, dict(state))


def test_a_get_gives_what_the_platform_shows_and_raises_where_nothing_is(fake: FakePlatform) -> None:
    provider = configured("SQLConnector", fake)
    id_ = provider.create(sql(fake)).id
    assert id_ is not None

    found = provider.read(id_, {"__provider": "x"})
    assert found.inputs is None
    assert found.outs == {name: value for name, value in sql(fake).items() if name != "password"}
    with pytest.raises(PrevisionError, match=r"^SQLConnector: there is no SQL connector 5ea1"):
        provider.read("5ea1", {"__provider": "x"})


def test_a_secret_comes_back_under_its_own_key_so_that_the_engine_hides_it_again(fake: FakePlatform) -> None:
    provider = configured("GCPConnector", fake)
    state = provider.check({}, {"name": "g", "google_credentials": KEY_TEXT}).inputs

    created = provider.create(dict(state))
    assert created.outs is not None
    live = provider.read(str(created.id), dict(created.outs))
    assert live.outs is not None

    assert created.outs["google_credentials"] == live.outs["google_credentials"] == state["google_credentials"]
    others = {name: value for name, value in created.outs.items() if name != "google_credentials"}
    assert "PRIVATE KEY" not in repr(others)
