"""What is on the platform already: lookups, and resources that are read and never changed."""

from previsionio_local import LocalPlatform

from tests.engine.messages import errors
from tests.engine.objects import Objects
from tests.engine.programs import connector, program
from tests.engine.pulumi_cli import Stack
from tests.secret_search import leaked
from tests.servers import content
from tests.servers.mariadb import MariaDB

SEEDED = {"type": "SQL", "host": "h", "port": 3306, "username": "u", "password": "p"}


def test_a_twin_waits_for_what_a_preview_does_not_know(stack: Stack, platform: LocalPlatform, mariadb: MariaDB) -> None:
    looking = program(
        connector("SQLConnector", "crm", mariadb),
        f"""
explicit = previsionio.Provider(
    "explicit", url={platform.url!r}, token=pulumi.Output.secret({platform.token!r}), project_id={platform.project_id!r}
)
tables = previsionio.list_tables_output(crm.id, "crm", provider=explicit)
pulumi.export("tables", tables)
pulumi.export("sources", crm.id.apply(lambda _: previsionio.list_connectors_output()).apply(len))
previsionio.Datasource("first", connector=previsionio.get_connector_output(id=crm.id), database="crm", table=tables[0])
pulumi.export("now", [each.name for each in previsionio.list_connectors(provider=explicit)])
""",
    )
    preview = stack.preview(looking)
    assert preview.changes == {"crm": "create", "first": "create"}
    assert {call.method for call in platform.calls()} == {"GET"}

    up = stack.up()
    assert up.changes == preview.changes
    # Found by a secret token, and no secret.
    names = sorted(table.name for table in content.DATABASES["crm"])
    assert stack.outputs() == {"tables": names, "sources": 1, "now": []}
    assert Objects(platform).all("data-sources")["first"]["table"] == names[0]
    assert stack.preview().changes == {}
    assert leaked([platform.token], preview.everything, up.everything) == []


def test_what_depends_on_a_read_resource_stays_as_it_is(stack: Stack, platform: LocalPlatform) -> None:
    ids = platform.seed(connectors=[{**SEEDED, "name": "by hand"}])["connectors"]
    reading = program(
        f"""
crm = previsionio.SQLConnector.get("read", {ids[0]!r})
for name, connector in (("whole", crm), ("id", crm.id)):
    previsionio.Datasource(name, connector=connector, database="crm", table="customers", verify_source=False)
again = previsionio.Datasource.get("again", previsionio.Datasource(
    "third", connector=crm, database="crm", table="orders", verify_source=False).id)
pulumi.export("read", {{"host": crm.host, "port": crm.port, "name": crm.name, "password": crm.password,
    "project": crm.project_id, "platform": crm.platform_url, "table": again.table}})
"""
    )
    assert stack.up(reading).changes == dict.fromkeys(("whole", "id", "third"), "create")
    assert stack.outputs()["read"] == {
        "host": "h",
        "port": 3306,
        "name": "by hand",
        "password": None,
        "project": platform.project_id,
        "platform": platform.url,
        "table": "orders",
    }
    state = stack.resources()
    assert state["read"]["external"]
    for name in ("whole", "id"):
        assert state["read"]["urn"] in state[name]["dependencies"]

    # Not announced as replaced, although engines do not know the id of what they read in a preview.
    assert stack.changes_to_come() == {}
    assert stack.destroy().changes == {name: "discard" if name in ("read", "again") else "delete" for name in state}
    assert Objects(platform).names() == ["by hand"]


def test_reading_what_is_not_there_fails_with_one_line(stack: Stack, platform: LocalPlatform) -> None:
    (seeded,) = platform.seed(connectors=[{**SEEDED, "name": "by hand"}])["connectors"]
    missing = "0123456789abcdef01234567"
    reading = program(
        f"previsionio.SQLConnector.get('connector', {missing!r})",
        f"previsionio.Dataset.get('dataset', {missing!r})",
        f"previsionio.FTPConnector.get('other', {seeded!r})",
    )
    platform.latency(0.5)  # so that all are under way when the first one fails
    told = errors(stack.up(reading, "--continue-on-error", expect_failure=True))
    platform.latency(0)
    for name, words in {
        "connector": f"there is no SQL connector {missing} on {platform.url}",
        "dataset": f"there is no dataset {missing} on {platform.url}",
        "other": f"{seeded} is a connector of type SQL, no FTP connector",
    }.items():
        assert told.pop(name).endswith(words)
    assert told == {}


def test_a_lookup_that_finds_nothing_shows_the_programs_line_and_what_is_there(
    stack: Stack, platform: LocalPlatform
) -> None:
    platform.seed(connectors=[{**SEEDED, "name": "customers"}])
    failed = stack.preview(program("previsionio.get_connector('custmers')"), expect_failure=True)
    (message,) = [error for error in failed.errors if "get_connector" in error]
    assert "previsionio.get_connector('custmers')" in message
    assert "get_connector: there is no connector named 'custmers'" in message.splitlines()[-1]
    assert "There are 1: 'customers'" in message.splitlines()[-1]
    assert message.count("  File ") == 4  # the program's, and three of ours
    assert leaked([platform.token], failed.everything) == []
