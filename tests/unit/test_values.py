"""Values between the engine and the wire."""

import base64
import json
import logging
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_previsionio import InputError
from pulumi_previsionio._core import kinds
from pulumi_previsionio._core.credentials import canonical_credentials
from pulumi_previsionio._core.kind import Kind
from pulumi_previsionio._core.secret import Secret, SecretReference, reference_of, same_secret
from pulumi_previsionio._core.values import UNKNOWN, from_engine, to_engine, to_wire

from tests.unit.examples import KEY, KEY_BASE64, KEY_TEXT, KINDS, PASSWORD, inputs, quick, values

SCALARS = st.none() | st.booleans() | st.floats(allow_nan=False) | st.text()
PROPERTIES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@pytest.fixture
def variable(monkeypatch: pytest.MonkeyPatch) -> SecretReference:
    monkeypatch.setenv("CRM_PASSWORD", PASSWORD)
    return SecretReference("from_env", "CRM_PASSWORD")


# Secrets


def test_a_secret_shows_nothing_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(PASSWORD)
    logging.warning("%s %r", secret, {"password": secret})

    for text in (str(secret), repr(secret), f"{secret}", f"{[secret]}", caplog.text):
        assert PASSWORD not in text
    assert not hasattr(secret, "__dict__")


def test_a_secret_cannot_be_a_key_and_equals_no_text() -> None:
    with pytest.raises(TypeError):
        hash(Secret("a"))
    assert Secret("a") != "a"
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")


# References


def test_a_reference_keeps_the_value_out_of_the_state(variable: SecretReference) -> None:
    stored = variable.with_digest(None, "SQLConnector crm password").as_property()

    assert stored["from_env"] == "CRM_PASSWORD"
    assert PASSWORD not in json.dumps(stored)
    assert PASSWORD not in repr(variable.with_digest(None, "SQLConnector crm password"))


def test_the_digest_is_kept_while_the_value_is(variable: SecretReference, monkeypatch: pytest.MonkeyPatch) -> None:
    first = variable.with_digest(None, "SQLConnector crm password")
    assert variable.with_digest(first, "SQLConnector crm password") == first

    monkeypatch.setenv("CRM_PASSWORD", "another")
    assert variable.with_digest(first, "SQLConnector crm password") != first


def test_the_digest_is_kept_when_only_the_place_changes(variable: SecretReference, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(PASSWORD + "\n")
    first = variable.with_digest(None, "SQLConnector crm password")

    moved = SecretReference("from_file", str(tmp_path / "password")).with_digest(first, "SQLConnector crm password")

    assert moved.digest == first.digest
    assert moved != first


def test_two_digests_of_one_value_are_salted_differently(variable: SecretReference) -> None:
    assert variable.with_digest(None, "crm").digest != variable.with_digest(None, "shop").digest


def test_the_digest_of_one_value_for_one_object_is_the_same_again(variable: SecretReference) -> None:
    """Update plans compare what two checks of the same inputs gave."""
    assert variable.with_digest(None, "crm") == variable.with_digest(None, "crm")


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRM_PASSWORD", raising=False)

    with pytest.raises(ValueError, match=r"^the environment variable CRM_PASSWORD is not set$"):
        SecretReference("from_env", "CRM_PASSWORD").read()


def test_an_environment_variable_that_is_no_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_PASSWORD", "\udcff\udcfe")

    with pytest.raises(ValueError, match=r"^the environment variable CRM_PASSWORD is not UTF-8 text$"):
        SecretReference("from_env", "CRM_PASSWORD").read()


@pytest.mark.parametrize(
    ("content", "read"),
    [
        ("pass", "pass"),
        ("pass\n", "pass"),
        ("pass\r\n", "pass"),
        ("two\nlines\n\n", "two\nlines\n"),
        (" pass ", " pass "),
    ],
)
def test_one_newline_at_the_end_of_a_file_is_not_part_of_the_secret(content: str, read: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(content.encode())

    assert SecretReference("from_file", str(tmp_path / "secret")).read() == Secret(read)


@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n"])
def test_an_empty_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(content)

    with pytest.raises(ValueError, match=r"is empty$"):
        SecretReference("from_file", str(tmp_path / "secret")).read()


def test_an_unreadable_file_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00secret")

    for name, reason in {
        str(tmp_path / "nowhere"): "No such file or directory",
        str(tmp_path): "Is a directory",
        str(tmp_path / "binary"): "is not UTF-8 text",
        "~no-such-user-anywhere/secret": "cannot be read",
        "nul\0byte": "cannot be read",
    }.items():
        with pytest.raises(ValueError, match="the file ") as caught:
            SecretReference("from_file", name).read()
        assert reason in str(caught.value)
        assert "secret" not in str(caught.value).replace(name, "")


def test_a_file_may_be_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "secret").write_text(PASSWORD)

    assert SecretReference("from_file", "~/secret").read() == Secret(PASSWORD)


@pytest.mark.parametrize(
    "value", [{}, {"from_env": 1}, {"from_env": "A", "more": 1}, {"digest": "d"}, "from_env", None, ["from_env"], KEY]
)
def test_what_only_looks_like_a_reference_is_none(value: Any) -> None:
    assert reference_of(value) is None


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("text", "text", True),
        ("text", "other", False),
        ("text", "variable", True),
        ("variable", "text", True),
        ("variable", "variable", True),
        ("variable", "file", True),
        ("variable", "other", False),
        ("other", "variable", False),
        ("variable", "other variable", False),
        ("text", "unknown", False),
        ("variable", "unknown", False),
    ],
)
def test_secrets_are_compared_by_value_however_they_are_given(
    old: str, new: str, same: bool, variable: SecretReference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTHER", "other")
    (tmp_path / "f").write_text(PASSWORD)
    forms = {
        "text": Secret(PASSWORD),
        "other": Secret("other"),
        "variable": variable.with_digest(None, "SQLConnector crm password"),
        "file": SecretReference("from_file", str(tmp_path / "f")).with_digest(None, "SQLConnector crm password"),
        "other variable": SecretReference("from_env", "OTHER").with_digest(None, "SQLConnector crm password"),
        "unknown": UNKNOWN,
    }

    assert same_secret(forms[old], forms[new]) is same


def test_a_reference_whose_value_cannot_be_had_is_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLD", PASSWORD)
    old = SecretReference("from_env", "OLD").with_digest(None, "SQLConnector crm password")

    assert same_secret(old, SecretReference("from_env", "GONE", "0$0")) is False


# Service-account keys


def _shuffled(key: dict[str, Any]) -> dict[str, Any]:
    return dict(reversed(key.items()))


FORMS = [
    KEY,
    _shuffled(KEY),
    KEY_TEXT,
    json.dumps(_shuffled(KEY)),
    f"\n  {KEY_TEXT}\n",
    KEY_BASE64,
    f"{KEY_BASE64[:76]}\n{KEY_BASE64[76:]}\n",
]


@pytest.mark.parametrize("form", FORMS, ids=range(len(FORMS)))
def test_a_service_account_key_is_the_same_however_it_is_written(form: Any) -> None:
    assert canonical_credentials(form) == canonical_credentials(KEY)
    assert json.loads(canonical_credentials(form)) == KEY


def test_numbers_in_a_key_are_the_same_in_all_forms() -> None:
    assert canonical_credentials({**KEY, "n": 1.0}) == canonical_credentials(json.dumps({**KEY, "n": 1}))


@quick
@given(st.dictionaries(st.text(), PROPERTIES, max_size=4))
def test_canonical_text_is_its_own_canonical_form(extra: dict[str, Any]) -> None:
    text = canonical_credentials({**extra, **KEY})

    assert canonical_credentials(text) == text
    assert canonical_credentials(base64.b64encode(text.encode()).decode()) == text


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "must be a service-account key"),
        ("hunter2hunter2", "must be a service-account key"),
        ("pässwort", "must be a service-account key"),
        ("[" * 100_000, "must be a service-account key"),
        ('["a"]', "must be a service-account key"),
        ("bnVsbA==", "must be a service-account key"),
        (7.0, "must be a service-account key"),
        (["a"], "must be a service-account key"),
        ({"from_env": "KEY"}, "must be a service-account key"),
        ({**KEY, "private_key": ""}, "no private_key$"),
        ({"private_key": "x"}, "no client_email$"),
        ("{}", "no client_email and no private_key$"),
    ],
)
def test_anything_else_is_no_service_account_key(value: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        canonical_credentials(value)


@quick
@given(PROPERTIES)
def test_no_value_whatsoever_breaks_the_reading_of_a_key(value: Any) -> None:
    with pytest.raises(ValueError, match="service-account key"):
        canonical_credentials(value)


# The doors


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_was_loaded_is_dumped_as_it_was(kind: Kind) -> None:
    assert to_engine(kind, from_engine(kind, inputs(kind))) == inputs(kind)


@quick
@given(st.dictionaries(st.sampled_from([field.name for field in kinds.SQL.fields]), PROPERTIES))
def test_any_properties_can_be_loaded_and_dumped(properties: dict[str, Any]) -> None:
    dumped = to_engine(kinds.SQL, from_engine(kinds.SQL, properties))

    assert dumped == {
        name: value
        for name, value in properties.items()
        if value is not None and (value != "" or kinds.SQL[name].required)
    }


def test_whole_floats_become_integers_at_any_depth_and_flags_stay_flags() -> None:
    loaded = from_engine(
        kinds.DATASET, {"triggers": [1.0, 1.5, {"a": [2.0, True]}], "timeout": 60.0, "keep_on_replace": True}
    )

    assert repr(loaded) == "{'triggers': [1, 1.5, {'a': [2, True]}], 'timeout': 60, 'keep_on_replace': True}"


def test_empty_optional_inputs_count_as_not_given_and_empty_required_ones_do_not() -> None:
    loaded = from_engine(kinds.PROJECT, {"name": "", "description": "", "color": None, "__provider": "x", "typo": ""})

    assert loaded == {"name": "", "typo": ""}


def test_unknown_values_pass_through() -> None:
    assert from_engine(kinds.SQL, {"password": UNKNOWN, "host": UNKNOWN}) == {"password": UNKNOWN, "host": UNKNOWN}


def test_every_kind_is_written_on_the_wire_as_the_platform_wants_it() -> None:
    server = {"name": "thing", "host": "db.example", "username": "reader", "password": PASSWORD}

    assert {kind.name: to_wire(kind, values(kind)) for kind in KINDS} == {
        "SQLConnector": {"type": "SQL", **server, "port": 3306},
        "FTPConnector": {"type": "FTP", **server, "port": 21},
        "SFTPConnector": {"type": "SFTP", **server, "port": 22},
        "S3Connector": {"type": "S3", "name": "thing", "username": "AKIA01", "password": PASSWORD},
        "GCPConnector": {"type": "GCP", "name": "thing", "googleCredentials": KEY},
        "Datasource": {
            "name": "thing",
            "connector_id": inputs(kinds.DATASOURCE)["connector_id"],
            "database": "crm",
            "table": "customers",
            # Every known client sends the keys that it does not use as well.
            "request": None,
            "bucket": None,
            "path": None,
        },
        "Project": {"name": "thing", "description": "for tests", "color": "#a748f5"},
        "Dataset": {"name": "thing", "datasource_id": inputs(kinds.DATASET)["datasource_id"]},
    }


def test_a_reference_is_read_when_it_is_sent(variable: SecretReference, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = {**values(kinds.SQL), "password": variable}
    assert to_wire(kinds.SQL, sql)["password"] == PASSWORD

    monkeypatch.delenv("CRM_PASSWORD")
    with pytest.raises(
        InputError, match=r"^SQLConnector 'thing': password: the environment variable CRM_PASSWORD is not set$"
    ):
        to_wire(kinds.SQL, sql)


def test_a_reference_may_hold_a_service_account_key_in_any_form(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in (KEY_TEXT, KEY_BASE64):
        monkeypatch.setenv("KEY", text)
        gcp = {**values(kinds.GCP), "google_credentials": SecretReference("from_env", "KEY")}
        assert to_wire(kinds.GCP, gcp)["googleCredentials"] == KEY


@pytest.mark.parametrize("nothing", [{}, {"name": None}, {"name": ""}])
def test_the_platforms_three_ways_to_say_nothing_are_equal(nothing: dict[str, Any]) -> None:
    assert kinds.SQL["name"].from_wire(nothing) is None


@pytest.mark.parametrize(
    ("kind", "name", "item", "value"),
    [
        (kinds.SQL, "port", {"port": "3306"}, 3306),
        (kinds.SQL, "port", {"port": 3306.0}, 3306),
        (kinds.S3, "access_key_id", {"username": "AKIA"}, "AKIA"),
        (kinds.PROJECT, "color", {"color": "#A748F5"}, "#a748f5"),
        (kinds.DATASOURCE, "g_cloud", {"gCloud": "Storage"}, "Storage"),
        (kinds.DATASOURCE, "g_cloud", {"g_cloud": "BigQuery", "gCloud": ""}, "BigQuery"),
    ],
)
def test_answers_are_read_as_the_platform_and_its_older_versions_write_them(
    kind: Kind, name: str, item: dict[str, Any], value: Any
) -> None:
    assert kind[name].from_wire(item) == value


def test_unknown_has_one_identity_only() -> None:
    assert repr(UNKNOWN) == "UNKNOWN"
    assert {"a": UNKNOWN}["a"] is UNKNOWN


def test_a_secret_is_never_pickled_by_accident_into_the_provider() -> None:
    from pulumi_previsionio._dynamic import SQLConnectorProvider

    assert vars(pickle.loads(pickle.dumps(SQLConnectorProvider()))) == {}
