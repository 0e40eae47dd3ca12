"""The name of an object that its program does not name."""

from collections.abc import Iterator
from typing import Any

import pytest
from pulumi_previsionio import _kinds, _names
from pulumi_previsionio._names import name_of
from pulumi_previsionio._values import UNKNOWN, Secret


@pytest.fixture(autouse=True)
def new_process() -> Iterator[None]:
    """What was remembered before and after counts no more: a provider host lives for one phase."""
    _names._kept.clear()
    yield
    _names._kept.clear()


def inputs(resource: str, **others: Any) -> dict[str, Any]:
    return {"default_name": resource, "host": "h", "password": Secret("s"), "port": UNKNOWN, **others}


def test_a_new_object_is_named_after_its_resource() -> None:
    assert name_of(_kinds.FTP, {}, inputs("crm")) == "crm"


def test_an_object_keeps_its_name_when_its_resource_is_renamed() -> None:
    assert name_of(_kinds.FTP, {"name": "crm"}, inputs("renamed")) == "crm"


def test_an_object_that_replaces_a_renamed_one_has_its_name() -> None:
    name_of(_kinds.FTP, {"name": "crm"}, inputs("renamed", host="new"))
    assert name_of(_kinds.FTP, {}, inputs("renamed", host="new")) == "crm"


@pytest.mark.parametrize(
    ("kind", "others"),
    [
        (_kinds.SFTP, inputs("renamed")),
        (_kinds.FTP, inputs("renamed", host="other")),
        (_kinds.FTP, inputs("renamed", password=Secret("other"))),
        (_kinds.FTP, inputs("another")),
    ],
)
def test_no_other_object_has_it(kind: _kinds.Kind, others: dict[str, Any]) -> None:
    name_of(_kinds.FTP, {"name": "crm"}, inputs("renamed"))
    assert name_of(kind, {}, others) == others["default_name"]
