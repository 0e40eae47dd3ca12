"""A dynamic provider as the public examples are written: one `requests` call for each operation, no more.

It tests no connection, looks up no table and looks after no lost reply, so it makes fewer calls than ours when it
creates.
"""

import os
from typing import Any

import requests
from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult


def call(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    url = f"{os.environ['PREVISION_URL']}/ext/v1{path}"
    headers = {"Authorization": os.environ["PREVISION_MASTER_TOKEN"]}
    answer = requests.request(method, url, json=body, headers=headers, timeout=60)
    answer.raise_for_status()
    content: dict[str, Any] = answer.json()
    return content


class NaiveProvider(ResourceProvider):
    serialize_as_secret_always = False
    collection = ""

    def create(self, props: dict[str, Any]) -> CreateResult:
        item = call("POST", f"/projects/{os.environ['PREVISION_PROJECT_ID']}/{self.collection}", _body(props))
        return CreateResult(item["_id"], props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        changed = any(_olds.get(name) != value for name, value in _news.items())
        return DiffResult(changes=None if changed else False)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        item = call("GET", f"/{self.collection}/{id_}")
        live = {**props, **{name: item[name] for name in props if name in item}}
        return ReadResult(id_, live, live)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        call("PUT", f"/{self.collection}/{_id}", _body(_news))
        return UpdateResult(_news)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        call("DELETE", f"/{self.collection}/{_id}")


class ConnectorProvider(NaiveProvider):
    collection = "connectors"


class DatasourceProvider(NaiveProvider):
    collection = "data-sources"


def _body(props: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in props.items() if not name.startswith("__")}


class Connector(Resource, module="benchmark", name="NaiveConnector"):
    def __init__(self, name: str, password: str, **inputs: Input[Any]) -> None:
        opts = ResourceOptions(additional_secret_outputs=["password"])
        given = {"name": name, "type": "SQL", "password": Output.secret(password), **inputs}
        super().__init__(ConnectorProvider(), name, given, opts)


class Datasource(Resource, module="benchmark", name="NaiveDatasource"):
    def __init__(self, name: str, connector: Connector, **inputs: Input[Any]) -> None:
        super().__init__(DatasourceProvider(), name, {"name": name, "connector_id": connector.id, **inputs})
