"""What `adopt` decides before it imports anything: what is to be adopted, and whether the preview can end empty."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi_previsionio._cli import import_file, matching, update_plan
from pulumi_previsionio._cli.errors import Declined
from pulumi_previsionio._cli.manifest import TYPE, Wanted
from pulumi_previsionio._core.context import Context
from pulumi_previsionio._platform.collections import CONNECTORS

from tests.unit.conftest import connect
from tests.unit.fake_platform import PROJECT, FakePlatform
from tests.unit.plans import CIPHERTEXT, DEFAULT, component, resource, urn
from tests.unit.plans import plan as plan_of

UNKNOWN = update_plan.UNKNOWN


@pytest.fixture
def there() -> Iterator[FakePlatform]:
    """A platform with the connector `crm`, the data source `customers` behind it, and a snapshot of that."""
    with FakePlatform() as fake:
        server = {"host": "db", "port": 3306, "username": "u"}
        fake.objects["connectors"]["c1"] = {"_id": "c1", "type": "SQL", "name": "crm", "project_id": PROJECT, **server}
        customers = {"name": "customers", "connector_id": "c1", "database": "crm", "table": "customers"}
        fake.objects["data-sources"]["d1"] = {"_id": "d1", "project_id": PROJECT, **customers}
        fake.objects["datasets"]["s1"] = {"_id": "s1", "name": "now", "project_id": PROJECT, "datasource_id": "d1"}
        yield fake


class Program:
    """A program that declares the three, as a plan; changes are made to its entries."""

    def __init__(self, url: str) -> None:
        common = {"project_id": PROJECT, "platform_url": url}
        crm, customers = urn("SQLConnector", "crm"), urn("Datasource", "customers")
        server = {"host": "db", "port": 3306, "username": "u", "password": CIPHERTEXT}
        self.crm = resource("SQLConnector", "crm", {"name": "crm", **server, **common})
        table = {"name": "customers", "connector_id": UNKNOWN, "database": "crm", "table": "customers"}
        self.customers = resource("Datasource", "customers", {**table, **common}, depends={"connector_id": crm})
        snapshot = {"name": "now", "datasource_id": UNKNOWN, "timeout": 1800, "keep_on_replace": False}
        self.now = resource("Dataset", "now", {**snapshot, **common}, depends={"datasource_id": customers})

    def plan(self, *more: Any, **options: Any) -> update_plan.UpdatePlan:
        return update_plan.parse(plan_of(self.crm, self.customers, self.now, *more, **options))


WANTED = (
    Wanted("crm", "c1", f"{TYPE}SQLConnector"),
    Wanted("customers", "d1", f"{TYPE}Datasource"),
    Wanted("now", "s1", f"{TYPE}Dataset"),
)


def in_stack(kind: str, name: str, id_: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn(kind, name), "type": TYPE + kind, "id": id_, **more}


def inputs_of(entry: Any) -> Any:
    return entry[1]["goal"]["inputDiff"]["adds"]


def completed(fake: FakePlatform, planned: update_plan.UpdatePlan) -> dict[str, dict[str, Any]]:
    context: Context = connect(fake)
    return matching.completed(matching.match(WANTED, planned, []), planned, lambda _: context)


def test_ids_that_the_plan_cannot_know_are_those_of_the_adopted_objects(there: FakePlatform) -> None:
    program = Program(there.url)

    inputs = completed(there, program.plan())

    assert inputs[urn("Datasource", "customers")]["connector_id"] == "c1"
    assert inputs[urn("Dataset", "now")]["datasource_id"] == "d1"
    assert inputs[urn("SQLConnector", "crm")] == inputs_of(program.crm)
    assert not any(update_plan.contains_unknown(each) for each in inputs.values())


def test_the_import_file_has_the_programs_own_inputs_as_inputs_and_outputs(there: FakePlatform) -> None:
    program = Program(there.url)
    planned = program.plan()
    matches = matching.match(WANTED, planned, [])

    content = json.loads(import_file.text(completed(there, planned), matches, planned))

    crm, customers, _ = content["resources"]
    assert content["nameTable"] == {}
    assert (crm["type"], crm["logicalName"], crm["id"]) == (f"{TYPE}SQLConnector", "crm", "c1")
    assert crm["inputs"] == crm["outputs"] == inputs_of(program.crm)
    assert crm["inputs"]["password"] == CIPHERTEXT
    assert customers["outputs"]["connector_id"] == "c1"
    assert len({entry["name"] for entry in content["resources"]}) == 3


def test_an_output_that_the_program_calls_secret_is_hidden(there: FakePlatform) -> None:
    program = Program(there.url)
    program.crm[1]["goal"]["additionalSecretOutputs"].append("host")
    planned = program.plan()

    content = json.loads(import_file.text(completed(there, planned), matching.match(WANTED, planned, []), planned))

    assert content["resources"][0]["inputs"]["host"] == "db"
    assert update_plan.is_secret(content["resources"][0]["outputs"]["host"])
    assert update_plan.revealed(content["resources"][0]["outputs"]["host"]) == "db"


@pytest.mark.parametrize(
    ("collection", "id_", "change", "difference"),
    [
        ("connectors", "c1", {"host": "other"}, "host: the program says 'db', the platform has 'other'"),
        ("connectors", "c1", {"name": "new"}, "name: the program says 'crm', the platform has 'new'"),
        ("connectors", "c1", {"type": "FTP"}, "c1 is a connector of type FTP"),
        ("data-sources", "d1", {"table": ""}, "table: the program says 'customers', the platform has nothing"),
        ("data-sources", "d1", {"connector_id": "c2"}, "connector_id: the program says 'c1', the platform has 'c2'"),
        ("datasets", "s1", {"datasource_id": "d9"}, "datasource_id: the program says 'd1', the platform has 'd9'"),
    ],
)
def test_every_difference_between_program_and_platform_is_named(
    collection: str, id_: str, change: dict[str, Any], difference: str, there: FakePlatform
) -> None:
    there.objects[collection][id_].update(change)

    with pytest.raises(Declined, match="nothing was imported") as declined:
        completed(there, Program(there.url).plan())

    (detail,) = declined.value.details
    assert id_ in detail
    assert difference in detail


def test_all_that_is_gone_is_named_at_once(there: FakePlatform) -> None:
    there.objects["connectors"].clear()
    there.objects["datasets"].clear()

    with pytest.raises(Declined, match="no longer on the platform; nothing was imported") as declined:
        completed(there, Program(there.url).plan())

    assert declined.value.details == ("SQLConnector 'crm' (c1)", "Dataset 'now' (s1)")


def test_a_platform_that_does_not_tell_where_a_dataset_came_from_is_believed(there: FakePlatform) -> None:
    del there.objects["datasets"]["s1"]["datasource_id"]

    assert completed(there, Program(there.url).plan())[urn("Dataset", "now")]["datasource_id"] == "d1"


def test_a_project_that_the_program_makes_is_the_project_of_all_that_is_in_it(there: FakePlatform) -> None:
    program = Program(there.url)
    project = resource("Project", "tests", {"name": "tests", "platform_url": there.url})
    for entry, source in ((program.crm, project), (program.customers, program.crm), (program.now, program.customers)):
        inputs_of(entry)["project_id"] = UNKNOWN
        entry[1]["goal"]["propertyDependencies"]["project_id"] = [source[0]]
    planned = program.plan(project)
    wanted = (*WANTED, Wanted("tests", PROJECT, f"{TYPE}Project"))
    context = connect(there)

    inputs = matching.completed(matching.match(wanted, planned, []), planned, lambda _: context)

    assert [each.get("project_id") for each in inputs.values()] == [PROJECT, PROJECT, PROJECT, None]


@pytest.mark.parametrize("value", [UNKNOWN, ["a", UNKNOWN], CIPHERTEXT])
def test_what_only_another_creation_would_tell_is_refused(value: Any, there: FakePlatform) -> None:
    program = Program(there.url)
    inputs_of(program.crm)["password"] = value
    bucket = "urn:pulumi:dev::test::aws:s3/bucket:Bucket::logs"
    program.crm[1]["goal"]["propertyDependencies"]["password"] = [bucket]

    with pytest.raises(Declined) as declined:
        completed(there, program.plan())

    assert declined.value.details[0].startswith("SQLConnector 'crm' (c1): password: its value comes from 'logs' and")


def test_a_secret_of_a_resource_that_stays_as_it_is_is_known(there: FakePlatform) -> None:
    program = Program(there.url)
    generated = component("generated", "same")
    program.crm[1]["goal"]["propertyDependencies"]["password"] = [generated[0]]

    assert completed(there, program.plan(generated))[urn("SQLConnector", "crm")]["password"] == CIPHERTEXT


# Matching


def test_what_the_stack_holds_already_is_skipped(there: FakePlatform) -> None:
    program = Program(there.url)
    program.crm[1]["steps"] = ["same"]

    matches = matching.match(WANTED, program.plan(), [in_stack("SQLConnector", "crm", "c1")])

    assert [each.name for each in matches.there] == ["crm"]
    assert [each.declared.name for each in matches.new] == ["customers", "now"]


def test_what_the_program_does_not_declare_is_told_apart(there: FakePlatform) -> None:
    other = Wanted("orders", "d2", f"{TYPE}Datasource")

    assert matching.match([other], Program(there.url).plan(), []).undeclared == (other,)


def test_any_kind_of_connector_is_found_by_its_name(there: FakePlatform) -> None:
    (found,) = matching.match([Wanted("crm", "c1", CONNECTORS)], Program(there.url).plan(), []).new

    assert found.kind.name == "SQLConnector"


@pytest.mark.parametrize(
    ("stack", "wanted", "problem"),
    [
        ([in_stack("SQLConnector", "old", "c1")], WANTED[0], "the stack holds it as 'old'"),
        ([in_stack("SQLConnector", "crm", "c7")], WANTED[0], "the stack's resource of that name is another object, c7"),
        ([in_stack("SQLConnector", "crm", "c1", external=True)], WANTED[0], "the stack only reads it (`get`)"),
    ],
)
def test_a_stack_that_says_something_else_is_believed(
    stack: list[dict[str, Any]], wanted: Wanted, problem: str, there: FakePlatform
) -> None:
    with pytest.raises(Declined, match="nothing was imported") as declined:
        matching.match([wanted], Program(there.url).plan(), stack)

    assert problem in declined.value.details[0]


def test_one_object_cannot_become_two_resources(there: FakePlatform) -> None:
    twin = resource("SQLConnector", "twin", {"name": "crm"})

    with pytest.raises(Declined) as declined:
        matching.match([WANTED[0], Wanted("twin", "c1", CONNECTORS)], Program(there.url).plan(twin), [])

    assert "one object cannot be both" in declined.value.details[0]


def test_a_name_that_two_resources_have_is_refused(there: FakePlatform) -> None:
    box = component("box")
    urn_, content = resource("SQLConnector", "crm")
    inside = (urn_.replace(TYPE, f"my:index:Component${TYPE}"), content)

    with pytest.raises(Declined) as declined:
        matching.match([WANTED[0]], Program(there.url).plan(box, inside), [])

    assert "several resources of the program have this name" in declined.value.details[0]


# What else the program would change


def test_other_changes_are_refused_and_listed(there: FakePlatform) -> None:
    program = Program(there.url)
    changed = resource("SQLConnector", "changed", steps=["update"])
    planned = program.plan(changed, component("box"), dropped=urn("SQLConnector", "dropped"))

    with pytest.raises(Declined) as declined:
        matching.refuse_other_changes(matching.match(WANTED, planned, []), planned)

    assert set(declined.value.details) == {
        "update SQLConnector 'changed'",
        "create Component 'box'",
        "delete SQLConnector 'dropped'",
    }


def test_a_parent_that_an_import_cannot_make_is_another_change(there: FakePlatform) -> None:
    program = Program(there.url)
    parent = resource("SFTPConnector", "parent")
    program.crm[1]["goal"]["parent"] = parent[0]
    planned = program.plan(parent)

    others = matching.other_changes(matching.match(WANTED, planned, []), planned)

    assert [str(change) for change in others] == ["create SFTPConnector 'parent'"]


@pytest.mark.parametrize(("step", "others"), [("create", []), ("update", ["update pulumi-python 'staging'"])])
def test_an_explicit_provider_is_made_along_but_not_changed(step: str, others: list[str], there: FakePlatform) -> None:
    program = Program(there.url)
    provider = DEFAULT.rpartition("::")[0].replace("default", "staging")
    content = {"goal": {"type": update_plan.PROVIDER, "name": "staging", "custom": True}, "steps": [step]}
    program.crm[1]["goal"]["provider"] = f"{provider}::an-id"
    planned = program.plan((provider, content))

    assert [str(change) for change in matching.other_changes(matching.match(WANTED, planned, []), planned)] == others


def test_what_comes_along_with_an_import_is_no_other_change(there: FakePlatform) -> None:
    program = Program(there.url)
    outer, inner = component("outer"), component("inner")
    inner[1]["goal"]["parent"] = outer[0]
    program.crm[1]["goal"]["parent"] = inner[0]
    planned = program.plan(outer, inner)

    matching.refuse_other_changes(matching.match(WANTED, planned, []), planned)
    content = json.loads(import_file.text(completed(there, planned), matching.match(WANTED, planned, []), planned))

    by_name = {entry["logicalName"]: entry for entry in content["resources"]}
    assert by_name["crm"]["parent"] == by_name["inner"]["name"]
    assert by_name["inner"]["parent"] == by_name["outer"]["name"]
    assert by_name["outer"]["component"] is True
    assert "parent" not in by_name["outer"]


def test_parents_and_providers_that_the_stack_holds_are_referred_to(there: FakePlatform) -> None:
    program = Program(there.url)
    box = component("box", "same")
    provider = DEFAULT.rpartition("::")[0].replace("default", "staging")
    content = {"goal": {"type": update_plan.PROVIDER, "name": "staging", "custom": True}, "steps": ["same"]}
    program.crm[1]["goal"] |= {"parent": box[0], "provider": f"{provider}::an-id"}
    planned = program.plan(box, (provider, content))

    file = json.loads(import_file.text(completed(there, planned), matching.match(WANTED, planned, []), planned))

    crm = next(entry for entry in file["resources"] if entry["logicalName"] == "crm")
    assert file["nameTable"] == {crm["parent"]: box[0], crm["provider"]: provider}


def test_a_parent_that_has_to_be_made_first_is_named_with_the_command(there: FakePlatform) -> None:
    program = Program(there.url)
    parent = resource("SFTPConnector", "parent")
    program.crm[1]["goal"]["parent"] = parent[0]
    planned = program.plan(parent)

    with pytest.raises(Declined, match=r"create SFTPConnector 'parent'.*pulumi up --target"):
        import_file.text(completed(there, planned), matching.match(WANTED, planned, []), planned)
