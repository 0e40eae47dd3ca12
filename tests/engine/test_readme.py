"""The README's program, console sessions and tables, word for word."""

import inspect
import os
import re
from collections.abc import Callable
from pathlib import Path

import pulumi_previsionio
import pytest
from previsionio_local import LocalPlatform
from pulumi_previsionio._core import kinds
from pulumi_previsionio._platform.settings import SETTINGS

from tests.engine.pulumi_cli import Stack
from tests.engine.test_every_kind import every_kind
from tests.servers.postgresql import PostgreSQL
from tools.docs import session

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
MISSPELL = """sed -i 's/table="customers"/table="custmers"/' __main__.py"""
CORRECT = """sed -i 's/table="custmers"/table="customers"/' __main__.py"""
SCENES = {
    "made": ["pulumi up --yes --skip-preview"],
    "caught": [MISSPELL, "pulumi preview"],
    "corrected": [CORRECT, "pulumi preview"],
}
"""What the README's picture shows."""

CONNECTORS = ("SQLConnector", "FTPConnector", "SFTPConnector", "S3Connector", "GCPConnector")


def test_program_output_and_caught_mistake(
    new_stack: Callable[..., Stack], platform: LocalPlatform, postgresql: PostgreSQL
) -> None:
    (program,), (mistake,) = blocks("python"), blocks("diff")
    stack = new_stack("shop", project="shop")
    settings = {"url": platform.url, "projectId": platform.project_id, "token": platform.token}
    assert settings_commands() == [(f"previsionio:{key}", key == "token") for key in settings]
    for key, value in settings.items():
        stack.config(f"previsionio:{key}", value, secret=key == "token")
    stack.config("crmHost", postgresql.host)
    stack.config("crmPort", str(postgresql.port))
    stack.config("crmPassword", postgresql.password, secret=True)

    removed, added = (line[1:] for line in mistake.splitlines())
    assert removed in program
    assert removed.replace('table="customers"', 'table="custmers"') == added
    stack.program(program)

    recorded = session.record(SCENES, stack.folder, stack._environment())

    if os.environ.get("RENEW"):
        session.save(recorded)
    up, shown = shown_session("pulumi up")
    assert what_counts(session.printed(recorded, up)) == what_counts(shown)
    kept = session.load()
    assert [event.text for event in kept if event.code == "m"] == list(SCENES)
    assert what_counts(whole(recorded)) == what_counts(whole(kept))
    assert "Did you mean 'customers'?" in whole(kept)


def whole(events: list[session.Event]) -> str:
    return session.plain("".join(event.text for event in events if event.code == "o"))


@pytest.mark.parametrize("name", [*CONNECTORS, "Datasource"])
def test_every_input_is_documented(name: str) -> None:
    documented = {row[0]: row[2] for row in table("Resource")}[f"`{name}`"]
    parameters = inspect.signature(getattr(pulumi_previsionio, name)).parameters.values()
    own = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    if name == "Datasource":
        shapes = " ".join(row[2] for row in table("Shape of a data source"))
        common = ("name", "project_id", "verify_source", "opts")
        assert documented.startswith("`connector`")
        assert set(own) == {"connector", *names(shapes), *common}
        assert [word for word in common if f"`{word}`" not in README] == []
    else:
        assert names(documented) == own


def test_common_inputs_of_connectors_are_documented() -> None:
    text = README[README.index("Every connector also takes") :].split("A data source takes")[0]
    assert names(text) == list(pulumi_previsionio.ConnectorArgs.__annotations__)


def test_every_shape_is_documented() -> None:
    documented = {(row[0], connector) for row in table("Shape of a data source") for connector in row[1].split(", ")}
    assert documented == {
        (shape.name, kind.constants["type"]) for kind in kinds.CONNECTOR_KINDS.values() for shape in kind.shapes
    }


@pytest.mark.parametrize("name", ["Dataset", "Project", "SQLSource"])
def test_inputs_of_the_other_resources_are_documented(name: str) -> None:
    documented = {row[0]: row[2] for row in table("Resource")}[f"`{name}`"]
    own = set(inspect.signature(getattr(pulumi_previsionio, name)).parameters)
    connector = set(inspect.signature(pulumi_previsionio.SQLConnector).parameters) - {"common"}
    common = {"resource_name", "name", "project_id", "opts", *pulumi_previsionio.ConnectorArgs.__annotations__}
    common |= {"verify_source", *(connector if name == "SQLSource" else ())}
    common -= {"force_destroy"} if name == "Project" else set()
    assert set(names(documented)) - {"SQLConnector"} == own - common


def test_every_shape_was_tested_with_the_servers_that_are_named() -> None:
    rows = table("Shape of a data source")
    fixtures = {
        "PostgreSQL": "postgresql",
        "MariaDB": "mariadb",
        "ProFTPD": "ftp sftp",
        "SeaweedFS": "s3",
        "local-bigquery": "google",
        "fake-gcs-server": "google",
    }
    named = {fixture for row in rows for word in fixtures if word in row[3] for fixture in fixtures[word].split()}
    assert all(any(word in row[3] for word in fixtures) for row in rows)
    assert named == set(inspect.signature(inspect.unwrap(every_kind)).parameters)


def test_every_setting_is_documented() -> None:
    documented = [(names(row[1])[0], names(row[2])[0], names(row[3])[0]) for row in table("Setting")]
    assert documented == [(s.variable, f"previsionio:{s.key}", s.argument) for s in SETTINGS]


def blocks(language: str) -> list[str]:
    """The README's code blocks of that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def shown_session(start: str) -> tuple[str, str]:
    """The one console session whose command starts so: command and output."""
    (found,) = [block for block in blocks("console") if block.startswith(f"$ {start}")]
    command, _, output = found.partition("\n")
    return command.removeprefix("$ "), output


def settings_commands() -> list[tuple[str, bool]]:
    """Key, and whether it is secret, of each `pulumi config set` in the README."""
    found = re.findall(r"^\$ pulumi config set (--secret )?(\S+)", README, re.MULTILINE)
    return [(key, bool(secret)) for secret, key in found]


def table(first_header: str) -> list[list[str]]:
    """The rows of the table whose first column has that header."""
    (found,) = re.findall(rf"^\| {first_header} \|.*\n\|[-|]+\n((?:\|.*\n)+)", README, re.MULTILINE)
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in found.splitlines()]


def names(text: str) -> list[str]:
    """What a text sets as code, up to a space or an equals sign."""
    return re.findall(r"`([^`= ]+)[^`]*`", text)


def what_counts(output: str) -> list[str]:
    """The lines of an output without what differs from run to run: ids, durations, waiting dots, and order."""
    output = re.sub(r"\b[0-9a-f]{24}\b", "ID", output)
    output = re.sub(r"\(\d+(\.\d+)?s\)|Duration: \d+s", "(…)", output)
    return sorted(line.rstrip() for line in output.splitlines() if line.strip() and not line.startswith("@ "))
