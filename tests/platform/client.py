"""The client of the platform's API that all tests share, and what they make with it."""

from __future__ import annotations

import csv
import io
import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from previsionio_local import LocalPlatform

UNREACHABLE = {"host": "127.0.0.1", "port": 1}
"""Where nothing listens."""

Json = dict[str, Any]

FTP = {"type": "FTP", "name": "files", "username": "reader", "password": "hush-hush-1", **UNREACHABLE}
"""A connector that can be made, though not tested."""


class Client:
    """Calls below `/ext/v1` of one platform, with its token."""

    def __init__(self, url: str, token: str, project_id: str = "") -> None:
        self.url = url
        self.token = token
        self.project_id = project_id
        self.session = requests.Session()
        self.session.headers["Authorization"] = token

    @classmethod
    def of(cls, platform: LocalPlatform) -> Client:
        """The client of a platform in this process."""
        return cls(platform.url, platform.token, platform.project_id)

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

    def change(self, path: str, /, **fields: Any) -> None:
        """Change some fields of an object; its secrets stay."""
        self.put(path, **{**self.get(path), **fields})

    def delete(self, path: str) -> None:
        response = self.call("DELETE", path)
        assert response.status_code in (200, 204), response.text

    def all(self, path: str) -> list[Json]:
        """All pages of a list, in order of creation."""
        items: list[Json] = []
        for page in itertools.count(1):
            body = self.get(path, params={"page": page})
            items += body["items"]
            if not body["metaData"]["nextPage"]:
                break
        return items

    def ids(self, path: str) -> set[str]:
        return {item["_id"] for item in self.all(path)}

    def local(self, method: str, path: str, **options: Any) -> requests.Response:
        """`path` is below `/_local`."""
        return self.session.request(method, f"{self.url}/_local{path}", timeout=30, **options)

    def connector(self, **changes: Any) -> Json:
        """Make a connector in the default project."""
        made: Json = self.post("/projects/{project}/connectors", **FTP | changes)
        return made

    def datasource(self, connector: Json, **fields: Any) -> Json:
        """Make a data source in the default project."""
        body = {"name": "data", "connector_id": connector["_id"], **(fields or {"path": "customers.csv"})}
        made: Json = self.post("/projects/{project}/data-sources", **body)
        return made

    def dataset(self, datasource: Json, name: str = "snapshot") -> Json:
        """Take a snapshot and wait for its end."""
        return self.copied(self.start_dataset(datasource, name))

    def start_dataset(self, datasource: Json, name: str = "snapshot") -> str:
        """Have a snapshot taken; its id."""
        made = self.post("/projects/{project}/datasets/data-source", name=name, datasource_id=datasource["_id"])
        return str(made["_id"])

    def upload(self, content: bytes, file_name: str = "data.csv", **fields: str) -> Json:
        """Make a dataset from a file and wait for its end."""
        response = self.call(
            "POST",
            "/projects/{project}/datasets/file",
            files={"file": (file_name, content, "text/csv")},
            data={"name": "upload", **fields},
        )
        return self.copied(answer(response)["_id"])

    def copied(self, dataset_id: str) -> Json:
        """Wait until a dataset's copy has ended, well or badly."""
        deadline = time.monotonic() + 120
        while True:
            dataset: Json = self.get(f"/datasets/{dataset_id}")
            if dataset["copy_state"] in ("done", "failed"):
                return dataset
            assert time.monotonic() < deadline, dataset
            time.sleep(0.01)

    def rows(self, dataset_id: str) -> list[list[str]]:
        """Header and rows of a dataset, as its CSV file has them."""
        answer = self.call("GET", f"/datasets/{dataset_id}/download", params={"extension": "csv"})
        assert answer.ok, answer.text
        return list(csv.reader(io.StringIO(answer.content.decode())))


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
    client = Client.of(platform)
    with client.session:
        yield client
