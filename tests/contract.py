"""The platform's contract in memory: the objects, and the answers to calls about them.

Two servers put it on a port: `tests.unit.fake_platform`, where everything can go wrong, and
`benchmarks.contract_server`, which costs next to nothing.
"""

import re
import threading
import time
import urllib.parse
from collections.abc import Mapping
from typing import Any

from tests.unit.scripted_server import Answer

TOKEN = "token-of-the-tests"
PROJECT = "5ea1f00d0000000000000001"
API = "/ext/v1"
_SECRETS = ("password", "googleCredentials")
_ITEM = re.compile(r"/(projects|connectors|data-sources|datasets)/([^/]+)$")
_LIST = re.compile(r"(?:/projects/([^/]+))?/(projects|connectors|data-sources|datasets)$")


class Contract:
    """Set its attributes, and look into `objects`. Safe for many threads."""

    def __init__(self) -> None:
        self.token = TOKEN
        self._lock = threading.RLock()
        self.empty()

    def empty(self) -> None:
        """As new: it updates in place, has no extensions, and holds one project."""
        self.update, self.extensions, self.page = True, "", 50
        self.objects: dict[str, dict[str, dict[str, Any]]] = {
            name: {} for name in ("projects", "connectors", "data-sources", "datasets")
        }
        self.objects["projects"][PROJECT] = {"_id": PROJECT, "name": "tests"}
        self.broken: dict[str, str] = {}
        """Why the test of an object fails, by its host, username, table or path."""
        self.databases: dict[str, list[str]] = {"crm": ["customers", "orders"]}
        self.paths: Any = ["/customers.csv", "/in/orders.csv"]
        self.unknown_sources: dict[str, str] = {}
        """Why a source is refused by the look-up extension, by its request, bucket or table."""
        self.clock_ahead = 0.0
        """Seconds by which the platform's clock is ahead of ours."""
        self._count = 0

    def store(self, collection: str, made_at: float | None = None, **content: Any) -> str:
        """Put an object there behind everybody's back; returns its id."""
        with self._lock:
            self._count += 1
            id_ = f"{int(made_at or time.time() + self.clock_ahead):08x}{self._count:016x}"
            self.objects[collection][id_] = {"_id": id_, **content}
            return id_

    def only(self, collection: str) -> dict[str, Any]:
        """The one object of a collection; fails when there are more or none."""
        (item,) = self.objects[collection].values()
        return item

    def headers(self) -> dict[str, str]:
        """What every answer says of the platform's clock."""
        return {"Date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + self.clock_ahead))}

    def answer(self, method: str, path: str, query: Mapping[str, str], content: Any, token: str | None) -> Answer:
        """Carry a call out; `content` is its JSON, `path` is below `API`."""
        if token != self.token:
            return _refusal(401, "wrong token")
        with self._lock:
            if path == "/version":
                return Answer(body={"version": "fake"})
            if method == "POST" and path.endswith("/test"):
                return self._test(path)
            if method == "POST" and path.endswith("/verify"):
                return self._verify(content)
            if path.startswith("/connectors/") and path.split("/")[3:4] in (["databases"], ["paths"]):
                return self._names(path)
            if match := _LIST.search(path.removesuffix("/data-source")):
                if method == "POST":
                    return self._make(match[1], match[2], content)
                return self._list(match[1], match[2], int(query.get("page", 1)))
            if match := _ITEM.search(path):
                return self._item(method, match[1], match[2], content)
        return Answer(404, b"<html>no such page</html>", {"Content-Type": "text/html"})

    def _make(self, project: str | None, collection: str, content: Any) -> Answer:
        if project is not None and project not in self.objects["projects"]:
            return _refusal(404, "no such project")
        owner = {"project_id": project} if project else {}
        done = {"copy_state": "done", "describe_state": "done", "drift_state": "done"}
        id_ = self.store(collection, None, **content, **owner, **(done if collection == "datasets" else {}))
        return Answer(body=_shown(self.objects[collection][id_]))

    def _list(self, project: str | None, collection: str, page: int) -> Answer:
        if project is not None and project not in self.objects["projects"]:
            return _refusal(404, "no such project")
        items = [
            _shown(item)
            for item in self.objects[collection].values()
            if collection == "projects" or item.get("project_id") == project
        ]
        meta = {"totalItems": len(items), "rowsPerPage": self.page, "nextPage": page * self.page < len(items)}
        return Answer(body={"items": items[(page - 1) * self.page : page * self.page], "metaData": meta})

    def _item(self, method: str, collection: str, id_: str, content: Any) -> Answer:
        if method == "OPTIONS":
            methods = "GET, DELETE, OPTIONS" + (", PUT" if self.update else "")
            return Answer(204, headers={"Allow": methods, "Prevision-Local": self.extensions})
        item = self.objects[collection].get(id_)
        if item is None:
            return _refusal(404, f"there is no {id_}")
        if method == "DELETE":
            del self.objects[collection][id_]
            return Answer(204 if collection in ("projects", "datasets") else 200)
        if method == "PUT":
            if not self.update:
                return _refusal(405, "not offered")
            kept = {key: item[key] for key in ("_id", "project_id", *_SECRETS) if key in item}
            self.objects[collection][id_] = item = {**kept, **content}
        return Answer(body=_shown(item))

    def _test(self, path: str) -> Answer:
        _, collection, id_, _ = path.split("/")
        item = self.objects[collection].get(id_)
        if item is None:
            return _refusal(404, f"there is no {id_}")
        for value in item.values():
            if isinstance(value, str) and value in self.broken:
                return _refusal(400, self.broken[value])
        return Answer()

    def _verify(self, body: dict[str, str]) -> Answer:
        for value in body.values():
            if value in self.unknown_sources:
                return _refusal(422, self.unknown_sources[value])
        return Answer()

    def _names(self, path: str) -> Answer:
        _, _, id_, *rest = map(urllib.parse.unquote, path.split("/"))
        if id_ not in self.objects["connectors"]:
            return _refusal(404, f"there is no {id_}")
        if rest == ["paths"]:
            return Answer(body={"items": self.paths})
        if rest == ["databases"]:
            return Answer(body={"items": list(self.databases)})
        if rest[1] not in self.databases:
            return _refusal(400, f"unknown database {rest[1]}")
        return Answer(body={"items": self.databases[rest[1]]})


def _shown(item: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in _SECRETS}


def _refusal(status: int, message: str) -> Answer:
    return Answer(status, {"status": status, "message": [message]})
