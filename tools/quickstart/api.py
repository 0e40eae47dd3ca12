"""The few calls that the quickstart itself makes to the platform, to show that the objects really are there."""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

TIMEOUT = 10.0
COPY_TIMEOUT = 30.0
SHOWN_ROWS = 3


class PlatformError(Exception):
    """The platform said no; the message is its reason."""


@dataclass(frozen=True)
class Platform:
    """The platform at `url`, as the owner of `token` sees it."""

    url: str
    token: str = field(repr=False)

    def answers(self) -> bool:
        """Whether the platform serves, and knows the token."""
        try:
            self._call("GET", "/version")
        except (OSError, http.client.HTTPException, PlatformError):
            return False
        return True

    def project(self, name: str) -> str:
        """The id of the project of that name, made if it is missing."""
        for project in self._call("GET", "/projects")["items"]:
            if project["name"] == name:
                return str(project["_id"])
        return str(self._call("POST", "/projects", {"name": name, "description": None})["_id"])

    def sign_in_link(self) -> str:
        """A link that signs a browser in once."""
        return str(self._call("POST", "/sign-in", below="/_local")["url"])

    def describe(self, datasource_id: str) -> Iterator[tuple[str, str]]:
        """Label and value of what there is to say about a data source that is a file: what it names, what is in it."""
        source = self._call("GET", f"/data-sources/{datasource_id}")
        connector = self._call("GET", f"/connectors/{source['connector_id']}")
        yield "data source", f"{source['name']} ({source['_id']})"
        yield "connector", f"{connector['name']} ({connector['_id']})"
        server = f"{connector['username']}@{connector['host']}:{connector['port']}"
        yield "file", f"{connector['type'].lower()}://{server}{source['path']}"
        header, *rows = self._first_rows(source)
        yield "first rows", header
        yield from (("", row) for row in rows)

    def _first_rows(self, source: dict[str, Any]) -> list[str]:
        """Header and rows as the platform reads them: by a snapshot, which is dropped again."""
        body = {"name": "first look", "datasource_id": source["_id"]}
        dataset = self._call("POST", f"/projects/{source['project_id']}/datasets/data-source", body)
        path = f"/datasets/{dataset['_id']}"
        try:
            self._wait_for_copy(path)
            sample = self._call("GET", f"{path}/sample")
        finally:
            self._call("DELETE", path)
        header = [column["name"] for column in sample["columns"]]
        return [", ".join(map(str, row)) for row in [header, *sample["rows"][:SHOWN_ROWS]]]

    def _wait_for_copy(self, path: str) -> None:
        deadline = time.monotonic() + COPY_TIMEOUT
        while (dataset := self._call("GET", path))["copy_state"] != "done":
            if dataset["copy_state"] == "failed" or time.monotonic() > deadline:
                raise PlatformError(f"the data source cannot be read: {dataset.get('errorMessage') or 'no end'}")
            time.sleep(0.05)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None, below: str = "/ext/v1") -> Any:
        request = urllib.request.Request(  # noqa: S310  # our own http address
            f"{self.url}{below}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": self.token, "Content-Type": "application/json"},
        )
        # A proxy of the user's has no business with loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=TIMEOUT) as response:
                content = response.read()
        except urllib.error.HTTPError as error:
            reason = error.read().decode(errors="replace")
            raise PlatformError(f"{method} {path}: {error.code} {reason}") from None
        return json.loads(content) if content else None
