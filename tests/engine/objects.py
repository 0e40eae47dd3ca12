"""A platform's objects by their names, and changes made behind a stack's back."""

from typing import Any

from previsionio_local import LocalPlatform

from tests.platform.client import Client, Json


class Objects:
    """The default project of a local platform. `kind` is `connectors` or `data-sources`; names are unique in tests."""

    def __init__(self, platform: LocalPlatform) -> None:
        self._client = Client.of(platform)

    def names(self) -> list[str]:
        """The names of everything in the project, connectors first, in order of creation."""
        return [*self.all("connectors"), *self.all("data-sources")]

    def list(self, kind: str) -> list[Json]:
        """All objects, in order of creation; names may repeat."""
        return self._client.all(f"/projects/{{project}}/{kind}")

    def all(self, kind: str) -> dict[str, Json]:
        """Name → object."""
        items = self.list(kind)
        objects = {item["name"]: item for item in items}
        assert len(objects) == len(items), f"several {kind} of one name"
        return objects

    def create(self, kind: str, name: str, **fields: Any) -> None:
        """Makes an object that no stack knows of."""
        self._client.post(f"/projects/{{project}}/{kind}", name=name, **fields)

    def change(self, kind: str, name: str, **fields: Any) -> None:
        """Changes some fields of an object; its secrets stay."""
        self._client.change(f"/{kind}/{self.all(kind)[name]['_id']}", **fields)

    def delete(self, *names: str) -> None:
        """Deletes objects, in this order."""
        for name in names:
            kinds = ("connectors", "data-sources")
            (path,) = (f"/{kind}/{item['_id']}" for kind in kinds for item in self.list(kind) if item["name"] == name)
            self._client.delete(path)

    def works(self, connector: str) -> bool:
        """Whether the platform can connect with what the connector holds now."""
        id_ = self.all("connectors")[connector]["_id"]
        return self._client.call("POST", f"/connectors/{id_}/test").status_code == 200
