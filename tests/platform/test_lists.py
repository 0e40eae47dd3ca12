"""Pages of lists."""

from __future__ import annotations

import pytest

from tests.platform.client import Client, refusal

KINDS = ["/projects", "/projects/{project}/connectors", "/projects/{project}/data-sources"]


def fill(client: Client, path: str, count: int) -> list[str]:
    connector = client.connector() if path.endswith("sources") else {}
    made = []
    for number in range(count):
        name = f"n{number}"
        if path == "/projects":
            made.append(client.post(path, name=name))
        elif path.endswith("connectors"):
            made.append(client.connector(name=name))
        else:
            made.append(client.datasource(connector, name=name, path="p"))
    return [each["_id"] for each in made]


@pytest.mark.parametrize("path", KINDS)
def test_pages_hold_all_objects_oldest_first(hosted: Client, path: str) -> None:
    there = [client_id for client_id in [hosted.project_id] if path == "/projects"]
    ids = there + fill(hosted, path, 7 - len(there))
    seen = []
    for page, (count, more) in enumerate([(3, True), (3, True), (1, False), (0, False)], 1):
        body = hosted.get(path, params={"page": page})
        assert len(body["items"]) == count
        assert body["metaData"] == {"totalItems": 7, "rowsPerPage": 3, "page": page, "nextPage": more}
        seen += [item["_id"] for item in body["items"]]
    assert seen == ids
    assert hosted.get(path) == hosted.get(path, params={"page": 1})


@pytest.mark.parametrize("path", [*KINDS[1:], "/projects/{project}/datasets"])
def test_an_empty_list_has_one_page(hosted: Client, path: str) -> None:
    assert hosted.get(path) == {
        "items": [],
        "metaData": {"totalItems": 0, "rowsPerPage": 3, "page": 1, "nextPage": False},
    }


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e99", "99999999999999999999999"])
def test_a_page_that_cannot_be_is_refused(client: Client, page: str) -> None:
    assert "page" in refusal(client.call("GET", "/projects", params={"page": page}), 400)


def test_a_list_shows_its_project_only(client: Client) -> None:
    client.connector()
    other = client.post("/projects", name="other")["_id"]
    assert client.get(f"/projects/{other}/connectors")["items"] == []
    assert len(client.get("/projects/{project}/connectors")["items"]) == 1
