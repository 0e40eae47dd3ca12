"""examples/aws and examples/gcp on the real engine: stand-ins make real buckets, keys and databases to connect to."""

import base64
import dataclasses
import json
from collections.abc import Callable
from typing import Any

from previsionio_local import LocalPlatform

from tests.engine.clouds import stand_in
from tests.engine.examples.copies import Copy
from tests.engine.objects import Objects
from tests.engine.pulumi_cli import Run
from tests.secret_search import leaked
from tests.servers.google_cloud import GoogleCloud
from tests.servers.postgresql import PostgreSQL
from tests.servers.seaweedfs import S3

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The engine's word for a value that is not known yet (pulumi/runtime/rpc.py)."""


def unknowns(preview: Run) -> dict[str, set[str]]:
    """Type and name of each resource → those of its inputs that the preview does not know, but for secret ones."""
    found = {}
    for step in preview.steps:
        inputs = step.new["inputs"] if step.new else {}
        if unknown := {key for key, value in inputs.items() if UNKNOWN in str(value)}:
            found[f"{step.type.rpartition(':')[2]} {step.name}"] = unknown
    return found


def plaintexts(state: Any) -> list[str]:
    """Every secret in a state that shows them, as JSON text."""
    if isinstance(state, dict):
        own = [state["plaintext"]] if "plaintext" in state else []
        return [*own, *(text for value in state.values() for text in plaintexts(value))]
    return [text for value in state for text in plaintexts(value)] if isinstance(state, list) else []


def test_bucket_key_and_database_of_aws_are_linked_as_they_are_made(
    copy: Callable[..., Copy], clouds: LocalPlatform, s3: S3, postgresql: PostgreSQL
) -> None:
    example, objects = copy("aws"), Objects(clouds)
    example.aim(clouds)
    servers = {"s3": {"endpoint": s3.endpoint, "username": s3.username, "password": s3.password}}
    servers["postgresql"] = dataclasses.asdict(postgresql)
    example.add_to_path(stand_in.install(example.home / "plugins", aws=servers, random={}))
    example.environment["PLATFORM_ADDRESSES"] = "203.0.113.0/24"

    example.follow_readme(skip="pulumi up")
    preview = example.preview()
    assert unknowns(preview) == {
        "UserPolicy may-read": {"policy"},
        "Instance crm": {"vpcSecurityGroupIds"},
        "S3Connector exports": {"access_key_id"},
        "Datasource customers": {"connector_id"},
        "SQLConnector crm": {"host", "port"},
    }
    assert [f"{call.method} {call.path.rpartition('/')[0]}" for call in clouds.calls()] == ["GET /projects"]
    buckets = {bucket["Name"] for bucket in s3.client().list_buckets()["Buckets"]}
    assert not any(name.startswith("exports-") for name in buckets)

    up = example.up()
    assert up.ops == preview.ops
    assert sorted(objects.names()) == ["crm", "customers", "exports"]
    outputs = example.outputs()
    assert objects.all("data-sources")["customers"]["bucket"] == outputs["bucket"]
    tested = [call for call in clouds.calls() if call.path.endswith("/test") and call.path.startswith("/connectors/")]
    assert [call.status for call in tested] == [200, 200]
    secrets = {json.loads(text) for text in plaintexts(example.export(show_secrets=True))}
    assert len(secrets) == 2  # the password and the key, wherever they are
    assert leaked(secrets, preview.everything + up.everything + json.dumps(example.export())) == []

    # A new password travels from the cloud to the platform, in an update.
    example.edit("__main__.py", "length=32", "length=40")
    changed = [(step.type.rpartition(":")[2], step.op) for step in example.up().steps if step.op != "same"]
    assert {type_ for type_, _ in changed} == {"RandomPassword", "Instance", "SQLConnector"}
    assert [each for each in changed if each[1] == "update"] == [("Instance", "update"), ("SQLConnector", "update")]
    assert outputs["crmConnectorId"] == example.outputs()["crmConnectorId"]

    example.destroy()
    assert objects.names() == []
    assert outputs["bucket"] not in [bucket["Name"] for bucket in s3.client().list_buckets()["Buckets"]]


def test_key_of_a_google_service_account_is_linked_as_it_is_made(
    copy: Callable[..., Copy], clouds: LocalPlatform, google: GoogleCloud
) -> None:
    example, objects = copy("gcp"), Objects(clouds)
    example.aim(clouds)
    servers = {"endpoint": google.endpoint, "project": google.project, "credentials": google.credentials}
    example.add_to_path(stand_in.install(example.home / "plugins", gcp=servers))

    example.follow_readme(skip="pulumi up")
    preview = example.preview()
    assert unknowns(preview) == {
        "Key previsionio": {"serviceAccountId"},
        "BucketIAMMember may-read": {"member"},
        "Datasource customers": {"connector_id"},
    }
    assert [f"{call.method} {call.path.rpartition('/')[0]}" for call in clouds.calls()] == ["GET /projects"]
    up = example.up()
    assert up.ops == preview.ops
    assert sorted(objects.names()) == ["customers", "google"]
    assert objects.all("data-sources")["customers"]["bucket"] == example.outputs()["bucket"]

    key = google.credentials["private_key"]
    issued = base64.b64encode(json.dumps(google.credentials, indent=2).encode()).decode()
    assert leaked([key, issued], preview.everything + up.everything + json.dumps(example.export())) == []
    assert example.up().changes == {}
    example.destroy()
    assert objects.names() == []
