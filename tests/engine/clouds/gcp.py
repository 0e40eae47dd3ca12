"""A small Google Cloud: buckets and files on a storage server, and keys that its front door accepts."""

import base64
import json
from typing import Any

from google.cloud.storage import Client
from google.oauth2 import service_account

from tests.engine.clouds.stand_in import Kind, Properties, content_of, serve, servers


def _storage() -> Any:
    order = servers("gcp")
    signer = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
        order["credentials"], scopes=["https://www.googleapis.com/auth/cloud-platform"]
    )
    return Client(order["project"], signer, client_options={"api_endpoint": order["endpoint"]})


def _make_bucket(inputs: Properties) -> tuple[str, Properties]:
    _storage().create_bucket(inputs["name"])
    return inputs["name"], {"url": f"gs://{inputs['name']}"}


def _make_file(inputs: Properties) -> tuple[str, Properties]:
    _storage().bucket(inputs["bucket"]).blob(inputs["name"]).upload_from_string(content_of(inputs))
    return f"{inputs['bucket']}-{inputs['name']}", {"outputName": inputs["name"]}


def _make_account(inputs: Properties) -> tuple[str, Properties]:
    """The one account that the front door knows, whatever the program calls it."""
    email = servers("gcp")["credentials"]["client_email"]
    name = f"projects/{servers('gcp')['project']}/serviceAccounts/{email}"
    return name, {"name": name, "email": email, "member": f"serviceAccount:{email}"}


def _make_key(inputs: Properties) -> tuple[str, Properties]:
    """As Google gives it: base64 of the key's JSON file."""
    credentials = servers("gcp")["credentials"]
    text = json.dumps(credentials, indent=2)
    name = f"{inputs['serviceAccountId']}/keys/{credentials['private_key_id']}"
    return name, {"name": name, "privateKey": base64.b64encode(text.encode()).decode()}


def _grant(inputs: Properties) -> tuple[str, Properties]:
    """The storage server asks for no rights: whoever gets through the front door may read."""
    return f"b/{inputs['bucket']}/{inputs['role']}/{inputs['member']}", {"etag": "CAE="}


if __name__ == "__main__":
    serve(
        {
            "gcp:storage/bucket:Bucket": Kind(
                _make_bucket, lambda id_, _: _storage().bucket(id_).delete(), named_by="name"
            ),
            "gcp:storage/bucketObject:BucketObject": Kind(
                _make_file, lambda _, file: _storage().bucket(file["bucket"]).blob(file["name"]).delete()
            ),
            "gcp:storage/bucketIAMMember:BucketIAMMember": Kind(_grant),
            "gcp:serviceaccount/account:Account": Kind(_make_account),
            "gcp:serviceaccount/key:Key": Kind(_make_key),
        }
    )
