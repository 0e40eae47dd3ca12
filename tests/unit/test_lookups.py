"""Lookups on a platform: what they find, on however many pages, and how they say that they found nothing."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pulumi
import pulumi_previsionio as previsionio
import pytest
from previsionio_local import LocalPlatform
from pulumi.runtime.sync_await import _sync_await
from pulumi_previsionio import InputError, LookupFailed, PlatformError, SettingsError

SERVER = {"host": "db.example", "port": 3306, "username": "reader", "password": "secret"}
TOKEN = "token-of-the-lookups"


@pytest.fixture(scope="module")
def platform() -> Iterator[LocalPlatform]:
    """A platform with pages of three: connectors c0 to c7, and two of one name."""
    with LocalPlatform(page_size=3, token=TOKEN) as platform:
        sql = [{"type": "SQL", "name": name, **SERVER} for name in (*(f"c{number}" for number in range(8)), "twin")]
        ftp = {"type": "FTP", "name": "twin", **SERVER}
        ids = platform.seed(connectors=[*sql, ftp])["connectors"]
        tables = [
            {"connector_id": ids[0], "name": f"d{number}", "database": "crm", "table": f"t{number}"}
            for number in range(5)
        ]
        platform.seed(data_sources=tables, projects=[{"name": f"p{number}"} for number in range(5)])
        yield platform


@pytest.fixture(autouse=True)
def settings(platform: LocalPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine runs, and the environment names the platform."""
    monkeypatch.setattr(pulumi.runtime.settings, "get_monitor", lambda: None)
    monkeypatch.setenv("PREVISION_URL", platform.url)
    monkeypatch.setenv("PREVISION_MASTER_TOKEN", platform.token)
    monkeypatch.setenv("PREVISION_PROJECT_ID", platform.project_id)
    platform.clear_calls()


def failure(of: type[previsionio.PrevisionError], ask: Any, *args: Any, **kwargs: Any) -> str:
    """The one line that a lookup fails with."""
    with pytest.raises(of) as caught:
        ask(*args, **kwargs)
    message = str(caught.value)
    assert "\n" not in message
    assert TOKEN not in message
    return message


def value(output: pulumi.Output[Any]) -> Any:
    return _sync_await(output.future())


# Found


def test_a_connector_is_found_on_a_later_page_and_by_id(platform: LocalPlatform) -> None:
    found = previsionio.get_connector("c7")

    assert found == previsionio.ConnectorResult(
        found.id, "c7", "SQL", platform.project_id, host="db.example", port=3306, username="reader"
    )
    assert previsionio.get_connector(id=found.id) == found
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.host = "other"  # type: ignore[misc]


def test_lists_hold_what_is_on_all_pages(platform: LocalPlatform) -> None:
    connectors = previsionio.list_connectors()
    datasources = previsionio.list_datasources(platform.project_id)

    assert [each.name for each in connectors] == [*(f"c{number}" for number in range(8)), "twin", "twin"]
    assert [each.table for each in datasources] == ["t0", "t1", "t2", "t3", "t4"]
    assert {each.connector_id for each in datasources} == {connectors[0].id}
    pages = [call.query for call in platform.calls() if call.path.endswith("/connectors")]
    assert sorted(pages) == ["page=1", "page=2", "page=3", "page=4"]


def test_a_data_source_and_a_project_are_found_by_name_and_id() -> None:
    datasource, project = previsionio.get_datasource("d4"), previsionio.get_project("p4")

    assert (datasource.database, datasource.table, datasource.path) == ("crm", "t4", None)
    assert previsionio.get_datasource(id=datasource.id) == datasource
    assert previsionio.get_project(id=project.id) == project
    assert previsionio.list_connectors(project.id) == []


# Not found


def test_no_match_names_what_is_there_nearest_first() -> None:
    message = failure(LookupFailed, previsionio.get_connector, "twins")

    assert message.startswith("get_connector: there is no connector named 'twins' in project ")
    assert "There are 10: 'twin' (" in message


def test_several_matches_tell_them_apart() -> None:
    message = failure(LookupFailed, previsionio.get_connector, "twin")
    sql, ftp = (each for each in previsionio.list_connectors() if each.name == "twin")

    assert "2 connectors in project" in message
    assert f"'twin' ({sql.id}, SQL, db.example), 'twin' ({ftp.id}, FTP, db.example)" in message
    assert "Give the id of one" in message
    assert previsionio.get_connector(id=ftp.id).type == "FTP"


def test_a_long_list_is_cut(platform: LocalPlatform) -> None:
    platform.seed(projects=[{"name": f"many {number}"} for number in range(10)])

    message = failure(LookupFailed, previsionio.get_project, "nowhere")

    assert message.count(" (") == 10
    assert message.endswith(" and 6 more")


@pytest.mark.parametrize(
    ("ask", "arguments", "message"),
    [
        (previsionio.get_connector, {"id": "00"}, "get_connector: there is no connector 00 on http://"),
        (previsionio.get_datasource, {"id": "00"}, "get_datasource: there is no data source 00 on http://"),
        (previsionio.get_project, {"id": "00"}, "get_project: there is no project 00 on http://"),
        (previsionio.list_connectors, {"project_id": "00"}, "list_connectors: there is no project 00 on http://"),
        (previsionio.get_datasource, {"name": "d", "project_id": "00"}, "get_datasource: there is no project 00 on"),
        (previsionio.list_databases, {"connector_id": "00"}, "list_databases: there is no connector 00 on http://"),
        (
            previsionio.list_tables,
            {"connector_id": "00", "database": "crm"},
            "list_tables: there is no connector 00 on http://",
        ),
    ],
)
def test_what_does_not_exist_is_named_with_the_platform(ask: Any, arguments: dict[str, str], message: str) -> None:
    assert message in failure(LookupFailed, ask, **arguments)


def test_an_empty_project_has_none_at_all() -> None:
    project = previsionio.get_project("p0")

    assert failure(LookupFailed, previsionio.get_connector, "c1", project_id=project.id).endswith(
        "There is none at all"
    )


def test_a_source_that_does_not_answer_is_told_in_the_platforms_words(platform: LocalPlatform) -> None:
    connector = previsionio.get_connector("c0")

    message = failure(PlatformError, previsionio.list_databases, connector.id)

    assert message.startswith("list_databases: ")
    assert "db.example" in message


# Asked wrongly


@pytest.mark.parametrize("arguments", [{}, {"name": "c1", "id": "00"}])
def test_a_name_or_an_id_is_needed_and_not_both(arguments: dict[str, str]) -> None:
    assert failure(InputError, previsionio.get_connector, **arguments) == "get_connector: give either name or id"


def test_an_output_is_for_the_twin() -> None:
    output: Any = pulumi.Output.from_input("c1")

    message = failure(InputError, previsionio.get_connector, output)

    assert message == "get_connector: name: is an Output, whose value comes later: use get_connector_output"


def test_a_missing_setting_names_all_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREVISION_PROJECT_ID")
    message = failure(InputError, previsionio.list_connectors)
    assert "project_id: no project: give project_id= to an explicit previsionio.Provider" in message

    monkeypatch.delenv("PREVISION_MASTER_TOKEN")
    message = failure(SettingsError, previsionio.get_project, "p1")
    for place in ("previsionio.Provider", "PREVISION_MASTER_TOKEN", "pulumi config set --secret previsionio:token"):
        assert place in message


def test_a_wrong_token_is_in_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREVISION_MASTER_TOKEN", "token-that-is-wrong")

    message = failure(PlatformError, previsionio.list_connectors)

    assert "refused the token (401)" in message
    assert "token-that-is-wrong" not in message


# Later


@pytest.mark.parametrize(
    ("now", "later", "arguments"),
    [
        (previsionio.get_connector, previsionio.get_connector_output, {"name": "c5"}),
        (previsionio.get_datasource, previsionio.get_datasource_output, {"name": "d3"}),
        (previsionio.get_project, previsionio.get_project_output, {"name": "p2"}),
        (previsionio.list_connectors, previsionio.list_connectors_output, {}),
        (previsionio.list_datasources, previsionio.list_datasources_output, {}),
    ],
)
def test_each_twin_finds_the_same(now: Any, later: Any, arguments: dict[str, str]) -> None:
    outputs = {name: pulumi.Output.from_input(given) for name, given in arguments.items()}

    assert value(later(**outputs)) == now(**arguments)


def test_a_twin_fails_with_the_same_line() -> None:
    asked = previsionio.get_connector_output(pulumi.Output.from_input("twins"))

    assert "there is no connector named 'twins'" in failure(LookupFailed, value, asked)


def test_a_secret_argument_makes_the_result_secret_and_nothing_else_does() -> None:
    secret = previsionio.get_connector_output(pulumi.Output.secret("c5"))
    plain = previsionio.get_connector_output(pulumi.Output.from_input("c5"))

    assert value(secret) == value(plain)
    assert _sync_await(secret.is_secret())
    assert not _sync_await(plain.is_secret())


# As old as it may be


def make_in(project: str, platform: LocalPlatform, *names: str) -> None:
    """Make connectors in a project that no other test looks at."""
    project_id = previsionio.get_project(project).id
    platform.seed(connectors=[{"type": "SQL", "name": name, "project_id": project_id, **SERVER} for name in names])


def test_one_run_reads_a_list_once_and_the_next_run_reads_it_anew(
    platform: LocalPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Monitor:
        """What each run of a program has one of."""

    def list_calls() -> int:
        return sum(call.path.endswith("/connectors") for call in platform.calls())

    make_in("p2", platform, "a", "b", "c", "d")
    monkeypatch.setenv("PREVISION_PROJECT_ID", previsionio.get_project("p2").id)
    first = Monitor()
    monkeypatch.setattr(pulumi.runtime.settings, "get_monitor", lambda: first)
    for name in ("a", "b", "d"):
        previsionio.get_connector(name)
    assert list_calls() == 2  # pages

    make_in("p2", platform, "made since")
    second = Monitor()
    monkeypatch.setattr(pulumi.runtime.settings, "get_monitor", lambda: second)
    assert previsionio.get_connector("made since").name == "made since"


def test_a_twin_sees_what_was_made_in_the_same_run(platform: LocalPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    monitor = type("Monitor", (), {})()
    monkeypatch.setattr(pulumi.runtime.settings, "get_monitor", lambda: monitor)
    monkeypatch.setenv("PREVISION_PROJECT_ID", previsionio.get_project("p1").id)
    assert previsionio.list_connectors() == []

    make_in("p1", platform, "made by this run")

    assert previsionio.list_connectors() == []
    assert value(previsionio.get_connector_output("made by this run")).name == "made by this run"
