"""The native plugin on the real engine: lives, imports, and the way from the dynamic classes and back."""

import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from previsionio_local import LocalPlatform
from pulumi_previsionio import __version__
from pulumi_previsionio._cli import plugin
from pulumi_previsionio._core.names import semantic_version
from pulumi_previsionio._native.servicer import SCHEMA

from tests.engine.documents import blocks
from tests.engine.objects import Objects
from tests.engine.programs import connector, datasource
from tests.engine.pulumi_cli import Run, Stack
from tests.engine.test_preview_equals_up import DONE, EVERYTHING_WORKS
from tests.host.native_plugin import COMMAND
from tests.secret_search import leaked
from tests.servers.proftpd import FTP

HEAD = """
import pulumi
import {door} as previsionio
from pulumi import ResourceOptions
"""
ROOT = Path(__file__).parents[2]
TROUBLE = "no resource plugin 'pulumi-resource-previsionio' found in the workspace"
NATIVE, DYNAMIC = "pulumi_previsionio.native", "pulumi_previsionio"


@pytest.fixture
def stack(stack: Stack) -> Stack:
    stack.describe_project("python", plugin=True)
    return stack


def details(run: Run) -> dict[str, dict[str, str]]:
    """Resource → how its properties differ, of those that change."""
    return {step.name: dict(step.diff) for step in run.steps if step.op not in ("same", "read", "refresh")}


# A life


def test_a_whole_life(stack: Stack, platform: LocalPlatform, objects: Objects, ftp: FTP) -> None:
    theirs = {"type": "SQL", "name": "theirs", "host": "h", "port": 1, "username": "u", "password": "known"}
    (existing,) = platform.seed(connectors=[theirs])["connectors"]
    text = f"""{HEAD.format(door=NATIVE)}
{connector("FTPConnector", "files", ftp)}
{datasource("export", "files", path="/customers.csv")}
crm = previsionio.SQLConnector(
    "crm", host=pulumi.Output.secret(HOST), port=3306, username=USER, password=previsionio.from_env("PASSWORD"),
    test_connection=False,
)
imported = previsionio.SQLConnector(
    "theirs", host="h", port=1, username="u", password="known", opts=ResourceOptions(import_={existing!r})
)
read = previsionio.SQLConnector.get("read", {existing!r})
found = previsionio.get_connector("theirs")
known = pulumi.Output.all(crm.port, crm.name, crm.project_id, read.host, found.type)
pulumi.export("known", known.apply(lambda values: " ".join(map(str, values))))
pulumi.export("id", read.id)
"""

    def program(user: str, host: str = "planted-secret-host") -> str:
        return f"USER, HOST = {user!r}, {host!r}\n{text}"

    stack.environment["PASSWORD"] = "planted-secret-password"
    up = stack.up(program("old"), preview=True)
    assert f'known: "3306 crm {platform.project_id} h SQL"' in up.stdout.partition("Updating (")[0]
    assert up.ops == up.announced.ops
    assert up.changes == {"files": "create", "export": "create", "crm": "create", "theirs": "import"}
    assert (up.warnings, stack.outputs()["id"]) == ([], existing)
    assert objects.works("files")
    everything = [up.everything, json.dumps(stack.export())]
    assert leaked(["planted-secret-host", "planted-secret-password", ftp.password], *everything) == []
    assert stack.resources()["crm"]["outputs"]["password"]["4dabf18193072939515e22adb298388d"]

    platform.clear_calls()
    assert stack.preview().changes == {}
    assert {call.method for call in platform.calls()} == {"GET"}  # of the lookups

    # What differs is told by property, for secrets too; another value behind a reference is a change.
    stack.environment["PASSWORD"] = "another-secret-password"
    plan = stack.home / "plan.json"
    announced = stack.preview(program("new"), f"--save-plan={plan}")
    changed = stack.up(None, f"--plan={plan}")
    assert details(changed) == details(announced) == {"crm": {"username": "update", "password": "update"}}
    assert leaked(["planted-secret-host", "another-secret-password"], plan.read_text()) == []

    objects.change("connectors", "files", host="moved.example")
    assert details(stack.refresh()) == {"files": {"host": "update"}}
    assert details(stack.up()) == {"files": {"host": "update"}}
    assert {name for name, op in stack.destroy().changes.items() if op == "delete"} == up.changes.keys()
    assert objects.names() == []


# What programs and commands ask of the engine

OPTIONS = """
def server(name, opts=None, **more):
    login = dict(host="127.0.0.1", port=PORT, username=NOW, password="pass-word")
    return previsionio.FTPConnector(name, opts=opts, **login, **more)

team = previsionio.Project("team", force_destroy=True)
server("inside", project_id=team.id, opts=ResourceOptions(deleted_with=team), test_connection=False)
server("targeted", test_connection=False)
server("left", test_connection=False)
if NOW != "unprotected":
    server("kept", opts=ResourceOptions(protect=True, ignore_changes=["username"]), test_connection=False)
if NOW == "hurried":
    hurry = ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="500ms"))
    server("hurried", opts=hurry)
"""


def test_options_and_commands_of_the_engine(stack: Stack, platform: LocalPlatform, objects: Objects, ftp: FTP) -> None:
    def program(now: str) -> str:
        return f"NOW, PORT = {now!r}, {ftp.port}\n{HEAD.format(door=NATIVE)}{OPTIONS}"

    made = stack.up(program("old")).changes
    assert made == dict.fromkeys(("team", "inside", "targeted", "left", "kept"), "create")
    inside, targeted = (next(s for n, s in stack.resources().items() if n == name) for name in ("inside", "targeted"))
    assert stack.up(program("new"), f"--target={targeted['urn']}").changes == {"targeted": "update"}

    plan = stack.home / "plan.json"
    stack.preview(None, f"--save-plan={plan}")
    other = stack.up(program("newer"), f"--plan={plan}", expect_failure=True)
    assert "violates plan" in "".join(other.errors)
    assert {item["username"] for name, item in objects.all("connectors").items() if name != "targeted"} == {"old"}

    # A limit of the program's wins over the provider's own: of a creation here, with what belongs to it.
    platform.faults([{"action": "delay", "seconds": 20, "path": "/test$"}])
    hurried = stack.up(program("hurried"), "--continue-on-error", expect_failure=True)
    assert "FTPConnector 'hurried': " in "".join(hurried.errors)
    assert "no answer from the platform" in "".join(hurried.errors)
    assert "hurried" not in objects.names()
    platform.faults([])

    assert "protected" in stack.up(program("unprotected"), expect_failure=True).errors[0]
    stack.cli("state", "unprotect", "--all", "--yes")
    platform.clear_calls()
    assert stack.destroy().changes == dict.fromkeys(made, "delete")
    assert objects.names() == []
    assert not [call for call in platform.calls() if call.method == "DELETE" and inside["id"] in call.path]


def test_the_plugin_is_installed_from_a_file(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.describe_project("yaml", rest="resources:\n  team:\n    type: previsionio:Project\n")
    others = [folder for folder in os.environ["PATH"].split(os.pathsep) if not (Path(folder) / COMMAND.name).exists()]
    stack.environment["PATH"] = os.pathsep.join([str(stack.engine), *others])
    monkeypatch.setenv("PATH", stack.environment["PATH"])
    monkeypatch.setenv("PULUMI_HOME", str(stack.home / "pulumi"))
    unfound = stack.preview(expect_failure=True)
    assert TROUBLE in unfound.everything
    assert TROUBLE in (ROOT / "docs" / "guides" / "troubleshooting.md").read_text()
    assert plugin.find(stack.folder)[:2] == ("not found", False)

    archive = stack.home / "plugin.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(COMMAND, COMMAND.name)
    install = ("plugin", "install", "resource", "previsionio", semantic_version(__version__), "--reinstall")
    for file, run in ((COMMAND, stack.preview), (archive, stack.up)):
        stack.cli(*install, f"--file={file}")
        assert plugin.find(stack.folder)[1]
        done = run()
        assert (done.changes, done.warnings) == ({"team": "create"}, [])


# All kinds, made by the dynamic classes, taken over by alias and by import

KEY = {"type": "service_account", "project_id": "p", "client_email": "c@example.org", "private_key": "k\n"}
EVERY_KIND = """
def server(cls, name, **more):
    return cls(name, host="h", username="u", password=SECRET, **more)

project = previsionio.Project("team", description="d", color="#0000aa")
sql = server(previsionio.SQLConnector, "sql", port=3306)
server(previsionio.FTPConnector, "ftp")
server(previsionio.SFTPConnector, "sftp")
previsionio.S3Connector("s3", access_key_id="a", secret_access_key=SECRET, project_id=project.id)
gcp = previsionio.GCPConnector("gcp", google_credentials={**KEY, "private_key": SECRET})
table = previsionio.Datasource("table", connector=sql, database="crm", table="t")
previsionio.Datasource("cloud", connector=gcp, g_cloud="BigQuery", database="crm", table="t")
previsionio.Dataset("snapshot", datasource=table)
pulumi.export("project", sql.project_id)
"""
KINDS = {
    "team": "Project",
    "sql": "SQLConnector",
    "ftp": "FTPConnector",
    "sftp": "SFTPConnector",
    "s3": "S3Connector",
    "gcp": "GCPConnector",
    "table": "Datasource",
    "cloud": "Datasource",
    "snapshot": "Dataset",
}
WITH_SECRETS = ("sql", "ftp", "sftp", "s3", "gcp")


def every_kind(door: str, secret: str = "the real secret") -> str:
    return f"SECRET, KEY = {secret!r}, {KEY!r}\n{HEAD.format(door=door)}{EVERY_KIND}"


def test_from_dynamic_to_native_by_alias_and_by_import(
    platform: LocalPlatform, new_stack: Callable[..., Stack]
) -> None:
    platform.faults(EVERYTHING_WORKS)
    dynamic = new_stack("dynamic", platform)
    dynamic.describe_project("python", plugin=True)
    dynamic.up(every_kind(DYNAMIC))
    ids = {name: state["id"] for name, state in dynamic.resources().items()}
    platform.faults([rule for rule in EVERYTHING_WORKS if rule.get("body") != DONE])
    before = dynamic.home / "before.json"
    before.write_text(json.dumps(dynamic.export()))

    # By alias: one update of each that only writes the state anew.
    platform.clear_calls()
    taken_over = dynamic.up_as_previewed(every_kind(NATIVE))
    assert taken_over.changes == dict.fromkeys(KINDS, "update")
    assert {frozenset(each.items()) for each in details(taken_over).values()} == {frozenset({("__provider", "delete")})}
    assert platform.calls() == []
    assert dynamic.preview().changes == {}
    assert {name: state["id"] for name, state in dynamic.resources().items()} == ids
    assert dynamic.outputs() == {"project": platform.project_id}
    assert "__provider" not in json.dumps(dynamic.export())

    # The way back is the export from before.
    dynamic.cli("stack", "import", "--file", str(before))
    assert dynamic.preview(every_kind(DYNAMIC)).changes == {}

    # By import, of all kinds at once: the platform tells no secret.
    imported = new_stack("imported", platform)
    imported.describe_project("python", plugin=True)
    file = imported.folder / "import.json"
    of_kinds = [{"type": f"previsionio:index:{KINDS[name]}", "name": name, "id": ids[name]} for name in KINDS]
    file.write_text(json.dumps({"resources": of_kinds}))
    run = imported.import_file(file)
    assert (run.changes, run.warnings) == (dict.fromkeys(KINDS, "import"), [])

    platform.clear_calls()
    assert imported.up(every_kind(NATIVE)).changes == {}
    assert imported.changes_to_come() == {}
    assert {call.method for call in platform.calls()} <= {"GET"}
    other = imported.preview(every_kind(NATIVE, "another secret"))
    assert {name: other.changes[name] for name in WITH_SECRETS} == dict.fromkeys(WITH_SECRETS, "update")
    platform.faults([{"action": "status", "status": 405, "method": "OPTIONS", "path": "", "times": None}])
    replacing = imported.preview()
    assert {name: replacing.changes[name] for name in WITH_SECRETS} == dict.fromkeys(WITH_SECRETS, "replace")
    assert leaked(["the real secret"], json.dumps(imported.export()), other.everything) == []


def test_an_import_of_what_is_not_there_is_one_line(stack: Stack, platform: LocalPlatform) -> None:
    stack.program("")
    missing = "5ea1f00d0000000000000404"
    words = ("previsionio:index:SQLConnector", "crm", missing, "--yes", "--generate-code=false")
    run = stack._operate("import", None, words, expect_failure=True)

    line = f"SQLConnector 'crm': there is no SQL connector {missing} on {platform.url}"
    assert sorted(run.errors) == [f"Preview failed: {line}", f"preview failed: step application failed: {line}"]


def test_the_plugin_hands_out_its_schema(bare_stack: Stack) -> None:
    shown = json.loads(bare_stack.cli("package", "get-schema", str(COMMAND)).stdout)
    whole = json.loads(SCHEMA.read_text())

    for part in ("resources", "functions", "types"):
        assert shown[part].keys() == whole[part].keys()
    assert shown["resources"]["previsionio:index:SQLConnector"]["inputProperties"]["password"]["secret"] is True


def test_what_the_page_of_other_languages_shows_works(bare_stack: Stack, platform: LocalPlatform) -> None:
    (shown,) = [block.text for block in blocks("other-languages.md") if "pulumi:providers" in block.text]
    stack = bare_stack
    stack.environment["CRM_PASSWORD"] = "planted-password"
    for word, own in {
        "https://staging.example.com": platform.url,
        "${stagingToken}": platform.token,
        "5ea1f00d0000000000000001": platform.project_id,
    }.items():
        assert word in shown
        shown = shown.replace(word, own)
    stack.describe_project("yaml", plugin=True, rest=shown)

    assert stack.up().changes == {"crm": "create"}
    assert leaked(["planted-password"], json.dumps(stack.export(show_secrets=True))) == []


# Explicit providers, in YAML: nobody hides anything there before the engine has it

IN_YAML = """
resources:
  staging:
    type: pulumi:providers:previsionio
    properties:
      url: {url}
      token: {token}
      projectId: {project}
      parallelism: 3
  crm:
    type: previsionio:SQLConnector
    properties: {{host: {host}, port: 3306, username: u, password: planted-literal, testConnection: false}}
    options:
      provider: ${{staging}}
      customTimeouts: {{create: 20s}}
variables:
  found:
    fn::invoke:
      function: previsionio:listConnectors
      arguments: {{projectId: "${{crm.projectId}}"}}
      options: {{provider: "${{staging}}", dependsOn: ["${{crm}}"]}}
outputs:
  id: ${{crm.id}}
  found: ${{found.items[0].name}}
"""


def test_an_explicit_provider_in_yaml(bare_stack: Stack, platform: LocalPlatform, objects: Objects) -> None:
    stack = bare_stack
    stack.environment["PREVISION_URL"] = "http://elsewhere.example"  # redirects nobody

    def described(host: str = "old", url: str = platform.url, **changes: str) -> str:
        values = {"token": platform.token, "project": platform.project_id, **changes}
        return IN_YAML.format(host=host, url=url, **values)

    def run(text: str, command: Callable[..., Run], **options: bool) -> Run:
        stack.describe_project("yaml", plugin=True, rest=text)
        return command(**options)

    up = run(described(), stack.up)
    assert (up.changes, stack.outputs()["found"]) == ({"crm": "create"}, "crm")
    assert leaked([platform.token, "planted-literal"], json.dumps(stack.export()), up.everything) == []
    changed = run(described(host="new"), stack.preview)
    assert details(changed) == {"crm": {"host": "update"}}

    elsewhere = run(described(url="http://localhost:1"), stack.preview, expect_failure=True)
    assert "was made on" in "".join(elsewhere.errors)
    assert objects.all("connectors")["crm"]["host"] == "old"
