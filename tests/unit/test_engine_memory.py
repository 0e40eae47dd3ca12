"""What the engine does not tell, and what its earlier calls tell all the same."""

from typing import Any

import pytest
from pulumi_previsionio._core import kinds
from pulumi_previsionio._core.engine_memory import EngineMemory
from pulumi_previsionio._core.kind import Kind
from pulumi_previsionio._core.secret import Secret
from pulumi_previsionio._core.values import UNKNOWN, Values


def program(resource: str, **others: Any) -> Values:
    """What a program gives for a connector."""
    return {"default_name": resource, "host": "h", "password": Secret("s"), "port": UNKNOWN, **others}


@pytest.fixture
def memory() -> EngineMemory:
    return EngineMemory()


def check(memory: EngineMemory, kind: Kind, olds: Values, news: Values) -> Values:
    """A check of a resource that exists, as the lifecycle makes it."""
    checked = {name: value for name, value in news.items() if name != "default_name"}
    checked["name"] = memory.default_name(kind, olds, news)
    memory.note_check(kind, olds, news, checked)
    return checked


# Names


def test_a_new_object_is_named_after_its_resource(memory: EngineMemory) -> None:
    assert memory.default_name(kinds.FTP, {}, program("crm")) == "crm"


def test_an_object_keeps_its_name_when_its_resource_is_renamed(memory: EngineMemory) -> None:
    assert memory.default_name(kinds.FTP, {"name": "crm"}, program("renamed")) == "crm"


def test_a_name_that_somebody_else_gave_is_not_the_objects_own(memory: EngineMemory) -> None:
    drifted = {"name": "renamed by hand", "default_name": "crm"}
    assert memory.default_name(kinds.FTP, drifted, program("crm")) == "crm"


def test_an_object_that_replaces_a_renamed_one_has_its_name(memory: EngineMemory) -> None:
    news = program("renamed", host="new")
    checked = check(memory, kinds.FTP, {"name": "crm", "host": "old"}, news)
    memory.note_diff(kinds.FTP, "5ea1", checked, is_replacement=True)
    assert memory.default_name(kinds.FTP, {}, news) == "crm"


def test_a_replacement_that_the_engine_decides_by_itself_has_the_name_too(memory: EngineMemory) -> None:
    news = program("renamed")
    check(memory, kinds.FTP, {"name": "crm"}, news)
    assert memory.default_name(kinds.FTP, {}, news) == "crm"


@pytest.mark.parametrize("interleaved", [False, True])
def test_equal_resources_of_other_names_are_not_mistaken(interleaved: bool, memory: EngineMemory) -> None:
    """Two renamed resources of one name below two components, of which the second one is replaced."""
    news = program("renamed", host="new")
    first = check(memory, kinds.FTP, {"name": "crm", "host": "new"}, news)
    if not interleaved:
        memory.note_diff(kinds.FTP, "5ea1", first, is_replacement=False)
    second = check(memory, kinds.FTP, {"name": "shop", "host": "old"}, news)
    if interleaved:
        memory.note_diff(kinds.FTP, "5ea1", first, is_replacement=False)
    memory.note_diff(kinds.FTP, "5ea2", second, is_replacement=True)

    assert memory.default_name(kinds.FTP, {}, news) == "shop"


@pytest.mark.parametrize(
    ("kind", "others"),
    [
        (kinds.SFTP, program("renamed")),
        (kinds.FTP, program("renamed", host="other")),
        (kinds.FTP, program("another")),
    ],
)
def test_no_other_object_has_the_name(kind: Kind, others: Values, memory: EngineMemory) -> None:
    check(memory, kinds.FTP, {"name": "crm"}, program("renamed"))
    assert memory.default_name(kind, {}, others) == others["default_name"]


# What the program says of what is deleted

OLD: Values = {"datasource_id": "d", "name": "sales", "keep_on_replace": False}


def test_what_the_program_says_of_an_object_is_found_by_its_id(memory: EngineMemory) -> None:
    """Two datasets of one name over one data source: each is judged by what the program says of it."""
    for id_, keep in (("5ea1", True), ("5ea2", False)):
        news = {**OLD, "triggers": [id_], "keep_on_replace": keep}
        memory.note_check(kinds.DATASET, OLD, news, news)
        memory.note_diff(kinds.DATASET, id_, news, is_replacement=True)

    assert (memory.declared(kinds.DATASET, "5ea1", OLD) or {})["keep_on_replace"] is True
    assert (memory.declared(kinds.DATASET, "5ea2", OLD) or {})["keep_on_replace"] is False


def test_an_object_that_the_program_dropped_is_not_declared_by_its_twin(memory: EngineMemory) -> None:
    news = {**OLD, "keep_on_replace": True}
    memory.note_check(kinds.DATASET, OLD, news, news)
    memory.note_diff(kinds.DATASET, "5ea1", news, is_replacement=False)

    assert memory.declared(kinds.DATASET, "5ea2", OLD) is None


def test_a_replacement_without_a_diff_is_found_by_the_old_inputs(memory: EngineMemory) -> None:
    news = {**OLD, "keep_on_replace": True}
    memory.note_check(kinds.DATASET, OLD, news, news)

    assert memory.declared(kinds.DATASET, "5ea1", {**OLD, "rows": 3, "state": "done"}) == news
    assert memory.declared(kinds.DATASET, "5ea1", {**OLD, "name": "other"}) is None


def test_a_comparison_by_a_refresh_declares_nothing(memory: EngineMemory) -> None:
    memory.note_diff(kinds.DATASET, "5ea1", {**OLD, "keep_on_replace": True}, is_replacement=False)

    assert memory.declared(kinds.DATASET, "5ea1", OLD) is None


# Inputs that earlier versions did not keep


def test_the_old_inputs_of_what_is_compared_are_those_of_its_check(memory: EngineMemory) -> None:
    news = {**OLD, "source": {"table": "b"}}
    memory.note_check(kinds.DATASET, {**OLD, "source": {"table": "a"}}, news, news)

    assert memory.old_inputs(kinds.DATASET, news)["source"] == {"table": "a"}
    assert memory.old_inputs(kinds.DATASET, OLD) == {}
