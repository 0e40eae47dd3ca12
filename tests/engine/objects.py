"""A platform's objects as its own API shows them, and changes made behind a stack's back."""

import itertools
from typing import Any

import requests
from previsionio_local import LocalPlatform

TIMEOUT = 10.0


class Objects:
    """The default project of a local platform. `kind` is `connectors` or `data-sources`; names are unique in tests."""

    def __init__(self, platform: LocalPlatform) -> None:
        self._platform = platform

    def names(self) -> list[str]:
        """The names of everything in the project, connectors first, in order of creation."""
        return [*self.all("connectors"), *self.all("data-sources")]

    def list(self, kind: str) -> list[dict[str, Any]]:
        """All objects, in order of creation; names may repeat."""
        items: list[dict[str, Any]] = []
        for page in itertools.count(1):
            answer = self._call("GET", f"/projects/{self._platform.project_id}/{kind}?page={page}")
            items += answer["items"]
            if not answer["metaData"]["nextPage"]:
                break
        return items

    def all(self, kind: str) -> dict[str, dict[str, Any]]:
        """Name → object."""
        items = self.list(kind)
        objects = {item["name"]: item for item in items}
        assert len(objects) == len(items), f"several {kind} of one name"
        return objects

    def create(self, kind: str, name: str, **fields: Any) -> None:
        """Makes an object that no stack knows of."""
        self._call("POST", f"/projects/{self._platform.project_id}/{kind}", {"name": name, **fields})

    def change(self, kind: str, name: str, **fields: Any) -> None:
        """Changes some fields of an object; its secrets stay."""
        item = self.all(kind)[name]
        self._call("PUT", f"/{kind}/{item['_id']}", {**item, **fields})

    def delete(self, *names: str) -> None:
        """Deletes objects, in this order."""
        for name in names:
            kinds = ("connectors", "data-sources")
            (path,) = (f"/{kind}/{item['_id']}" for kind in kinds for item in self.list(kind) if item["name"] == name)
            self._call("DELETE", path)

    def works(self, connector: str) -> bool:
        """Whether the platform can connect with what the connector holds now."""
        id_ = self.all("connectors")[connector]["_id"]
        return self._answer("POST", f"/connectors/{id_}/test").status_code == 200

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self._answer(method, path, body)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        content: dict[str, Any] = answer.json()
        return content

    def _answer(self, method: str, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        return requests.request(
            method,
            f"{self._platform.url}/ext/v1{path}",
            headers={"Authorization": self._platform.token},
            json=body,
            timeout=TIMEOUT,
        )
