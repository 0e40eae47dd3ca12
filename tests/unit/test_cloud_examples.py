"""examples/aws and examples/gcp under mocks, as a user's own unit tests would run them: what is handed to what."""

import base64
import json
import runpy
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import MockResourceArgs

from tests.unit import programs
from tests.unit.examples import KEY_BASE64

# The clouds' packages announce their own deprecated parts when they are imported.
pytestmark = pytest.mark.filterwarnings(r"ignore::DeprecationWarning:pulumi_(aws|gcp)\b")

EXAMPLES = Path(__file__).parents[2] / "examples"


class Cloud(programs.Recorder):
    """What the clouds add to the resources of a program."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        id_, outputs = super().new_resource(args)
        self.resources[f"{args.typ.rpartition(':')[2]} {args.name}"] = args
        made: dict[str, dict[str, Any]] = {
            "aws:s3/bucket:Bucket": {"bucket": "exports-1", "arn": "arn:aws:s3:::exports-1"},
            "aws:iam/user:User": {"name": "previsionio-1"},
            "aws:iam/accessKey:AccessKey": {"secret": "the secret of the key"},
            "aws:rds/instance:Instance": {"address": "crm.rds.example", "port": 5432},
            "random:index/randomPassword:RandomPassword": {"result": "the generated password"},
            "gcp:storage/bucket:Bucket": {"name": "exports-1"},
            "gcp:serviceaccount/account:Account": {"name": "reader-1", "email": "reader@acme.example"},
            "gcp:serviceaccount/key:Key": {"privateKey": KEY_BASE64},
        }
        return id_, {**outputs, **made.get(args.typ, {})}


def run(example: str, monkeypatch: pytest.MonkeyPatch, **config: str) -> Cloud:
    """Run the example's program, unmodified."""
    monkeypatch.chdir(EXAMPLES / example)
    cloud = Cloud()
    pulumi.runtime.set_mocks(cloud, project=f"previsionio-{example}", stack="dev", preview=False)
    pulumi.runtime.set_all_config({f"previsionio-{example}:{key}": value for key, value in config.items()})

    def program() -> None:
        runpy.run_path("__main__.py", run_name="__main__")

    try:
        pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]
    finally:
        pulumi.runtime.set_all_config({})
    return cloud


def is_secret(cloud: Cloud, resource: str, name: str) -> bool:
    value = cloud.resources[resource].inputs[name]
    return isinstance(value, dict) and programs._SIGNATURE in value


def test_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = run("aws", monkeypatch, platformAddresses="203.0.113.0/24")

    exports = cloud.inputs("S3Connector exports")
    assert exports["access_key_id"] == "id-of-previsionio"
    assert exports["secret_access_key"] == "the secret of the key"
    assert is_secret(cloud, "S3Connector exports", "secret_access_key")
    customers = cloud.inputs("Datasource customers")
    assert (customers["connector_id"], customers["bucket"], customers["path"]) == (
        "id-of-exports",
        "exports-1",
        "crm/customers.csv",
    )
    crm = cloud.inputs("SQLConnector crm")
    assert (crm["host"], crm["port"], crm["username"]) == ("crm.rds.example", 5432, "previsionio")
    assert crm["password"] == cloud.inputs("Instance crm")["password"] == "the generated password"
    assert is_secret(cloud, "SQLConnector crm", "password")
    statements = json.loads(cloud.inputs("UserPolicy may-read")["policy"])["Statement"]
    assert ["arn:aws:s3:::exports-1", "arn:aws:s3:::exports-1/*"] in [each["Resource"] for each in statements]
    assert not [each for each in statements if "Put" in str(each["Action"]) or "s3:*" in str(each["Action"])]


def test_gcp(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = run("gcp", monkeypatch)

    assert cloud.inputs("Key previsionio")["serviceAccountId"] == "reader-1"
    key = cloud.inputs("GCPConnector google")["google_credentials"]
    assert json.loads(base64.b64decode(key))["client_email"]
    assert is_secret(cloud, "GCPConnector google", "google_credentials")
    customers = cloud.inputs("Datasource customers")
    assert (customers["connector_id"], customers["g_cloud"], customers["bucket"], customers["path"]) == (
        "id-of-google",
        "Storage",
        "exports-1",
        "crm/customers.csv",
    )
    assert cloud.inputs("BucketIAMMember may-read")["member"] == "serviceAccount:reader@acme.example"
