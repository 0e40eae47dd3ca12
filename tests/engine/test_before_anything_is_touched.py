"""A preview that would change something sees that it can: token, project, what the platform offers, targets, plans."""

from collections.abc import Callable
from pathlib import Path

from tests.engine.pulumi_cli import Stack
from tests.engine.test_engine_memory import fake, shared_fake, stack
from tests.unit.fake_platform import PROJECT, TOKEN, FakePlatform
from tests.unit.scripted_server import Answer

__all__ = ["fake", "shared_fake", "stack"]

MADE = """
import pulumi, pulumi_previsionio as previsionio
files = previsionio.FTPConnector("files", host="HOST", username="u", password="pass-word", force_destroy=True)
orders = previsionio.Datasource("orders", connector=files, path="/in/orders.csv")
"""


def made(host: str = "a.example") -> str:
    return MADE.replace("HOST", host)


def message(stack: Stack, text: str | None, *flags: str) -> str:
    (found,) = set(stack.preview(text, *flags, expect_failure=True).errors) - {"preview failed"}
    return found


def test_a_green_preview_means_that_token_and_project_are_good(stack: Stack, fake: FakePlatform) -> None:
    good = dict(stack.environment)
    for change, words in [
        ({"PREVISION_MASTER_TOKEN": "wrong"}, "the platform refused the token (401)"),
        (
            {"PREVISION_PROJECT_ID": "5ea1"},
            f"there is no project 5ea1 on {fake.url}. The token sees 'tests' ({PROJECT})",
        ),
    ]:
        stack.environment |= change
        assert words in message(stack, made())
        stack.environment |= good
    stack.up(made())

    # When nothing changes nobody is asked; a change of what is there is seen to be possible as well.
    stack.environment |= {"PREVISION_MASTER_TOKEN": "wrong"}
    fake.forget_calls()
    assert stack.preview().changes == {}
    assert fake.calls == []
    assert "the platform refused the token (401)" in message(stack, made("b.example"))


def test_a_replacement_is_never_decided_from_a_failure(stack: Stack, fake: FakePlatform) -> None:
    """`tests/unit/test_client` has all answers that are none."""
    stack.up(made())
    before = {collection: dict(objects) for collection, objects in fake.objects.items()}
    stack.program(made("b.example"))
    refuses = "whether the platform can change it in place is not known, so nothing is"
    fake.fault("OPTIONS", "/connectors/[^/]+", Answer(500, {}), times=2 * 5)
    (refusal,) = stack.up(expect_failure=True).errors
    assert refuses in refusal
    fake._faults.clear()
    fake.fault("OPTIONS", "/connectors/[^/]+", Answer(302, headers={"Location": "/login"}), times=2 * 5)
    assert refuses in message(stack, None)
    fake._faults.clear()
    assert fake.objects == before
    assert stack.up().changes == {"files": "update"}


def test_the_configuration_of_the_stack_goes_before_the_environment(stack: Stack, fake: FakePlatform) -> None:
    """A shell that still has the variables of the test server does not redirect the production stack."""
    stack.config("previsionio:url", fake.url)
    stack.config("previsionio:token", TOKEN, secret=True)
    stack.config("previsionio:projectId", PROJECT)
    stack.environment |= {
        "PREVISION_URL": "http://127.0.0.1:9",
        "PREVISION_MASTER_TOKEN": "of-the-test-server",
        "PREVISION_PROJECT_ID": "5ea1",
    }
    assert stack.up(made()).changes == {"files": "create", "orders": "create"}
    assert fake.only("connectors")["project_id"] == PROJECT


def test_update_plans_hold_with_references(stack: Stack, fake: FakePlatform) -> None:
    stack.environment["CRM_PASSWORD"] = "secret-of-the-plan"
    text = made().replace('"pass-word"', 'previsionio.from_env("CRM_PASSWORD")')
    plan = str(Path(stack.folder) / "plan.json")
    for wanted in (text, text.replace("a.example", "b.example")):
        stack.preview(wanted, "--save-plan", plan)
        done = stack.up(None, "--plan", plan)
        assert "secret-of-the-plan" not in done.everything
    assert fake.only("connectors")["host"] == "b.example"


def test_an_import_in_the_program_is_refused_with_the_way_that_there_is(stack: Stack) -> None:
    text = made().replace("force_destroy=True", "opts=pulumi.ResourceOptions(import_='5ea1')")
    failed = stack.preview(text, expect_failure=True)
    assert "pulumi-previsionio adopt --connector 5ea1 --as NAME" in failed.everything
    assert "KeyError" not in failed.everything


def test_what_is_only_read_is_never_shown_as_lost(stack: Stack, fake: FakePlatform) -> None:
    id_ = fake.store("connectors", type="SQL", name="found", host="h", port=1, username="u", project_id=PROJECT)
    text = f"""
        import pulumi, pulumi_previsionio as previsionio
        found = previsionio.SQLConnector.get("found", "{id_}")
        pulumi.export("host", found.host)
    """
    stack.up(text)
    assert stack.refresh().changes == {}
    preview = stack.preview()
    assert [dict(step.diff) for step in preview.steps] == [{}]
    assert stack.outputs()["host"] == "h"


def test_a_whole_exported_resource_is_a_connector(
    stack: Stack, fake: FakePlatform, new_stack: Callable[..., Stack]
) -> None:
    stack.up(made() + "pulumi.export('files', files)")
    other = Stack.__new__(Stack)
    other.__dict__.update(stack.__dict__, name="other")
    other.cli("stack", "init", "other")
    text = """
        import pulumi, pulumi_previsionio as previsionio
        files = pulumi.StackReference("organization/test/dev").get_output("files")
        previsionio.Datasource("customers", connector=files, path="/customers.csv")
    """
    assert other.up(text).changes == {"customers": "create"}
    (connector,) = fake.objects["connectors"]
    assert {item["connector_id"] for item in fake.objects["data-sources"].values()} == {connector}


def test_a_module_of_the_project_does_not_take_the_place_of_pythons_own(stack: Stack) -> None:
    for name in ("secrets", "difflib", "netrc"):
        (stack.folder / f"{name}.py").write_text("raise RuntimeError('a module of the project')\n")
    assert stack.up(made()).changes == {"files": "create", "orders": "create"}
    assert "misspelt" in message(stack, made().replace("/in/orders.csv", "/in/misspelt.csv"))


def test_lookups_see_what_this_run_has_made_and_may_be_asked_in_threads(stack: Stack, fake: FakePlatform) -> None:
    text = f"""
        import concurrent.futures, pathlib, time
        import pulumi, pulumi_previsionio as previsionio
        before = previsionio.list_connectors()
        files = previsionio.FTPConnector("files", host="h", username="u", password="pass-word")
        def seen(id_):
            with concurrent.futures.ThreadPoolExecutor(2) as threads:
                lists = threads.map(lambda _: previsionio.list_connectors(), "ab")
                names = [[each.name for each in found] for found in lists]
            pathlib.Path("names").write_text(repr((len(before), names)))
        files.id.apply(seen)
        staging = previsionio.Provider("staging", url="{fake.url}", token="{TOKEN}", project_id="{PROJECT}")
        with concurrent.futures.ThreadPoolExecutor(1) as threads:
            threads.submit(previsionio.list_connectors, provider=staging).result()
    """
    stack.up(text)
    assert (stack.folder / "names").read_text() == repr((0, [["files"], ["files"]]))


GUARDED = """
import pulumi, pulumi_previsionio as previsionio
files = previsionio.FTPConnector("files", host="a.example", username="u", password="pass-word", force_destroy=FORCE)
orders = previsionio.Datasource(
    "orders", connector=files, path="/in/orders.csv", opts=pulumi.ResourceOptions(deleted_with=WITH)
)
"""


def test_the_advice_of_the_delete_guard_makes_nothing_worse(stack: Stack, fake: FakePlatform) -> None:
    def guarded(force: bool, deleted_with: str = "None") -> str:
        return GUARDED.replace("FORCE", str(force)).replace("WITH", deleted_with)

    # Only the connector is to be replaced: its data source, which the stack holds, would go by force.
    stack.up(guarded(False))
    urn = stack.resources()["files"]["urn"]
    failed = stack.up(None, "--target-replace", urn, "--target", urn, expect_failure=True)
    (refusal,) = (error for error in failed.errors if "is still used by" in error)
    assert "What the stack holds goes along when you run Pulumi without --target" in refusal
    stack.up()
    assert len(fake.objects["connectors"]) == len(fake.objects["data-sources"]) == 1
    assert fake.only("data-sources")["connector_id"] == fake.only("connectors")["_id"]

    # Pulumi leaves the data source to the connector, which is deleted with it by force alone.
    assert stack.up(guarded(False, "files")).changes == {}
    (refusal,) = (error for error in stack.destroy(expect_failure=True).errors if "is still used by" in error)
    assert "set force_destroy=True and run `pulumi up`, so that all of it is deleted with the connector" in refusal
    stack.up(guarded(True, "files"))
    stack.destroy()
    assert not fake.objects["connectors"]
    assert not fake.objects["data-sources"]
