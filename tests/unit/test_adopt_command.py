"""`adopt` as a process, on a `pulumi` that does what the test says: what is on disk, what signals do, how it ends."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi_previsionio._cli.manifest import TYPE

from tests.unit.fake_engine import FakeEngine
from tests.unit.fake_platform import PROJECT, FakePlatform
from tests.unit.plans import CIPHERTEXT, plan, resource, urn


@pytest.fixture
def engine(tmp_path: Path) -> FakeEngine:
    return FakeEngine(tmp_path)


@pytest.fixture
def settings(engine: FakeEngine) -> Iterator[dict[str, str]]:
    """A platform with one connector, which the program declares and `import.json` names."""
    with FakePlatform() as fake:
        server = {"host": "db", "port": 3306, "username": "u", "name": "crm"}
        fake.objects["connectors"]["c1"] = {"_id": "c1", "type": "SQL", "project_id": PROJECT, **server}
        more = {"password": CIPHERTEXT, "project_id": PROJECT, "platform_url": fake.url}
        crm = resource("SQLConnector", "crm", {**server, **more})
        engine.answers["plan"] = plan(crm)
        engine.wants(("SQLConnector", "crm", "c1"))
        yield {"PREVISION_URL": fake.url, "PREVISION_MASTER_TOKEN": fake.token}


def test_only_its_owner_can_read_what_is_written_and_nothing_is_left(
    engine: FakeEngine, settings: dict[str, str]
) -> None:
    done = engine.run("adopt", **settings)

    assert done.returncode == 0, done.stderr
    assert engine.recorded("modes") == [["0o600", "0o700"], ["0o600", "0o700"]]
    assert engine.left == []
    (imported,) = engine.recorded("imported")
    assert imported["resources"][0]["inputs"]["password"] == CIPHERTEXT
    assert done.stdout.splitlines()[:2] == ["1 object adopted: 1 SQLConnector", "the preview shows no change"]
    assert settings["PREVISION_MASTER_TOKEN"] not in done.stdout + done.stderr + json.dumps(engine.recorded("calls"))


def test_a_failed_import_leaves_no_file_and_says_what_the_engine_said(
    engine: FakeEngine, settings: dict[str, str]
) -> None:
    token = settings["PREVISION_MASTER_TOKEN"]
    engine.answers["codes"]["import"] = 1
    engine.answers["output"]["import"] = {"diagnostics": [{"severity": "error", "message": f"error: no {token}\n"}]}

    done = engine.run("adopt", **settings)

    assert done.returncode == 1
    assert done.stderr.splitlines() == ["Error: `pulumi import` failed", "  no [secret]"]
    assert engine.left == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_engine_once_and_leaves_no_file(
    number: signal.Signals, engine: FakeEngine, settings: dict[str, str]
) -> None:
    engine.answers["hang"] = True
    process = engine.start("adopt", **settings)
    wait_for(engine, "hanging")
    assert engine.left != []

    os.killpg(process.pid, number)  # all in the foreground get it, as from a terminal
    _, stderr = process.communicate(timeout=30)

    assert process.returncode == 128 + number
    assert stderr.splitlines()[-1] == "interrupted"
    assert engine.recorded("interrupts") == [1]
    assert engine.left == []


def wait_for(engine: FakeEngine, name: str) -> None:
    for _ in range(3000):
        if engine.recorded(name):
            return
        time.sleep(0.01)
    raise AssertionError(f"no {name} after 30 s")


def test_a_preview_that_still_shows_changes_is_a_loud_failure(engine: FakeEngine, settings: dict[str, str]) -> None:
    step = {"op": "update", "urn": urn("SQLConnector", "crm"), "diffReasons": ["host"]}
    engine.answers["output"]["preview"] = {"steps": [step]}

    done = engine.run("adopt", **settings)

    assert done.returncode == 4
    assert "the preview shows changes" in done.stderr
    assert done.stderr.splitlines()[-1] == "  update SQLConnector 'crm': host"
    assert done.stdout == ""


def test_a_program_that_cannot_be_previewed_is_shown_as_pulumi_shows_it(
    engine: FakeEngine, settings: dict[str, str]
) -> None:
    engine.answers["codes"]["plan"] = 1
    message = {"severity": "error", "message": "error: the program\nhas a problem\n"}
    engine.answers["output"]["plan"] = {"diagnostics": [message]}

    done = engine.run("adopt", "--json", **settings)

    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "error": "the program cannot be previewed; nothing was imported",
        "details": ["the program", "has a problem"],
        "exit_code": 1,
    }
    assert engine.recorded("imported") == []


def test_all_missing_secrets_are_listed_at_once(engine: FakeEngine, settings: dict[str, str]) -> None:
    file = engine.project / "import.json"
    about = {"config": ["crmPassword", "shopPassword", "filesPassword"], "environment": ["VAULT_PASSWORD"]}
    file.write_text(json.dumps({**json.loads(file.read_text()), "previsionio": about}))
    engine.answers["codes"]["plan"] = 1
    engine.answers["output"]["config"] = {"test:shopPassword": {"secret": True}}

    done = engine.run("adopt", **settings)

    assert done.returncode == 3
    assert done.stderr.splitlines()[1:] == [
        "  pulumi config set --secret crmPassword",
        "  pulumi config set --secret filesPassword",
        "  read -rs VAULT_PASSWORD && export VAULT_PASSWORD",
    ]


def test_an_engine_that_is_too_old_is_refused(engine: FakeEngine, settings: dict[str, str]) -> None:
    engine.answers["version"] = "v3.250.1"

    done = engine.run("adopt", **settings)

    assert done.returncode == 3
    assert "upgrade it to 3.254 or later" in done.stderr
    assert [call[0] for call in engine.recorded("calls")] == ["version"]


def test_the_stack_that_is_named_is_the_one_that_is_used(engine: FakeEngine, settings: dict[str, str]) -> None:
    assert engine.run("adopt", "--stack", "prod", **settings).returncode == 0

    calls = [call for call in engine.recorded("calls") if call[0] != "version"]
    assert len(calls) == 5  # plan, state, configuration, import, preview
    assert all("--stack=prod" in call for call in calls)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["adopt", "--connector", "c1"], 2, "--as NAME"),
        (["adopt", "--as", "crm"], 2, "--as NAME"),
        (["adopt", "--connector", "c1", "--dataset", "s1", "--as", "crm"], 2, "--as NAME"),
        (["adopt", "--file", "missing.json"], 3, "`pulumi-previsionio export` writes one"),
        (["adopt", "--file", "Pulumi.yaml"], 3, "cannot read"),
        (["adopt", "--cwd", "/"], 1, "holds no Pulumi project"),
        (["export"], 2, "--out"),
        (["orphans", "--delete"], 2, "--yes"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_wrong_usage_says_what_is_right(arguments: list[str], code: int, message: str, engine: FakeEngine) -> None:
    done = engine.run(*arguments)

    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_without_settings_all_places_are_named(engine: FakeEngine, settings: dict[str, Any]) -> None:
    del settings["PREVISION_MASTER_TOKEN"]

    done = engine.run("adopt", **settings)

    assert done.returncode == 1
    for place in ("PREVISION_MASTER_TOKEN", "pulumi config set --secret previsionio:token"):
        assert place in done.stderr
    assert engine.recorded("imported") == []


def test_the_token_may_be_in_the_stack(engine: FakeEngine, settings: dict[str, str]) -> None:
    token = settings.pop("PREVISION_MASTER_TOKEN")
    engine.answers["output"]["config"] = {"previsionio:token": {"value": token, "secret": True}}

    assert engine.run("adopt", **settings).returncode == 0


def test_completion_is_a_script_for_the_shell(engine: FakeEngine) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert "_PULUMI_PREVISIONIO_COMPLETE" in engine.run("completion", shell).stdout


def test_what_the_stack_holds_already_is_said_before_anything_else(
    engine: FakeEngine, settings: dict[str, str]
) -> None:
    held = {"urn": urn("SQLConnector", "legacy"), "type": f"{TYPE}SQLConnector", "id": "c1"}
    engine.answers["output"]["stack export"] = {"deployment": {"resources": [held]}}

    done = engine.run("adopt", "--connector", "c1", "--as", "crm", **settings)

    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        "Error: connector 'crm' (c1): the stack holds it as 'legacy'. "
        "To give that resource another name, use the option `aliases`"
    ]
    assert not any(call[0] == "preview" for call in engine.recorded("calls"))


def test_an_export_over_an_adopted_folder_keeps_the_names_of_the_stack(
    engine: FakeEngine, settings: dict[str, str]
) -> None:
    engine.wants(("SQLConnector", "first", "c1"))
    held = {"urn": urn("SQLConnector", "renamed"), "type": f"{TYPE}SQLConnector", "id": "c1"}
    engine.answers["output"]["stack export"] = {"deployment": {"resources": [held]}}

    done = engine.run("export", "--project-id", PROJECT, "--out", str(engine.project), "--force", **settings)

    assert done.returncode == 0, done.stderr
    (resource_,) = json.loads((engine.project / "import.json").read_text())["resources"]
    assert (resource_["name"], resource_["id"]) == ("renamed", "c1")


def test_one_object_is_adopted_as_the_resource_that_the_program_declares(
    engine: FakeEngine, settings: dict[str, str]
) -> None:
    engine.answers["output"]["preview"]["steps"] = [{"op": "create", "urn": urn("Project", "other")}]

    done = engine.run("adopt", "--connector", "c1", "--as", "crm", **settings)

    assert done.returncode == 0, done.stderr
    (imported,) = engine.recorded("imported")
    assert [each["id"] for each in imported["resources"]] == ["c1"]
    assert "other changes that `pulumi up` would make" in done.stderr
    assert done.stdout.splitlines()[1] == "the preview shows no change to what was adopted"


def test_one_object_that_the_program_does_not_declare_comes_with_the_lines_to_paste(
    engine: FakeEngine, settings: dict[str, str]
) -> None:
    done = engine.run("adopt", "--connector", "c1", "--as", "sales", **settings)

    assert done.returncode != 0
    assert "the program does not declare SQLConnector 'sales', so nothing was imported" in done.stderr
    assert "previsionio.SQLConnector(" in done.stdout
    assert engine.recorded("imported") == []

    missing = engine.run("adopt", "--connector", "c2", "--as", "sales", **settings)
    assert "there is nothing of that id on" in missing.stderr
