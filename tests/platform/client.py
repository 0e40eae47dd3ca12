"""A small client of the platform's API for the tests, and what they make with it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import requests
from previsionio_local import LocalPlatform

UNREACHABLE = {"host": "127.0.0.1", "port": 1}
"""Where nothing listens."""

FTP = {"type": "FTP", "name": "files", "username": "reader", "password": "hush-hush-1", **UNREACHABLE}
"""A connector that can be made, though not tested."""


class Client:
    """Calls below `/ext/v1` of one platform, with its token."""

    def __init__(self, url: str, token: str, project_id: str = "") -> None:
        self.url = url
        self.project_id = project_id
        self.session = requests.Session()
        self.session.headers["Authorization"] = token

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """`path` is below `/ext/v1`; `{project}` in it is the default project."""
        where = self.url + "/ext/v1" + path.replace("{project}", self.project_id)
        return self.session.request(method, where, timeout=30, **options)

    def get(self, path: str, **options: Any) -> Any:
        return answer(self.call("GET", path, **options))

    def post(self, path: str, /, **body: Any) -> Any:
        return answer(self.call("POST", path, json=body))

    def put(self, path: str, /, **body: Any) -> Any:
        return answer(self.call("PUT", path, json=body))

    def delete(self, path: str) -> None:
        response = self.call("DELETE", path)
        assert response.status_code in (200, 204), response.text

    def local(self, method: str, path: str, **options: Any) -> requests.Response:
        """`path` is below `/_local`."""
        return self.session.request(method, f"{self.url}/_local{path}", timeout=30, **options)

    def connector(self, **changes: Any) -> dict[str, Any]:
        """Make a connector in the default project."""
        return cast("dict[str, Any]", self.post("/projects/{project}/connectors", **FTP | changes))

    def datasource(self, connector: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Make a data source in the default project."""
        body = {"name": "data", "connector_id": connector["_id"], **(fields or {"path": "customers.csv"})}
        return cast("dict[str, Any]", self.post("/projects/{project}/data-sources", **body))

    def dataset(self, datasource: dict[str, Any], name: str = "snapshot") -> dict[str, Any]:
        """Take a snapshot and wait for its end."""
        made = self.post("/projects/{project}/datasets/data-source", name=name, datasource_id=datasource["_id"])
        return self.copied(made["_id"])

    def upload(self, content: bytes, file_name: str = "data.csv", **fields: str) -> dict[str, Any]:
        """Make a dataset from a file and wait for its end."""
        response = self.call(
            "POST",
            "/projects/{project}/datasets/file",
            files={"file": (file_name, content, "text/csv")},
            data={"name": "upload", **fields},
        )
        return self.copied(answer(response)["_id"])

    def copied(self, dataset_id: str) -> dict[str, Any]:
        """Wait until a dataset's copy has ended, well or badly."""
        deadline = time.monotonic() + 20
        while True:
            dataset = self.get(f"/datasets/{dataset_id}")
            if dataset["copy_state"] in ("done", "failed"):
                return cast("dict[str, Any]", dataset)
            assert time.monotonic() < deadline
            time.sleep(0.01)


def answer(response: requests.Response) -> Any:
    """The JSON body of a successful answer."""
    assert response.status_code == 200, f"{response.status_code}: {response.text}"
    return response.json()


def refusal(response: requests.Response, status: int) -> str:
    """The message of a refusal, after checking the form that all refusals have."""
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    body = response.json()
    assert body["status"] == status
    assert isinstance(body["message"], list)
    assert all(isinstance(line, str) and "\n" not in line for line in body["message"])
    return "; ".join(body["message"])


@contextmanager
def client_of(platform: LocalPlatform) -> Iterator[Client]:
    client = Client(platform.url, platform.token, platform.project_id)
    with client.session:
        yield client
