"""Properties between the engine's wire and Python, against Pulumi's own SDK."""

from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc
from pulumi_previsionio._core.kinds import KINDS
from pulumi_previsionio._core.lookups import ANSWERS
from pulumi_previsionio._core.names import camel, semantic_version, snake
from pulumi_previsionio._core.values import UNKNOWN, UNTOLD
from pulumi_previsionio._native.codec import UNKNOWN_TEXT, decode, encode

from tests.unit.examples import quick

NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53).map(float)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
PLAIN = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=4)
NAMES = st.sampled_from(sorted({field.name for kind in KINDS for field in kind.fields}))
VALUES = st.dictionaries(NAMES, PLAIN, max_size=4)

SECRET = {rpc._special_sig_key: rpc._special_secret_sig}
OUTPUT = {rpc._special_sig_key: rpc._special_output_value_sig}


def struct(**fields: Any) -> Struct:
    made = Struct()
    made.update(fields)
    return made


@quick
@given(VALUES, st.sets(NAMES))
def test_what_is_encoded_comes_back(values: dict[str, Any], secrets: set[str]) -> None:
    back = decode(encode(values, secrets))

    assert back.values == values
    assert back.secrets == secrets & values.keys()


@quick
@given(VALUES)
def test_plain_values_are_json_by_the_engines_names(values: dict[str, Any]) -> None:
    assert MessageToDict(encode(values)) == {camel(name): value for name, value in values.items()}


@quick
@given(VALUES, st.sets(NAMES))
def test_the_sdk_reads_what_is_encoded(values: dict[str, Any], secrets: set[str]) -> None:
    read = rpc.deserialize_properties(encode(values, secrets))

    given_ = {name for name in values if values[name] is not None or name in secrets}
    assert {snake(key) for key in read if rpc.is_rpc_secret(read[key])} == secrets & given_


@quick
@given(PLAIN, st.lists(st.sampled_from(["list", "object"]), max_size=3))
def test_a_secret_anywhere_makes_the_whole_property_one(value: Any, path: list[str]) -> None:
    nested: Any = {**SECRET, "value": value}
    plain: Any = value
    for step in path:
        nested, plain = ([nested], [plain]) if step == "list" else ({"x": nested}, {"x": plain})

    read = decode(struct(host=nested))

    assert read.values == {"host": plain}
    assert read.secrets == {"host"}


@pytest.mark.parametrize(
    "value",
    [
        UNKNOWN_TEXT,
        {**SECRET, "value": UNKNOWN_TEXT},
        [1, {"deep": UNKNOWN_TEXT}],
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        OUTPUT,
        {**OUTPUT, "secret": True},
    ],
    ids=str,
)
def test_what_is_unknown_in_any_part_goes_back_as_it_came(value: Any) -> None:
    sent = struct(projectId=value)
    read = decode(sent)

    assert read.values == {"project_id": UNKNOWN}
    assert encode(read.values, read.secrets, read.wire) == sent


def test_an_output_is_its_value() -> None:
    read = decode(struct(host={**OUTPUT, "value": "a"}, port={**OUTPUT, "value": 1, "secret": True}))

    assert read.values == {"host": "a", "port": 1}
    assert read.secrets == {"port"}


def test_what_nobody_has_told_is_left_out() -> None:
    assert encode({"password": UNTOLD, "project_id": UNKNOWN, "host": "a"}, {"password"}) == struct(host="a")


def test_the_texts_of_a_secret_are_found_in_all_its_parts() -> None:
    read = decode(struct(host={**SECRET, "value": [{"a": "one"}, "two", 3]}, name="three"))

    assert sorted(read.texts()) == ["one", "two"]


@pytest.mark.parametrize("name", sorted({field.name for kind in KINDS for field in kind.fields} | set(ANSWERS)))
def test_every_name_has_a_spelling_of_its_own(name: str) -> None:
    assert "_" not in camel(name)
    assert snake(camel(name)) == snake(name) == name


@pytest.mark.parametrize(
    ("python", "semantic"),
    [("1.2.3", "1.2.3"), ("1.2.3.dev0", "1.2.3+dev0"), ("1.2.3rc1", "1.2.3-rc.1"), ("1.2.3a4", "1.2.3-alpha.4")],
)
def test_versions_are_written_as_the_engine_compares_them(python: str, semantic: str) -> None:
    assert semantic_version(python) == semantic


def test_what_is_no_version_is_refused() -> None:
    with pytest.raises(ValueError, match="is no version"):
        semantic_version("1.2")
