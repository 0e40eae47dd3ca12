"""What `export` writes, for any project: a program that says exactly what the platform has."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi_previsionio._cli import export, inventory, names
from pulumi_previsionio._cli.errors import Declined, Failure
from pulumi_previsionio._cli.inventory import Found, Inventory
from pulumi_previsionio._cli.literals import LINE, call, literal, one_line, width
from pulumi_previsionio._cli.program import Program, Secrets
from pulumi_previsionio._core import lifecycle
from pulumi_previsionio._core.credentials import canonical_credentials
from pulumi_previsionio._core.kinds import DATASOURCE
from pulumi_previsionio._core.secret import SecretReference
from pulumi_previsionio._core.values import from_engine
from pulumi_previsionio._platform.settings import Settings

from tests.unit import programs
from tests.unit.conftest import connect, settings_context
from tests.unit.examples import KEY, PASSWORD
from tests.unit.fake_platform import FakePlatform
from tests.unit.hostile import AWKWARD, HostileProject, projects, queries, texts

URL = "http://platform.example"
styles = st.sampled_from(("config", "env"))
thorough = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
relaxed = settings(deadline=None)


def taken(project: HostileProject) -> Inventory:
    """The project as `export` finds it on a platform."""
    with FakePlatform() as fake:
        store(fake, project)
        return inventory.take(connect(fake).session, project.id)


def store(fake: FakePlatform, project: HostileProject) -> None:
    lists = {"connectors": project.connectors, "data-sources": project.datasources, "datasets": project.datasets}
    inside = {"project_id": project.id}
    fake.objects = {name: {item["_id"]: inside | item for item in items} for name, items in lists.items()}
    fake.objects["projects"] = {project.id: project.project}


def written(found: Inventory, secrets: Secrets = "config", *, with_project: bool = False) -> tuple[Program, str]:
    planned, files = export.project_files(found, URL, secrets, with_project=with_project)
    return planned, files["__main__.py"]


def secret_value(place: str) -> str:
    return json.dumps(KEY) if place.lower().rstrip("0123456789").endswith("credentials") else PASSWORD


def run(planned: Program, text: str) -> programs.Recorder:
    """Run the program with all its secrets in place."""
    values = {f"project:{place}": secret_value(place) for place in planned.places}
    pulumi.runtime.set_all_config(values, list(values))
    try:
        code = compile(text, "__main__.py", "exec")
        return programs.run(lambda: exec(code, {"__name__": "__main__"}))
    finally:
        pulumi.runtime.set_all_config({})


def checked(found: Found, sent: dict[str, Any], default_project: str | None) -> dict[str, Any]:
    """The inputs that the provider's own check makes of what the program sent."""
    if found.kind is DATASOURCE:
        sent = {**sent, "verify_source": False}  # there is no platform behind these tests
    context = settings_context(Settings(URL, "token", default_project))
    values, problems = lifecycle.check(found.kind, {}, from_engine(found.kind, sent), context)
    assert problems == []
    return values


@thorough
@given(projects(), st.booleans())
def test_the_program_gives_every_object_exactly_what_the_platform_has(
    project: HostileProject, with_project: bool
) -> None:
    planned, text = written(taken(project), with_project=with_project)

    seen = run(planned, text)

    entries = [*([planned.project] if planned.project else []), *planned.entries]
    assert set(seen.resources) == {entry.name for entry in entries}
    ids = {f"id-of-{entry.name}": entry.found.id for entry in entries}
    for entry in entries:
        sent = {name: ids.get(str(value), value) for name, value in seen.inputs(entry.name).items()}
        # Without the project itself the program counts on the default project, which Pulumi.yaml sets.
        values = checked(entry.found, sent, None if with_project else project.id)
        shown = {name: value for name, value in values.items() if name in entry.found.values}
        assert shown == entry.found.values
        for name in entry.found.kind.secrets:
            expected = canonical_credentials(KEY) if name == "google_credentials" else PASSWORD
            assert values[name].reveal() == expected


@thorough
@given(projects(), styles, st.booleans())
def test_the_program_is_formatted_as_ruff_leaves_it(
    project: HostileProject, secrets: Secrets, with_project: bool
) -> None:
    _, text = written(taken(project), secrets, with_project=with_project)

    ruff = [f"{sys.prefix}/bin/ruff", "format", "--isolated", f"--line-length={LINE}", "-"]
    done = subprocess.run(ruff, input=text.encode(), stdout=subprocess.PIPE, check=True)

    assert done.stdout.decode() == text


@thorough
@given(projects(), styles)
def test_names_are_unique_and_name_is_only_given_where_it_differs(project: HostileProject, secrets: Secrets) -> None:
    planned, text = written(taken(project), secrets, with_project=True)

    calls = [node for node in ast.parse(text).body if isinstance(node, ast.Assign)]
    calls = [node for node in calls if "previsionio" in ast.unparse(node.value)]
    variables = [node.targets[0].id for node in calls if isinstance(node.targets[0], ast.Name)]
    resources = [node.value.args[0].value for node in calls if isinstance(node.value, ast.Call)]  # type: ignore[attr-defined]
    given_names = [
        {keyword.arg: keyword.value for keyword in node.value.keywords}.get("name")
        for node in calls
        if isinstance(node.value, ast.Call)
    ]

    assert len(set(variables)) == len(variables) == 1 + len(planned.entries)
    assert len(set(resources)) == len(resources)
    assert len(set(planned.places)) == len(planned.places)
    assert not set(variables) & names.RESERVED
    for resource, name in zip(resources, given_names, strict=True):
        assert name is None or ast.literal_eval(name) != resource


@thorough
@given(projects(datasources=3), styles)
def test_nothing_of_a_project_is_lost(project: HostileProject, secrets: Secrets) -> None:
    found = taken(project)
    items = [*project.connectors, *project.datasources, *project.datasets]

    planned, _ = written(found, secrets)

    assert [entry.found.id for entry in planned.entries] == [item["_id"] for item in items]
    assert found.left_out == ()


@relaxed
@given(texts | queries, st.booleans())
def test_a_literal_is_its_value(text: str, block: bool) -> None:
    source = f"value = {literal(text, block=block)}\n"

    assert ast.literal_eval(ast.parse(source).body[0].value) == text  # type: ignore[attr-defined]
    # What cannot be seen, or an editor could change, is written as an escape.
    assert all(char.isprintable() or char == "\n" for char in source)
    assert not any(line.endswith(" ") for line in source.splitlines())


@pytest.mark.parametrize("text", AWKWARD)
def test_a_name_on_the_terminal_stays_on_its_line_and_acts_on_nothing(text: str) -> None:
    assert one_line(text).isprintable()
    assert len(one_line(text)) <= 200


@pytest.mark.parametrize("length", range(36, 46))
def test_wide_letters_count_twice_in_a_line_as_for_ruff(length: int) -> None:
    line = call("x", "f", [literal("顧" * length), "b=1"])

    assert ("\n" in line) == (len('x = f("", b=1)') + 2 * length > LINE)


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("Sales report", "sales_report"),
        ("class", "class_s3_connector"),
        ("2024", "s3_connector_2024"),
        ("😀", "s3_connector"),
    ],
)
def test_a_variable_says_what_it_is_where_the_name_alone_cannot(name: str, variable: str) -> None:
    assert names.identifier(name, "s3_connector") == variable


@relaxed
@given(texts)
def test_keys_and_variables_can_be_typed_and_keep_lines_short(name: str) -> None:
    words = names.setting_words(name, "sql_connector", ("credentials",))
    key, variable = names.camel(words), "_".join(words).upper()

    for text in (key, variable):
        assert text.isascii()
        assert text.isidentifier()
        assert width(f'    google_credentials=previsionio.from_env("{text}9999"),') <= LINE


def sql(number: int, name: str, **more: Any) -> dict[str, Any]:
    id_ = f"5ea1f00d{number:016x}"
    return {"_id": id_, "type": "SQL", "name": name, "host": "db", "port": 3306, "username": "u", **more}


def test_a_program_is_what_a_person_would_write() -> None:
    crm = sql(1, "crm")
    files = {"_id": "5ea1f00d0000000000000002", "type": "FTP", "name": "Fichiers reçus", "host": "ftp", "port": 21}
    project = HostileProject(
        {"_id": "5ea1f00d00000000000000aa", "name": "Sales"},
        [crm, {**files, "username": "u"}],
        [
            {"_id": "d1", "connector_id": crm["_id"], "name": "customers", "database": "crm", "table": "customers"},
            {"_id": "d2", "connector_id": files["_id"], "name": "crm", "path": "/crm.csv"},
            {
                "_id": "d3",
                "connector_id": crm["_id"],
                "name": "new: 1",
                "database": "crm",
                "request": "SELECT 1\nFROM x",
            },
        ],
        [{"_id": "s1", "datasource_id": "d1", "name": "customers"}, {"_id": "s2", "name": "uploaded"}],
    )

    _, text = written(taken(project))

    assert (
        text
        == '''\
"""The project 'Sales' on Prevision.io."""

import pulumi
import pulumi_previsionio as previsionio

config = pulumi.Config()

crm = previsionio.SQLConnector(
    "crm",
    host="db",
    port=3306,
    username="u",
    password=config.require_secret("crmPassword"),
)
customers = previsionio.Datasource(
    "customers",
    connector=crm,
    database="crm",
    table="customers",
)
customers_dataset = previsionio.Dataset(
    "customers-dataset",
    datasource=customers,
    name="customers",
)
new_1 = previsionio.Datasource(
    "new-1",
    connector=crm,
    database="crm",
    request="""\\
SELECT 1
FROM x""",
    name="new: 1",
)

fichiers_recus = previsionio.FTPConnector(
    "Fichiers reçus",
    host="ftp",
    username="u",
    password=config.require_secret("fichiersRecusPassword"),
)
crm_datasource = previsionio.Datasource(
    "crm-datasource",
    connector=fichiers_recus,
    path="/crm.csv",
    name="crm",
)

# Not in this program, because no resource can describe it:
# dataset 'uploaded' (s2): the platform names no data source for it, as for one made from a file
'''
    )


def test_secrets_from_the_environment_keep_pulumi_config_out_of_the_program() -> None:
    project = HostileProject({"_id": "p", "name": "Sales"}, [sql(1, "crm")], [], [])

    planned, text = written(taken(project), "env")

    assert 'password=previsionio.from_env("CRM_PASSWORD"),' in text
    assert "import pulumi\n" not in text
    assert planned.places == ["CRM_PASSWORD"]
    sent = run(planned, text).inputs("crm")
    assert from_engine(planned.entries[0].found.kind, sent)["password"] == SecretReference("from_env", "CRM_PASSWORD")


def test_each_secret_has_a_line_that_sets_it_without_showing_it() -> None:
    google = {"_id": "g", "type": "GCP", "name": "Analytics"}
    found = taken(HostileProject({"_id": "p", "name": "Sales"}, [sql(1, "crm"), google], [], []))

    by_config, by_environment = (written(found, "config")[0], written(found, "env")[0])

    assert export.steps(by_config, Path("my sales")) == [
        "cd 'my sales'",
        "pulumi stack init dev",
        "pulumi config set --secret previsionio:token",
        "pulumi config set --secret crmPassword",
        "pulumi config set --secret analyticsCredentials < key.json",
        "pulumi-previsionio adopt",
        "pulumi up",
    ]
    assert export.secret_lines(by_environment.places, "env") == [
        "read -rs CRM_PASSWORD && export CRM_PASSWORD",
        'export ANALYTICS_CREDENTIALS="$(cat key.json)"',
    ]


def test_many_secrets_are_one_line_that_shows_none() -> None:
    found = taken(
        HostileProject({"_id": "p", "name": "Sales"}, [sql(number, f"s{number}") for number in range(11)], [], [])
    )
    planned, files = export.project_files(found, URL, "config")

    (line,) = export.secret_lines(planned.places, "config")
    assert line.startswith(
        'pulumi config set-all --secret s0Password="$S0_PASSWORD" --secret s1Password="$S1_PASSWORD" '
    )
    assert line.count(" --secret ") == 11
    assert f"    {line}" in files["README.md"]
    assert "--secrets env" in files["README.md"]
    assert len(export.secret_lines(planned.places[:10], "config")) == 10


def test_what_was_exported_before_keeps_its_names(tmp_path: Path) -> None:
    first = taken(HostileProject({"_id": "p", "name": "Sales"}, [sql(1, "crm"), sql(2, "shop")], [], []))
    for name, text in export.project_files(first, URL, "config")[1].items():
        (tmp_path / name).write_text(text)
    # Renamed on the platform; and somebody else now has the name that one of them had.
    items = [sql(3, "crm"), sql(1, "customers"), sql(2, "shop"), sql(4, "new")]
    later = taken(HostileProject({"_id": "p", "name": "Sales"}, items, [], []))

    planned, _ = export.project_files(later, URL, "config", kept_names=export.kept_names(tmp_path))

    assert {entry.found.id: entry.name for entry in planned.entries} == {
        sql(1, "")["_id"]: "crm",
        sql(2, "")["_id"]: "shop",
        sql(3, "")["_id"]: "crm-2",
        sql(4, "")["_id"]: "new",
    }


@pytest.mark.parametrize("text", [None, "", "{}", "[]", '{"resources": [{}]}'])
def test_a_folder_without_an_export_keeps_no_names(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "import.json").write_text(text)

    assert export.kept_names(tmp_path) == {}


@pytest.mark.parametrize(
    ("kind", "item", "reason"),
    [
        ("connectors", {"type": "HIVE", "name": "old"}, "knows no connectors of type HIVE"),
        ("connectors", sql(9, "crm", host=None), "host: is required"),
        ("connectors", sql(9, "crm", host="http://db:80"), "host: must hold no port"),
        ("connectors", sql(9, "  "), "name: must not be blank"),
        ("connectors", sql(9, "crm", username="a\0b"), "username: must not hold the character NUL"),
        ("connectors", sql(9, "half \ud83d"), "name: must be a valid string"),
        ("datasources", {"name": "odd", "connector_id": "c", "table": "t"}, "a data source of an SQL connector takes"),
        ("datasources", {"name": "odd", "connector_id": "c", "path": "t"}, "a data source of an SQL connector takes"),
        ("datasets", {"name": "uploaded", "datasource_id": None}, "the platform names no data source"),
    ],
)
def test_what_no_resource_can_describe_is_left_out_with_the_reason(
    kind: str, item: dict[str, Any], reason: str
) -> None:
    odd = {**item, "_id": "odd"}
    lists = {"connectors": [sql(1, "crm", _id="c")], "datasources": [], "datasets": []}
    lists[kind] = [*lists[kind], odd]
    found = taken(HostileProject({"_id": "p", "name": "Sales"}, **lists))

    planned, text = written(found)

    (left_out,) = found.left_out
    assert left_out.id == "odd"
    assert reason in left_out.reason
    assert reason in text
    assert [entry.name for entry in planned.entries] == ["crm"]
    compile(text, "__main__.py", "exec")


def test_a_google_source_that_does_not_tell_its_service_is_known_by_its_place() -> None:
    google = {"_id": "g", "type": "GCP", "name": "google"}
    place = {"connector_id": "g", "name": "d", "g_cloud": None}
    sources = [
        {"_id": "d1", **place, "database": "sales", "table": "t"},
        {"_id": "d2", **place, "bucket": "b", "path": "p"},
    ]

    found = taken(HostileProject({"_id": "p", "name": "Sales"}, [google], sources, []))

    assert [each.values.get("g_cloud") for each in found.objects] == [None, "BigQuery", "Storage"]


def test_an_unknown_project_fails_with_those_that_there_are() -> None:
    with FakePlatform() as fake, pytest.raises(Failure, match="there is no project elsewhere") as failure:
        inventory.take(connect(fake).session, "elsewhere")

    assert any("tests" in line for line in failure.value.details)


def test_files_that_are_there_are_never_replaced_without_force(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text("mine")

    with pytest.raises(Declined) as declined:
        export.write(tmp_path, {"README.md": "new", "__main__.py": "new"}, force=False)
    assert declined.value.details == ("__main__.py",)
    assert [file.name for file in tmp_path.iterdir()] == ["__main__.py"]
    assert (tmp_path / "__main__.py").read_text() == "mine"

    export.write(tmp_path, {"README.md": "new", "__main__.py": "new"}, force=True)
    assert sorted((file.name, file.read_text()) for file in tmp_path.iterdir()) == [
        ("README.md", "new"),
        ("__main__.py", "new"),
    ]


@relaxed
@given(texts)
def test_the_project_file_is_one_that_pulumi_takes(name: str) -> None:
    found = taken(HostileProject({"_id": "5e1000000000000000000000", "name": name}, [], [], []))
    _, files = export.project_files(found, URL, "config")

    content = yaml.safe_load(files["Pulumi.yaml"])

    assert content["name"].replace("-", "").isalnum()
    assert len(content["name"]) <= 100
    assert content["config"]["previsionio:projectId"]["value"] == found.project.id
    assert content["config"]["previsionio:url"]["value"] == URL
