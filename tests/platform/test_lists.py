"""Pages of lists."""

from __future__ import annotations

import json

import pytest
from previsionio_local import LocalPlatform
from previsionio_local.errors import PlatformError
from previsionio_local.positions import Change, Positions

from tests.platform.client import FTP, Client, refusal

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


def test_an_item_of_a_page_is_what_reading_it_gives(client: Client) -> None:
    name = "a\0b\x1f\"\\/'\u2028\x7f\u00e9\U0001f600\n\t"
    project = client.post("/projects", name=name)["_id"]
    client.project_id = project
    connector = client.connector(name=name)
    client.dataset(client.datasource(connector, name=name, path=name), name)
    client.connector(type="GCP", googleCredentials={"a": 1}, host="", port=None, username=None, password=None)
    for kind in ("connectors", "data-sources", "datasets"):
        page = client.call("GET", f"/projects/{{project}}/{kind}").text
        single = [client.call("GET", f"/{kind}/{item['_id']}").text for item in json.loads(page)["items"]]
        assert json.loads(page)["items"][0]["name"] == name
        assert page.startswith(f'{{"items":[{",".join(single)}],')
    assert client.call("GET", "/projects/{project}").text in client.call("GET", "/projects").text


@pytest.mark.parametrize("path", [*KINDS[1:], "/projects/{project}/datasets"])
def test_an_empty_list_has_one_page(hosted: Client, path: str) -> None:
    assert hosted.get(path) == {
        "items": [],
        "metaData": {"totalItems": 0, "rowsPerPage": 3, "page": 1, "nextPage": False},
    }


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e99", "99999999999999999999999"])
def test_a_page_that_cannot_be_is_refused(client: Client, page: str) -> None:
    assert "page" in refusal(client.call("GET", "/projects", params={"page": page}), 400)


def test_a_list_that_was_asked_for_knows_what_changed_since(hosted: Client, hosted_platform: LocalPlatform) -> None:
    path = "/projects/{project}/connectors"

    def listed() -> list[str]:
        pages = [hosted.get(path, params={"page": page}) for page in (1, 2, 3)]
        assert {page["metaData"]["totalItems"] for page in pages} == {sum(len(page["items"]) for page in pages)}
        return [item["_id"] for page in pages for item in page["items"]]

    assert listed() == []
    ids = fill(hosted, path, 5)
    assert listed() == ids
    for place in (1, -1):  # in the middle, and the newest, whose number is given again
        hosted.delete(f"/connectors/{ids.pop(place)}")
        assert listed() == ids
    ids += fill(hosted, path, 1)
    ids += hosted_platform.seed(connectors=[FTP, FTP])["connectors"]
    assert listed() == ids
    with pytest.raises(PlatformError):
        hosted_platform.seed(connectors=[FTP], data_sources=[{"connector_id": "0", "name": "n", "path": "p"}])
    assert listed() == ids
    projects = hosted.get("/projects")["metaData"]["totalItems"]
    hosted.delete("/projects/{project}")
    assert hosted.get("/projects")["metaData"]["totalItems"] == projects - 1
    hosted.local("GET", "/project")  # it comes back under its id
    assert listed() == []
    fill(hosted, path, 2)
    assert len(listed()) == 2
    hosted_platform.reset()
    assert listed() == []


def test_what_was_read_before_a_change_is_not_kept() -> None:
    positions = Positions()
    key = ("connectors", "p")
    version = positions.version
    positions.change([Change(key, 3, is_there=True)])  # by somebody else, while the list is read
    assert list(positions.keep(key, [1, 2], version)) == [1, 2]
    assert positions.get(key) is None
    assert list(positions.keep(key, [1, 2, 3], positions.version)) == [1, 2, 3]
    # The list had seen it already, since a change is told after it was stored.
    positions.change([Change(key, 3, is_there=True), Change(key, 2, is_there=False), Change(key, 2, is_there=False)])
    assert list(positions.get(key) or ()) == [1, 3]


def test_a_list_shows_its_project_only(client: Client) -> None:
    client.connector()
    other = client.post("/projects", name="other")["_id"]
    assert client.get(f"/projects/{other}/connectors")["items"] == []
    assert len(client.get("/projects/{project}/connectors")["items"]) == 1
