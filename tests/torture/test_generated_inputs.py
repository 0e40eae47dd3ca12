"""Inputs of any shape through check and diff on the real host: they are taken or refused in one clean line."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import hypothesis
import pytest
from hypothesis import strategies as st
from pulumi.runtime.proto import provider_pb2

from tests.host.provider_host import ProviderHost, plain
from tests.secret_search import leaked
from tests.torture import examples
from tests.torture.examples import EXAMPLES, SECRET
from tests.torture.size import SEED, sized

TOKEN = "planted-torture-token"
URL = "http://127.0.0.1:9"
"""Nothing is there: neither check nor diff of what is the same asks anybody."""

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ODD = st.sampled_from(
    ["", " ", "\0", "\n", "https://db.example", "[::1]", "-1", "NaN", "1e400", "\u202eabc", "9" * 400]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def host() -> Iterator[ProviderHost]:
    config = {"url": URL, "token": TOKEN, "projectId": examples.PROJECT}
    with ProviderHost({f"previsionio:{key}": value for key, value in config.items()}) as host:
        yield host


@pytest.mark.parametrize("resource", EXAMPLES)
def test_generated_inputs(resource: str, host: ProviderHost, count: Callable[[str, int], None]) -> None:
    made = copy.deepcopy(examples.properties()[resource]["inputs"])
    provider = made.pop("__provider")
    inputs = st.dictionaries(
        st.sampled_from(sorted({*made, "name", "project_id", "color", "port"})), VALUES, max_size=4
    )
    number = 0

    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=sized(40, 1000),
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(changes=inputs)
    def play(changes: dict[str, Any]) -> None:
        nonlocal number
        number += 1
        given = {key: value for key, value in {**made, **changes}.items() if value is not None}
        given |= {"verify_source": False} if resource == "Datasource" else {}  # it would be looked up
        answer = _told(lambda: host.check(provider, given))
        for failure in answer.failures:
            assert failure.property == ""
            _be_one_clean_line(failure.reason)
        if answer.failures:
            return
        checked = plain(answer.inputs)
        again = _told(lambda: host.check(provider, checked, **checked))
        assert [failure.reason for failure in again.failures] == []
        assert plain(again.inputs) == checked
        same = _told(lambda: host.diff(provider, "5ea1f00d0000000000000abc", checked, checked))
        assert same.changes == provider_pb2.DiffResponse.DIFF_NONE

    play()
    count("inputs", number)


def _told(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except grpc.RpcError as error:
        raise AssertionError(f"{error.code()}: {error.details()}") from None


def _be_one_clean_line(text: str) -> None:
    assert "\n" not in text
    assert "Traceback" not in text
    assert "in a way it should not" not in text
    assert leaked([SECRET, TOKEN], text) == []
