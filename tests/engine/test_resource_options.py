"""Pulumi's resource options do on these resources what they do on any other."""

from collections.abc import Callable

import pytest
from previsionio_local import LocalPlatform

from tests.engine.messages import the_error
from tests.engine.objects import Objects
from tests.engine.pulumi_cli import Stack

HEAD = """
import pulumi
import pulumi_previsionio as previsionio
from pulumi import ResourceOptions


def files(name, host="old", username="old", password="old-secret", cls=previsionio.FTPConnector, **inputs):
    return cls(name, host=host, username=username, password=password, test_connection=False, **inputs)


def export(name, connector, **inputs):
    return previsionio.Datasource(name, connector=connector, path="p", verify_source=False, **inputs)

"""
OPTIONS = """
files("ignored", host=NOW, password=f"{NOW}-secret", opts=ResourceOptions(ignore_changes=["host", "password"]))
variable = previsionio.from_env("PASSWORD")
files("ignored-variable", password=variable, opts=ResourceOptions(ignore_changes=["password"]))
files("partly-ignored", host=NOW, username=NOW, opts=ResourceOptions(ignore_changes=["host"]))
partly = ResourceOptions(ignore_changes=["password"])
files("partly-ignored-variable", username=NOW, password=variable, opts=partly)

files("replaced", username=NOW, opts=ResourceOptions(replace_on_changes=["username"]))
files("replaced-by-secret", password=f"{NOW}-secret", opts=ResourceOptions(replace_on_changes=["password"]))
files("replaced-by-anything", force_destroy=NOW == "new", opts=ResourceOptions(replace_on_changes=["*"]))
files("retained", username=NOW, opts=ResourceOptions(retain_on_delete=True, replace_on_changes=["username"]))

aliased = ResourceOptions(aliases=[pulumi.Alias(name="first-name")])
renamed = files("first-name") if NOW == "old" else files("second-name", opts=aliased)
export("export", renamed)

files("another-kind", cls=previsionio.FTPConnector if NOW == "old" else previsionio.SFTPConnector)
if NOW == "old":
    files("left-behind", opts=ResourceOptions(retain_on_delete=True))
"""


def program(now: str, text: str, door: str = "pulumi_previsionio") -> str:
    return f"NOW = {now!r}\n{HEAD.replace('pulumi_previsionio', door)}{text}"


@pytest.mark.parametrize("door", ["pulumi_previsionio", "pulumi_previsionio.native"])
def test_what_is_ignored_replaced_retained_and_renamed(door: str, stack: Stack, platform: LocalPlatform) -> None:
    objects = Objects(platform)
    stack.describe_project("python", plugin=True)
    stack.environment["PASSWORD"] = "old-secret"
    stack.up(program("old", OPTIONS, door))
    before = objects.all("connectors")
    sent = stack.resources(show_secrets=True)["partly-ignored-variable"]["inputs"]["password"]

    stack.environment["PASSWORD"] = "new-secret"
    assert stack.up_as_previewed(program("new", OPTIONS, door)).changes == {
        "partly-ignored": "update",
        "partly-ignored-variable": "update",
        "replaced": "replace",
        "replaced-by-secret": "replace",
        "replaced-by-anything": "replace",
        "retained": "replace",
        "another-kind": "create + delete",
        "left-behind": "delete",
    }
    resources = stack.resources(show_secrets=True)
    assert resources["partly-ignored-variable"]["inputs"]["password"] == sent
    ids = {name: state["id"] for name, state in resources.items()}
    assert ids["second-name"] == before["first-name"]["_id"]
    left = {item["_id"]: item for item in objects.list("connectors")}
    assert before["left-behind"]["_id"] in left
    assert before["retained"]["_id"] in left
    assert left[ids["retained"]]["username"] == "new"
    assert left[ids["ignored"]]["host"] == "old"
    assert (left[ids["partly-ignored"]]["host"], left[ids["partly-ignored"]]["username"]) == ("old", "new")
    # The name that was not given is the one from the creation.
    assert left[ids["second-name"]]["name"] == "first-name"
    assert stack.preview().changes == {}

    # What was ignored is still the difference that it was.
    listening = program("new", OPTIONS.replace("opts=partly", "opts=None"), door)
    assert stack.preview(listening).changes == {"partly-ignored-variable": "update"}


def test_with_delete_before_replace_the_data_sources_go_first_and_come_last(
    stack: Stack, platform: LocalPlatform
) -> None:
    text = """
option = ResourceOptions(delete_before_replace=True, replace_on_changes=["host"])
export("export", files("files", host=NOW, opts=option))
"""
    stack.up(program("old", text))
    platform.clear_calls()
    assert stack.up_as_previewed(program("new", text)).changes == {"files": "replace", "export": "replace"}
    changes = [f"{call.method} {call.path.split('/')[-1 if call.method == 'POST' else 1]}" for call in platform.calls()]
    assert [change for change in changes if change.startswith(("POST", "DELETE"))] == [
        "DELETE data-sources",
        "DELETE connectors",
        "POST connectors",
        "POST data-sources",
    ]


GUARDED = """
files("files", force_destroy=NOW == "forced")
previsionio.Project("team", force_destroy=NOW == "forced")
"""


def test_what_others_still_use_is_deleted_by_force_only(stack: Stack, platform: LocalPlatform) -> None:
    objects = Objects(platform)
    stack.up(program("", GUARDED))
    ids = {name: state["id"] for name, state in stack.resources().items()}
    theirs = platform.seed(
        data_sources=[{"name": f"theirs-{number}", "connector_id": ids["files"], "path": "p"} for number in (1, 2)],
        connectors=[{"name": "in-team", "project_id": ids["team"], "type": "S3", "username": "u", "password": "p"}],
    )

    refused = stack.destroy("--continue-on-error", expect_failure=True)
    messages = {step.name for step in refused.failed}
    assert messages == {"files", "team"}
    one, two = theirs["data_sources"]
    assert (
        f"FTPConnector 'files' is still used by 2 data sources: 'theirs-1' ({one}), 'theirs-2' ({two}), "
        "which this run does not delete. What the stack holds goes along when you run Pulumi without --target; "
    ) in "\n".join(refused.errors)
    assert f"Project 'team' still holds 1 connector: 'in-team' ({theirs['connectors'][0]})" in "\n".join(refused.errors)
    assert objects.names() == ["files", "theirs-1", "theirs-2"]
    assert stack.resources().keys() == ids.keys()

    platform.clear_calls()
    assert stack.up(program("forced", GUARDED)).changes == {"files": "update", "team": "update"}
    assert platform.calls() == []
    assert stack.destroy().changes == {"files": "delete", "team": "delete"}
    assert objects.names() == []


def test_a_renamed_object_that_is_replaced_keeps_its_name(
    new_stack: Callable[..., Stack], replacing_platform: LocalPlatform
) -> None:
    stack, objects = new_stack("stack", replacing_platform), Objects(replacing_platform)
    text = """
aliased = ResourceOptions(aliases=[pulumi.Alias(name="first-name")])
renamed = files("first-name") if NOW == "old" else files("second-name", host="new", opts=aliased)
"""
    stack.up(program("old", text))
    # The old object leaves the state under its old resource's name.
    assert stack.up_as_previewed(program("new", text)).changes == {"second-name": "replace", "first-name": "replace"}
    assert objects.names() == ["first-name"]


def test_a_replaced_connector_stays_while_others_use_it(
    new_stack: Callable[..., Stack], replacing_platform: LocalPlatform
) -> None:
    """What was replaced is still the stack's to delete: later, when nobody uses it any more."""
    stack, objects = new_stack("stack", replacing_platform), Objects(replacing_platform)
    text = 'export("export", files("files", host=NOW))'
    stack.up(program("old", text))
    old = stack.resources()["files"]["id"]
    replacing_platform.seed(data_sources=[{"name": "theirs", "connector_id": old, "path": "p"}])

    failed = stack.up(program("new", text), expect_failure=True)
    assert "FTPConnector 'files' is still used by 1 data source: 'theirs'" in the_error(failed)
    (new,) = {item["_id"] for item in objects.list("connectors")} - {old}
    assert objects.all("data-sources")["export"]["connector_id"] == new

    objects.delete("theirs")
    assert stack.up().changes == {"files": "replace + same"}
    assert {item["_id"] for item in objects.list("connectors")} == {new}
