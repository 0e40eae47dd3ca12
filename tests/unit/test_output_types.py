"""What is the same for all resources of a class is looked at once; nothing breaks where the SDK is built otherwise."""

from typing import Any

import pulumi_previsionio as previsionio
import pytest
from pulumi import _types
from pulumi_previsionio._host.output_types import remember_output_types
from pulumi_previsionio._resources import base

from tests.unit import programs

SDK: Any = _types


def five_projects() -> None:
    for number in range(5):
        previsionio.Project(f"p{number}")


def test_output_types_are_looked_at_once_for_each_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """When this fails, `_host.output_types` has to be looked at again."""
    looked_at: list[type] = []

    def find(cls: type) -> dict[str, type]:
        looked_at.append(cls)
        return {"name": str}

    monkeypatch.setattr(SDK, "resource_types", find)
    remember_output_types()
    programs.run(five_projects)

    assert looked_at.count(previsionio.Project) == 1


def test_they_are_the_sdks() -> None:
    assert SDK.resource_types(previsionio.SQLConnector)["port"] is int


def test_it_is_done_once() -> None:
    remembered = SDK.resource_types
    remember_output_types()
    assert SDK.resource_types is remembered


def test_an_sdk_without_that_function_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(SDK, "resource_types")
    remember_output_types()
    assert not hasattr(SDK, "resource_types")


def test_each_provider_class_is_serialized_once(monkeypatch: pytest.MonkeyPatch) -> None:
    serialized: list[object] = []

    def serialize(provider: object) -> str:
        serialized.append(provider)
        return "text"

    monkeypatch.setattr(base, "serialize_provider", serialize)
    monkeypatch.setattr(base, "_references", {})
    programs.run(five_projects)

    assert len(serialized) == 1
