"""The outputs' types of a class are looked at once; nothing breaks where the SDK is built otherwise."""

import pulumi_previsionio as previsionio
import pytest
from pulumi import _types
from pulumi_previsionio._host.output_types import remember_output_types

from tests.unit import programs


def test_they_are_looked_at_once_for_each_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """When this fails, `_host.output_types` has to be looked at again."""
    looked_at: list[type] = []
    find = _types.resource_types.__wrapped__  # type: ignore[attr-defined]
    monkeypatch.setattr(_types, "resource_types", lambda cls: looked_at.append(cls) or find(cls))
    remember_output_types()

    programs.run(lambda: [previsionio.Project(f"p{number}") for number in range(5)])

    assert looked_at.count(previsionio.Project) == 1
    assert _types.resource_types(previsionio.SQLConnector)["port"] is int


def test_it_is_done_once() -> None:
    remembered = _types.resource_types
    remember_output_types()
    assert _types.resource_types is remembered


def test_an_sdk_without_that_function_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(_types, "resource_types")
    remember_output_types()
    assert not hasattr(_types, "resource_types")


def test_a_program_of_many_resources_serializes_each_provider_class_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from pulumi_previsionio._resources import base

    serialized: list[object] = []
    monkeypatch.setattr(base, "serialize_provider", lambda provider: serialized.append(provider) or "text")
    base._serialized.cache_clear()
    try:
        programs.run(lambda: [previsionio.Project(f"p{number}") for number in range(5)])
    finally:
        base._serialized.cache_clear()

    assert len(serialized) == 1
