"""`doctor`: what is wrong is said with what to do about it; what is right is said too."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.fake_engine import FakeEngine
from tests.unit.fake_platform import PROJECT, FakePlatform
from tests.unit.scripted_server import Answer


@pytest.fixture
def engine(tmp_path: Path) -> FakeEngine:
    return FakeEngine(tmp_path)


def lines(engine: FakeEngine, code: int, **environment: str) -> dict[str, dict[str, Any]]:
    done = engine.run("doctor", "--json", **environment)
    assert done.returncode == code, done.stderr
    found = {line["title"]: line for line in json.loads(done.stdout)["lines"]}
    assert all(line["advice"] for line in found.values() if line["good"] is False)
    return found


def settings(fake: FakePlatform, **changes: str) -> dict[str, str]:
    given = {"PREVISION_URL": fake.url, "PREVISION_MASTER_TOKEN": fake.token, "PREVISION_PROJECT_ID": PROJECT}
    return given | changes


def test_where_everything_is_right_every_line_says_so(engine: FakeEngine, fake: FakePlatform) -> None:
    fake.store("connectors", name="crm", type="SQL", project_id=PROJECT)

    found = lines(engine, 0, **settings(fake))

    assert found["engine"]["finding"].startswith("3.259.0 at ")
    assert found["setting url"]["finding"] == f"{fake.url}, from the environment (PREVISION_URL)"
    assert found["setting token"]["finding"] == "set, from the environment (PREVISION_MASTER_TOKEN)"
    assert found["platform"]["finding"] == f"{fake.url} answers, and accepts the token"
    assert found["project"]["finding"] == f"'tests' ({PROJECT})"
    assert found["connectors"]["finding"] == "1; changes are made in place"
    assert not any(fake.token in line["finding"] for line in found.values())


def test_settings_of_the_stack_are_found_too(engine: FakeEngine, fake: FakePlatform) -> None:
    engine.answers["output"]["config"] = {
        "previsionio:url": {"value": fake.url},
        "previsionio:token": {"value": fake.token, "secret": True},
    }

    found = lines(engine, 0)

    assert found["setting url"]["finding"] == f"{fake.url}, from the stack's configuration"
    assert found["setting token"]["finding"] == "set, from the stack's configuration"
    assert found["setting project_id"]["good"] is None


def test_missing_settings_name_every_place(engine: FakeEngine) -> None:
    engine.answers["codes"]["config"] = 1

    found = lines(engine, 5)

    for place in ("previsionio.Provider", "PREVISION_URL", "pulumi config set previsionio:url"):
        assert place in found["setting url"]["advice"]
    assert found["stack configuration"]["good"] is None
    assert "platform" not in found


def test_a_wrong_token_is_told_from_a_wrong_address(engine: FakeEngine, fake: FakePlatform) -> None:
    found = lines(engine, 5, **settings(fake, PREVISION_MASTER_TOKEN="not-the-token"))

    assert found["platform"]["good"] is True
    assert "refused the token" in found["token"]["finding"]
    assert not any("not-the-token" in line["finding"] for line in found.values())

    found = lines(engine, 5, **settings(fake, PREVISION_URL="http://127.0.0.1:1"))

    assert "connection refused" in found["platform"]["finding"]


def test_an_unknown_project_is_answered_with_those_that_there_are(engine: FakeEngine, fake: FakePlatform) -> None:
    found = lines(engine, 5, **settings(fake, PREVISION_PROJECT_ID="elsewhere"))

    assert found["project"]["finding"] == "there is no elsewhere"
    assert f"tests ({PROJECT})" in found["project"]["advice"]


def test_a_platform_without_updates_is_said_to_replace(engine: FakeEngine, fake: FakePlatform) -> None:
    fake.update = False
    fake.store("connectors", name="crm", type="SQL", project_id=PROJECT)

    found = lines(engine, 0, **settings(fake))

    assert "every change is a replacement" in found["connectors"]["finding"]


@pytest.mark.parametrize(("version", "good"), [("v3.250.0", False), ("v3.254.0", True), ("dev", True)])
def test_an_engine_that_is_too_old_to_adopt_is_wrong(
    version: str, good: bool, engine: FakeEngine, fake: FakePlatform
) -> None:
    engine.answers["version"] = version

    assert lines(engine, 0 if good else 5, **settings(fake))["engine"]["good"] is good


@pytest.mark.parametrize(
    ("built_from", "finding", "advice"),
    [
        (b"\0mod\tgithub.com/pulumi/pulumi/sdk/v3\tv3.79.0\th1:x=\n", "3.79.0 at ", "it ignores `virtualenv`"),
        (b"\0dep\tgithub.com/pulumi/pulumi/sdk/v3\tv3.259.0\t\n", "3.259.0 at ", ""),
        (b"no program of Go", "a build that does not name its version at ", ""),
    ],
)
def test_the_language_host_is_named_and_an_old_one_ignores_options(
    built_from: bytes, finding: str, advice: str, engine: FakeEngine, fake: FakePlatform
) -> None:
    (engine.folder / "bin" / "pulumi-language-python").write_bytes(b"\x7fELF" + built_from)

    host = lines(engine, 0, **settings(fake))["Python language host"]

    assert host["finding"].startswith(finding)
    assert host["advice"].startswith(advice)
    assert host["good"] is (None if advice else True)


def test_the_projects_that_the_token_sees_are_listed(engine: FakeEngine, fake: FakePlatform) -> None:
    other = fake.store("projects", name="sales")

    found = lines(engine, 0, **settings(fake))

    assert found["projects"]["finding"] == f"the token sees 2: tests ({PROJECT}), sales ({other})"


def test_configuration_and_environment_agree_or_are_told_apart(engine: FakeEngine, fake: FakePlatform) -> None:
    engine.answers["output"]["config"] = {"previsionio:url": {"value": fake.url}}
    assert lines(engine, 0, **settings(fake))["environment"]["good"] is True

    found = lines(engine, 0, **settings(fake, PREVISION_URL="https://elsewhere.example"))
    assert "PREVISION_URL says something else" in found["environment"]["finding"]


def test_people_get_lines_with_the_advice_below(engine: FakeEngine, fake: FakePlatform) -> None:
    done = engine.run("doctor", **settings(fake, PREVISION_URL="ftp://platform.example"))

    text = done.stdout.splitlines()
    wrong = next(number for number, line in enumerate(text) if line.startswith("FAIL  settings: the address"))
    assert "must start with https://" in text[wrong]
    assert text[wrong + 1].startswith("      → ")


def test_a_machine_without_an_engine_is_said_to_be_one(engine: FakeEngine, fake: FakePlatform, tmp_path: Path) -> None:
    found = lines(engine, 5, PATH=str(tmp_path), **settings(fake))

    assert "not on the PATH" in found["engine"]["finding"]
    assert "platform" in found


def test_an_engine_without_its_language_host_is_told(engine: FakeEngine, fake: FakePlatform) -> None:
    (engine.folder / "bin" / "pulumi-language-python").unlink()

    host = lines(engine, 5, PATH=str(engine.folder / "bin"), **settings(fake))["Python language host"]

    assert host["finding"] == "not found"


@pytest.mark.parametrize(
    ("path", "status", "line", "advice"),
    [
        ("/version", 400, "platform", "set the address of"),
        (f"/projects/{PROJECT}", 500, "project", "the platform failed"),
    ],
)
def test_a_platform_that_answers_badly_is_told_from_one_that_does_not(
    path: str, status: int, line: str, advice: str, engine: FakeEngine, fake: FakePlatform
) -> None:
    answer = (
        Answer(status=400, body={"message": ["bad request"]}) if line == "platform" else Answer(status=500, body={})
    )
    fake.fault("GET", path, answer, times=100)

    found = lines(engine, 5, **settings(fake))

    assert found[line]["good"] is False
    assert found[line]["advice"].startswith(advice)
