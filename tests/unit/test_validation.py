"""Validation of inputs, made from the kinds' entries."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_previsionio._core import kinds
from pulumi_previsionio._core.credentials import canonical_credentials
from pulumi_previsionio._core.field_types import FieldType
from pulumi_previsionio._core.kind import Kind
from pulumi_previsionio._core.secret import Secret, SecretReference
from pulumi_previsionio._core.validation import validate
from pulumi_previsionio._core.values import UNKNOWN, from_engine

from tests.unit.examples import CONNECTORS, KEY, KEY_BASE64, KINDS, PASSWORD, inputs, quick


def problems_of(kind: Kind, **changes: Any) -> list[str]:
    given = from_engine(kind, inputs(kind, **changes))
    return [*validate(kind, given)[1], *kind.steps.problems(given)]


def accepted(kind: Kind, name: str, value: Any) -> Any:
    """What an input becomes."""
    clean, problems = validate(kind, from_engine(kind, inputs(kind, **{name: value})))
    assert problems == []
    return clean[name]


GOOD: list[tuple[Kind, str, Any, Any]] = [
    (kinds.SQL, "name", "CRM (östlich) 🚆", "CRM (östlich) 🚆"),
    (kinds.SQL, "host", "db.example", "db.example"),
    (kinds.SQL, "host", "10.0.0.1", "10.0.0.1"),
    (kinds.SQL, "host", "2001:db8::1", "2001:db8::1"),
    (kinds.SQL, "host", "[2001:DB8:0::1]", "2001:db8::1"),
    (kinds.SQL, "host", "https://myserver.example", "myserver.example"),
    (kinds.SQL, "host", "ftp://myserver.example/", "myserver.example"),
    (kinds.SQL, "host", "https://[2001:db8::1]/", "2001:db8::1"),
    (kinds.SQL, "port", 3306.0, 3306),
    (kinds.SQL, "port", 3306, 3306),
    (kinds.SQL, "port", " 3306 ", 3306),
    (kinds.SQL, "port", 1.0, 1),
    (kinds.SQL, "port", 65535.0, 65535),
    (kinds.SQL, "password", PASSWORD, Secret(PASSWORD)),
    (kinds.SQL, "password", {"from_env": "X"}, SecretReference("from_env", "X")),
    (kinds.FTP, "password", "", Secret("")),
    (kinds.SQL, "test_connection", False, False),
    (kinds.SQL, "test_connection", "true", True),
    (kinds.GCP, "google_credentials", KEY, Secret(canonical_credentials(KEY))),
    (kinds.GCP, "google_credentials", KEY_BASE64, Secret(canonical_credentials(KEY))),
    (kinds.PROJECT, "color", "#A748F5", "#a748f5"),
    (kinds.DATASET, "timeout", 0.5, 0.5),
    (kinds.DATASET, "timeout", 60.0, 60),
    (kinds.DATASET, "source", {"table": "t", "port": 1.0, "bucket": None}, {"table": "t", "port": 1}),
    (kinds.DATASOURCE, "connector_id", "5ea1", "5ea1"),
    (kinds.DATASET, "triggers", ["a", 1.0, {"b": None}], ["a", 1, {"b": None}]),
]


@pytest.mark.parametrize(("kind", "name", "value", "becomes"), GOOD)
def test_good_values(kind: Kind, name: str, value: Any, becomes: Any) -> None:
    clean = accepted(kind, name, value)

    assert (clean, type(clean)) == (becomes, type(becomes))


_PORT = "must be a whole number from 1 to 65535"
_HOST = "must be a host name or IP address alone"


def each(kind: Kind, name: str, problem: str, *bad: Any) -> list[tuple[Kind, str, Any, str]]:
    return [(kind, name, value, problem) for value in bad]


BAD: list[tuple[Kind, str, Any, str]] = [
    *(case for kind in KINDS for case in each(kind, "name", "must not be empty", "")),
    *(case for kind in KINDS for case in each(kind, "name", "must be text", 7.0)),
    *each(kinds.SQL, "port", _PORT, 0.0, 65536.0, -1.0, 3306.5, True, [], {}, [3306.0], float("inf")),
    *each(kinds.SQL, "port", _PORT, "x", "", "33 06", "²", "1e3", "0"),
    *each(kinds.FTP, "host", _HOST, "h/x", "u@h", "a b", "h\n", "h:21", "::zz", " h"),
    *each(kinds.FTP, "host", "must not be empty", ""),
    *each(kinds.FTP, "host", "must not be blank", " ", "\t\n"),
    *each(kinds.FTP, "host", "must not hold the character NUL", "h\0"),
    *each(kinds.FTP, "host", "must hold no port; it goes into `port`", "https://h:443"),
    *each(kinds.FTP, "host", "must hold no path; a data source names it", "https://h/x", "https://h?x", "https://h#x"),
    *each(kinds.FTP, "host", "must hold no user name or password", "https://u@h", "https://u:p@h"),
    *each(kinds.FTP, "host", "must be a host name or IP address; this ", "https://", "https://[::zz]"),
    *each(kinds.FTP, "password", "must not be blank", " "),
    *each(kinds.SQL, "password", "must not hold the character NUL", "a\0b"),
    *each(kinds.FTP, "host", "must be text", 10.0),
    *each(kinds.FTP, "username", "must be text", True),
    *(case for kind in (kinds.SQL, kinds.SFTP) for case in each(kind, "password", "must not be empty", "")),
    *each(kinds.S3, "secret_access_key", "must not be empty", ""),
    *(case for kind in CONNECTORS for name in kind.secrets for case in each(kind, name, "is required", None)),
    *each(kinds.SQL, "password", "must be text", 7.0, True, ["x"], {"a": "b"}),
    *each(kinds.GCP, "google_credentials", "must be a service-account key", "", "x", 7.0, []),
    *each(kinds.GCP, "google_credentials", "is not a whole service-account key", {"a": "b"}, {**KEY, "project_id": ""}),
    *each(kinds.GCP, "google_credentials", "must be the key of a service account", {**KEY, "type": "authorized_user"}),
    *each(kinds.GCP, "google_credentials", "private_key holds a backslash", {**KEY, "private_key": "-----\\n-----"}),
    *each(kinds.SQL, "test_connection", "must be a valid boolean", "perhaps"),
    *each(kinds.SQL, "force_destroy", "must be a valid boolean", 2.0),
    *each(kinds.PROJECT, "color", "must be a color as #RRGGBB", "red", "#fff", "#gggggg"),
    *each(kinds.DATASET, "timeout", "must be a number of seconds", 0.0, -1.0, "10", True, [], float("nan")),
    *each(kinds.DATASET, "triggers", "must be a valid list", "x"),
    *each(kinds.DATASET, "triggers", "must not hold NaN", [float("nan")], [{"a": [float("nan")]}]),
    *each(kinds.DATASET, "source", "must be names by what they name", "x", 7.0),
    *each(kinds.DATASOURCE, "connector_id", "must not be empty", ""),
    *each(kinds.SQL, "hots", "is not an input of this resource", "db.example"),
]


@pytest.mark.parametrize(("kind", "name", "value", "problem"), BAD)
def test_bad_values(kind: Kind, name: str, value: Any, problem: str) -> None:
    (text,) = problems_of(kind, **{name: value})

    assert text.startswith(f"{name}: {problem}")


def test_every_type_of_input_has_good_and_bad_values_here() -> None:
    def types(cases: list[tuple[Kind, str, Any, Any]]) -> set[type[FieldType]]:
        return {type(kind[name].type) for kind, name, *_ in cases if name in {field.name for field in kind.fields}}

    assert types(GOOD) == types(list(BAD)) == {type(field.type) for kind in KINDS for field in kind.fields}


def test_a_host_with_a_port_says_where_the_port_goes() -> None:
    assert problems_of(kinds.SQL, host="db.example:3306") == [
        "host: must be a host name or IP address alone; its port goes into `port`"
    ]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_defaults_are_filled_in(kind: Kind) -> None:
    defaults = {field.name: field.default for field in kind.fields if field.default is not None}

    clean, problems = validate(kind, from_engine(kind, inputs(kind, **dict.fromkeys(defaults))))

    assert problems == []
    assert {name: clean[name] for name in defaults} == defaults


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_was_not_given_is_not_kept(kind: Kind) -> None:
    clean, _ = validate(kind, from_engine(kind, inputs(kind)))

    assert set(clean) == set(inputs(kind)) | {field.name for field in kind.fields if field.default is not None}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_all_problems_of_a_resource_come_at_once(kind: Kind) -> None:
    required = [field for field in kind.fields if field.required]

    problems = problems_of(kind, **{field.name: None for field in required}, typo="x")

    missing = [f"{field.argument}: {field.type.missing}" for field in required]
    assert problems == [*missing, "typo: is not an input of this resource"]


def test_a_wrong_shape_is_reported_beside_other_problems() -> None:
    problems = problems_of(kinds.DATASOURCE, table=None, name="")

    assert problems[0] == "name: must not be empty"
    assert problems[1].startswith("a data source of a connector takes ")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_any_input_may_be_unknown_and_stays_so(kind: Kind) -> None:
    for field in kind.fields:
        if field.name in ("request", "bucket", "path", "g_cloud"):  # of other shapes than that of the example
            continue
        clean, problems = validate(kind, {**from_engine(kind, inputs(kind)), field.name: UNKNOWN})
        assert (problems, clean[field.name]) == ([], UNKNOWN), field.name


def test_everything_unknown_is_no_problem() -> None:
    for kind in (*CONNECTORS, kinds.PROJECT, kinds.DATASET):
        everything = dict.fromkeys([field.name for field in kind.fields], UNKNOWN)
        assert validate(kind, everything) == (everything, [])


def test_an_unknown_input_does_not_hide_the_problems_of_others() -> None:
    _, problems = validate(kinds.SQL, {**from_engine(kinds.SQL, inputs(kinds.SQL, port=0.0)), "host": UNKNOWN})

    assert problems == [f"port: {_PORT}"]


def test_an_unknown_part_of_a_shape_counts_as_given() -> None:
    source = from_engine(kinds.DATASOURCE, inputs(kinds.DATASOURCE))

    assert kinds.DATASOURCE.steps.problems({**source, "table": UNKNOWN}) == []
    assert kinds.DATASOURCE.steps.problems({**source, "request": UNKNOWN}) != []


@pytest.mark.parametrize("kind", CONNECTORS, ids=lambda kind: kind.name)
def test_a_secret_that_could_not_be_decrypted_is_refused_with_the_likely_cause(kind: Kind) -> None:
    (problem,) = problems_of(kind, **{name: {} for name in kind.secrets})

    assert problem.startswith(
        f"{kind.secrets[0]}: must be text. An empty object in its place is what a stack reference"
    )


# No problem text holds the value of a secret.

LETTERS = "äßQJZ0987$%{}[]\"'\\<>"
SECRETS = st.text(LETTERS, min_size=6, max_size=40)
WRAPPERS = st.sampled_from(
    [
        lambda secret: secret,
        lambda secret: [secret],
        lambda secret: {secret: secret},
        lambda secret: {"from_env": secret, "more": secret},
        lambda secret: {"from_env": [secret]},
        lambda secret: {"private_key": secret},
        lambda secret: f'{{"private_key": "{secret}"',
        lambda secret: [{"a": {"b": [secret]}}],
    ]
)


@quick
@given(secret=SECRETS, wrap=WRAPPERS, others=st.booleans())
@pytest.mark.parametrize("kind", CONNECTORS, ids=lambda kind: kind.name)
def test_no_problem_holds_a_secret(kind: Kind, secret: str, wrap: Any, others: bool) -> None:
    (name,) = kind.secrets
    changes = {"name": "", "project_id": None, "typo": 1.0} if others else {}

    problems = problems_of(kind, **{name: wrap(secret)}, **changes)

    assert len(problems) >= 3 * others
    assert secret not in "\n".join(problems)
    assert all("\n" not in problem for problem in problems)
