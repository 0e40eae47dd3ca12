"""Projects and their users."""

from __future__ import annotations

import time

import pytest

from tests.platform.client import Client, refusal


def test_a_project_is_made_and_shown(client: Client) -> None:
    before = int(time.time())
    made = client.post("/projects", name="crm", description="Customers", color="#112233")
    assert made == client.get(f"/projects/{made['_id']}")
    assert made["name"] == "crm"
    assert made["description"] == "Customers"
    assert made["color"] == "#112233"
    # Without these four the vendor's SDK cannot read the answer.
    assert {"created_by", "admins", "contributors", "pipelines_count"} <= made.keys()
    assert len(made["_id"]) == 24
    assert before <= int(made["_id"][:8], 16) <= time.time()


@pytest.mark.parametrize("nothing", [None, ""])
def test_null_and_empty_are_the_same_as_missing(client: Client, nothing: str | None) -> None:
    made = client.post("/projects", name="crm", description=nothing, color=nothing)
    assert made["description"] is None
    assert made["color"] == "#a748f5"
    assert "name" in refusal(client.call("POST", "/projects", json={"name": nothing}), 400)


def test_a_slash_at_the_end_is_no_redirect(client: Client) -> None:
    response = client.call("POST", "/projects/", json={"name": "crm"}, allow_redirects=False)
    assert response.status_code == 200


def test_names_are_not_unique(client: Client) -> None:
    first, second = (client.post("/projects", name="crm")["_id"] for _ in range(2))
    assert first != second


def test_deleting_a_project_deletes_all_that_is_in_it(client: Client) -> None:
    connector = client.connector()
    datasource = client.datasource(connector)
    dataset = client.upload(b"a,b\n1,2\n")
    assert client.call("DELETE", "/projects/{project}").status_code == 204
    for path in (
        f"/connectors/{connector['_id']}",
        f"/data-sources/{datasource['_id']}",
        f"/datasets/{dataset['_id']}",
        "/projects/{project}",
        "/projects/{project}/connectors",
        "/projects/{project}/users",
    ):
        refusal(client.call("GET", path), 404)
    refusal(client.call("DELETE", "/projects/{project}"), 404)


def test_a_project_has_one_user_who_stays(client: Client) -> None:
    (user,) = client.get("/projects/{project}/users")
    assert user["projectRole"] == "admin"
    path = f"/projects/{{project}}/users/{user['id']}"
    assert client.put(path, projectRole="admin")["_id"] == client.project_id
    assert "at least one admin" in refusal(client.call("PUT", path, json={"projectRole": "viewer"}), 400)
    assert "at least one admin" in refusal(client.call("DELETE", path), 400)
    stranger = {"email": "somebody@example.org", "projectRole": "viewer"}
    assert "account" in refusal(client.call("POST", "/projects/{project}/users", json=stranger), 400)
