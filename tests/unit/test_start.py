"""A program and a provider host start lightly: they load what they need, when they need it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.fake_platform import PROJECT, TOKEN, FakePlatform

PROVIDER = Path(__file__).parents[2] / "provider"
PACKAGE = "pulumi_previsionio"

HOST = """
import sys, pulumi, pulumi.dynamic
before = set(sys.modules)
from pulumi.dynamic import Config, ConfigureRequest
from pulumi_previsionio import _dynamic

def provider(cls):
    made = cls()
    settings = {"previsionio:url": URL, "previsionio:token": TOKEN, "previsionio:projectId": PROJECT}
    made.configure(ConfigureRequest(config=Config(settings, "project")))
    return made

sql, datasource = provider(_dynamic.SQLConnectorProvider), provider(_dynamic.DatasourceProvider)
inputs = dict(name="crm", host="db", port=3306.0, username="u", password="secret", project_id=PROJECT)
state = {**inputs, "platform_url": URL, "test_connection": True, "force_destroy": False}
"""


def loaded(script: str, **names: str) -> set[str]:
    """The modules that a script has loaded since it set `before`."""
    assignments = "\n".join(f"{name} = {value!r}" for name, value in names.items())
    report = "import json; print(json.dumps(sorted(set(sys.modules) - before)))"
    command = [sys.executable, "-c", f"{assignments}\n{script}\n{report}"]
    environment = {"PYTHONPATH": str(PROVIDER)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def own(modules: set[str]) -> set[str]:
    return {module.removeprefix(f"{PACKAGE}.") for module in modules if module.startswith(f"{PACKAGE}.")}


def foreign(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules} - {PACKAGE}


@pytest.fixture(scope="module")
def of_a_program() -> set[str]:
    return loaded("import sys, pulumi\nbefore = set(sys.modules)\nfrom pulumi_previsionio import *")


def test_a_program_loads_nothing_but_the_package_and_a_trifle(of_a_program: set[str]) -> None:
    assert foreign(of_a_program) <= {"hmac", "secrets"}


def test_a_program_loads_no_module_that_only_the_host_needs(of_a_program: set[str]) -> None:
    assert own(of_a_program) & {"_platform.client", "_core.validation"} == set()


def test_a_preview_without_changes_loads_no_http_library() -> None:
    modules = loaded(
        HOST + "sql.check(state, inputs)\nsql.diff('1', state, state)", URL="https://p", TOKEN=TOKEN, PROJECT=PROJECT
    )
    assert (
        foreign(modules) & {"requests", "urllib3", "pydantic", "http", "charset_normalizer", "certifi", "idna"} == set()
    )
    assert "pydantic_core" in foreign(modules)


@pytest.mark.parametrize("work", ["sql.read(ID, state)", "sql.delete(ID, state)"])
def test_a_refresh_and_a_destroy_load_no_validation(work: str, fake: FakePlatform) -> None:
    id_ = fake.store("connectors", project_id=PROJECT, type="SQL", name="crm", host="db", port=3306, username="u")
    modules = loaded(HOST + work, URL=fake.url, TOKEN=TOKEN, PROJECT=PROJECT, ID=id_)
    assert fake.calls
    assert foreign(modules) & {"pydantic", "pydantic_core", "annotated_types"} == set()
    assert "requests" in foreign(modules)


def test_the_commands_help_loads_no_library_that_asks_or_validates() -> None:
    script = "import sys\nbefore = set(sys.modules)\nimport pulumi_previsionio._cli.main"
    heavy = {"asyncio", "grpc", "pulumi", "pydantic", "pydantic_core", "requests", "urllib3"}
    assert foreign(modules := loaded(script)) & heavy == set()
    assert "importlib.metadata" not in modules
    assert "_core.validation" not in own(modules)
