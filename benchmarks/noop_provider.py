"""A dynamic provider that does nothing: what the engine and the provider host cost by themselves."""

import uuid
from typing import Any

from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult


class NoopProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(uuid.uuid4().hex[:24], props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        changed = any(_olds.get(name) != value for name, value in _news.items())
        return DiffResult(changes=None if changed else False)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, props, props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(_news)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        pass


class Connector(Resource, module="benchmark", name="NoopConnector"):
    def __init__(self, name: str, password: str, **inputs: Input[Any]) -> None:
        opts = ResourceOptions(additional_secret_outputs=["password"])
        super().__init__(NoopProvider(), name, {"name": name, "password": Output.secret(password), **inputs}, opts)


class Datasource(Resource, module="benchmark", name="NoopDatasource"):
    def __init__(self, name: str, connector: Connector, **inputs: Input[Any]) -> None:
        super().__init__(NoopProvider(), name, {"name": name, "connector_id": connector.id, **inputs})
