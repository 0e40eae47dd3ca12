"""One good set of inputs for each kind of object, as the engine hands them over, and what goes with it."""

import base64
import json
from typing import Any

import hypothesis
from pulumi_previsionio._core import kinds
from pulumi_previsionio._core.kind import Kind
from pulumi_previsionio._core.validation import validate
from pulumi_previsionio._core.values import Values, from_engine
from pulumi_previsionio._platform.settings import Settings

from tests.unit.fake_platform import PROJECT, TOKEN

quick = hypothesis.settings(deadline=None, max_examples=60)
"""For tests over generated values: no deadline, since other work shares the machine."""

URL = "http://platform.example"
PASSWORD = "correct horse battery"
KEY = {
    "type": "service_account",
    "project_id": "acme-data",
    "private_key_id": "0123456789abcdef0123456789abcdef01234567",
    "private_key": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQ\n-----END-----\n",
    "client_email": "reader@acme-data.iam.gserviceaccount.com",
}
KEY_TEXT = json.dumps(KEY, indent=2)
KEY_BASE64 = base64.b64encode(KEY_TEXT.encode()).decode()
CONNECTOR_ID = "5ea1f00d00000000000000aa"
DATASOURCE_ID = "5ea1f00d00000000000000bb"

_SERVER = dict(host="db.example", port=3306.0, username="reader", password=PASSWORD)
_SHARED = dict(name="thing", project_id=PROJECT, platform_url=URL)
INPUTS: dict[str, dict[str, Any]] = {
    "SQLConnector": {**_SHARED, **_SERVER},
    "FTPConnector": {**_SHARED, **_SERVER, "port": 21.0},
    "SFTPConnector": {**_SHARED, **_SERVER, "port": 22.0},
    "S3Connector": {**_SHARED, "access_key_id": "AKIA01", "secret_access_key": PASSWORD},
    "GCPConnector": {**_SHARED, "google_credentials": KEY_TEXT},
    "Datasource": {**_SHARED, "connector_id": CONNECTOR_ID, "database": "crm", "table": "customers"},
    "Project": {"name": "thing", "platform_url": URL, "description": "for tests", "color": "#a748f5"},
    "Dataset": {**_SHARED, "datasource_id": DATASOURCE_ID},
}
KINDS = (*kinds.CONNECTOR_KINDS.values(), kinds.DATASOURCE, kinds.PROJECT, kinds.DATASET)
CONNECTORS = tuple(kinds.CONNECTOR_KINDS.values())


def inputs(kind: Kind, **changes: Any) -> dict[str, Any]:
    """Good inputs; a change to None takes the input away."""
    changed = {**INPUTS[kind.name], **changes}
    return {name: value for name, value in changed.items() if value is not None}


def values(kind: Kind, **changes: Any) -> Values:
    """The same, checked, as the lifecycle takes them."""
    clean, problems = validate(kind, from_engine(kind, inputs(kind, **changes)))
    assert not problems, problems
    return clean


def settings(**changes: Any) -> Settings:
    return Settings(**{"url": URL, "token": TOKEN, "project_id": PROJECT, **changes})
