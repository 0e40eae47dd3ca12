"""The platform's contract in memory, over real HTTP, with everything that can go wrong on request."""

import dataclasses
import re
import threading
import time
import urllib.parse
from collections.abc import Callable
from typing import Any

from tests.unit.scripted_server import CUT, Answer, Request, ScriptedServer

TOKEN = "token-of-the-tests"
PROJECT = "5ea1f00d0000000000000001"
_SECRETS = ("password", "googleCredentials")
_ITEM = re.compile(r"/(projects|connectors|data-sources|datasets)/([^/]+)$")
_LIST = re.compile(r"(?:/projects/([^/]+))?/(projects|connectors|data-sources|datasets)$")


@dataclasses.dataclass
class Fault:
    """What happens to one call: whether it is carried out, and what is answered (None: as usual)."""

    method: str
    path: str
    carried_out: bool
    answer: Answer | None
    times: int
    before: Callable[[], object] | None
    after: Callable[[], object] | None


class FakePlatform:
    """`url` and `token` to reach it, `objects` to look into it, `fault` to break it."""

    def __init__(self) -> None:
        self.token = TOKEN
        self._lock = threading.RLock()
        self._server = ScriptedServer(self._respond)
        self.reset()

    def reset(self) -> None:
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
        self._faults: list[Fault] = []
        self._count = 0
        self._server.reset()

    def __enter__(self) -> "FakePlatform":
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def requests(self) -> list[Request]:
        return self._server.requests

    @property
    def calls(self) -> list[str]:
        """Method and path of every call, below `/ext/v1`."""
        return [line.replace("/ext/v1", "", 1) for line in self._server.lines]

    def forget_calls(self) -> None:
        self._server.requests.clear()

    def fault(
        self,
        method: str,
        path: str,
        answer: Answer | None = CUT,
        *,
        carried_out: bool = False,
        times: int = 1,
        before: Callable[[], object] | None = None,
        after: Callable[[], object] | None = None,
    ) -> None:
        """The next `times` calls of `method` to a path that ends like `path` (a pattern) go wrong.

        `before` and `after` run around what the platform does, `after` while the caller still waits for the answer.
        """
        self._faults.append(Fault(method, path, carried_out, answer, times, before, after))

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

    # Answers

    def headers(self) -> dict[str, str]:
        """What every answer says of the platform's clock."""
        return {"Date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + self.clock_ahead))}

    def _respond(self, request: Request) -> Answer:
        answer = self._answer(request)
        return dataclasses.replace(answer, headers={**self.headers(), **answer.headers})

    def _answer(self, request: Request) -> Answer:
        with self._lock:
            fault = next(
                (
                    fault
                    for fault in self._faults
                    if fault.times and fault.method == request.method and re.search(f"{fault.path}$", request.path)
                ),
                None,
            )
            if fault:
                fault.times -= 1
        if fault is None:
            return self._carry_out(request)
        if fault.before:
            fault.before()
        usual = self._carry_out(request) if fault.carried_out else Answer()
        if fault.after:
            fault.after()
        return usual if fault.answer is None else fault.answer

    def _carry_out(self, request: Request) -> Answer:
        if request.headers.get("Authorization") != self.token:
            return _refusal(401, "wrong token")
        path = request.path.removeprefix("/ext/v1")
        with self._lock:
            if path == "/version":
                return Answer(body={"version": "fake"})
            if request.method == "POST" and path.endswith("/test"):
                return self._test(path)
            if request.method == "POST" and path.endswith("/verify"):
                return self._verify(request.json)
            if path.startswith("/connectors/") and path.split("/")[3:4] in (["databases"], ["paths"]):
                return self._names(path)
            if match := _LIST.search(path.removesuffix("/data-source")):
                return self._list(request, match[1], match[2])
            if match := _ITEM.search(path):
                return self._item(request, match[1], match[2])
        return Answer(404, b"<html>no such page</html>", {"Content-Type": "text/html"})

    def _list(self, request: Request, project: str | None, collection: str) -> Answer:
        if project is not None and project not in self.objects["projects"]:
            return _refusal(404, "no such project")
        if request.method == "POST":
            owner = {"project_id": project} if project else {}
            done = {"copy_state": "done", "describe_state": "done", "drift_state": "done"}
            extra = done if collection == "datasets" else {}
            id_ = self.store(collection, None, **request.json, **owner, **extra)
            return Answer(body=_shown(self.objects[collection][id_]))
        items = [
            _shown(item)
            for item in self.objects[collection].values()
            if collection == "projects" or item.get("project_id") == project
        ]
        page = int(request.query.get("page", 1))
        meta = {"totalItems": len(items), "rowsPerPage": self.page, "nextPage": page * self.page < len(items)}
        return Answer(body={"items": items[(page - 1) * self.page : page * self.page], "metaData": meta})

    def _item(self, request: Request, collection: str, id_: str) -> Answer:
        if request.method == "OPTIONS":
            methods = "GET, DELETE, OPTIONS" + (", PUT" if self.update else "")
            return Answer(204, headers={"Allow": methods, "Prevision-Local": self.extensions})
        item = self.objects[collection].get(id_)
        if item is None:
            return _refusal(404, f"there is no {id_}")
        if request.method == "DELETE":
            del self.objects[collection][id_]
            return Answer(204 if collection in ("projects", "datasets") else 200)
        if request.method == "PUT":
            if not self.update:
                return _refusal(405, "not offered")
            kept = {key: item[key] for key in ("_id", "project_id", *_SECRETS) if key in item}
            self.objects[collection][id_] = item = {**kept, **request.json}
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
