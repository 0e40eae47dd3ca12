"""examples/yaml: programs in YAML, by the native plugin."""

import sys
from collections.abc import Callable, Iterator

import pytest
import yaml
from previsionio_local import LocalPlatform

from tests.engine.examples.copies import Copy
from tests.engine.objects import Objects
from tests.secret_search import leaked
from tests.servers.proftpd import FTP


@pytest.fixture
def prod() -> Iterator[LocalPlatform]:
    with LocalPlatform() as platform:
        yield platform


@pytest.fixture
def example(copy: Callable[..., Copy], platform: LocalPlatform, prod: LocalPlatform, ftp: FTP) -> Copy:
    """A copy of the example, its files filled in; the tests' own virtual environment is its `.venv`."""
    example = copy("yaml")
    (example.folder / ".venv").symlink_to(sys.prefix)
    for name, each in (("dev", platform), ("prod", prod)):
        file = example.folder / f"Pulumi.{name}.yaml"
        content = yaml.safe_load(file.read_text())
        content["config"] |= {
            "previsionio:url": each.url,
            "previsionio:projectId": each.project_id,
            "previsionio-yaml:ftpHost": ftp.host,
            "previsionio-yaml:ftpPort": str(ftp.port),
            "previsionio-yaml:ftpUsername": ftp.username,
        }
        file.write_text(yaml.safe_dump(content))
    for variable in ("PREVISION_URL", "PREVISION_MASTER_TOKEN", "PREVISION_PROJECT_ID"):
        del example.environment[variable]
    return example


def test_from_dev_to_a_protected_prod(example: Copy, objects: Objects, platform: LocalPlatform, ftp: FTP) -> None:
    theirs = {"type": "FTP", "name": "legacy", "host": "h", "port": 21, "username": "u", "password": "known-secret"}
    (existing,) = platform.seed(connectors=[theirs])["connectors"]
    example.environment["CONNECTOR_ID"] = existing
    printed = example.follow_readme({"ftpPassword": ftp.password, "previsionio:token": platform.token}, skip="venv")

    assert sorted(objects.names()) == ["customers", "files", "legacy"]
    assert objects.works("files")
    assert "warning" not in printed
    id_ = objects.all("data-sources")["customers"]["_id"]
    assert example.outputs() == {"datasourceId": id_, "projectName": "default"}

    # Of the imported connector Pulumi has written all but the password: with it in place nothing differs.
    written = (example.folder / "legacy.yaml").read_text()
    assert 'password: ""' in written
    legacy = yaml.safe_load(written.replace('""', "known-secret"))["resources"]
    program = example.folder / "Pulumi.yaml"
    own = program.read_text()
    described = yaml.safe_load(own)
    program.write_text(yaml.safe_dump({**described, "resources": {**described["resources"], **legacy}}))
    assert example.up_as_previewed().changes == {}
    # A password that the program holds in the clear is a secret all the same.
    state = "".join(path.read_text() for path in (example.home / "state").rglob("*.json"))
    assert leaked([ftp.password, platform.token, "known-secret"], printed, state) == []


def test_mistakes_are_told_before_anything_is_asked_and_prod_is_protected(
    example: Copy, prod: LocalPlatform, ftp: FTP
) -> None:
    example.run("pulumi stack init prod")
    example.run("pulumi config set --secret ftpPassword", ftp.password)
    example.run("pulumi config set --secret previsionio:token", prod.token)
    example.edit("Pulumi.yaml", "path: /", "paht: /")
    prod.clear_calls()
    assert "paht" in example.preview(expect_failure=True).stdout
    assert prod.calls() == []

    example.edit("Pulumi.yaml", "paht: /", "path: /")
    assert example.up().changes == {"files": "create", "customers": "create"}
    assert "protected" in "".join(example.destroy(expect_failure=True).errors)
    assert sorted(Objects(prod).names()) == ["customers", "files"]
