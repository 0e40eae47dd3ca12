"""Connections are real: each kind of connector and data source against its server."""

from __future__ import annotations

from typing import Any

import pytest
from previsionio_local import LocalPlatform

from tests.platform.client import UNREACHABLE, Client, client_of, refusal
from tests.platform.scenarios import EVERY_SCENARIO, EVERY_SERVER, Scenario, Servers
from tests.servers import content, mariadb, postgresql


@EVERY_SERVER
def test_the_right_login_gets_in(sources: Client, scenario: Scenario, servers: Servers) -> None:
    connector = sources.connector(**scenario.connector(servers(scenario.server)))
    answer = sources.post(f"/connectors/{connector['_id']}/test")
    assert answer == {"status": 200, "message": ["Connection successful"]}


@EVERY_SERVER
def test_a_wrong_login_is_a_reason(sources: Client, scenario: Scenario, servers: Servers) -> None:
    body = scenario.wrong_login(servers(scenario.server))
    connector = sources.connector(**body)
    message = refusal(sources.call("POST", f"/connectors/{connector['_id']}/test"), 400)
    assert message.startswith("access denied for ")
    assert "Xq7" not in message
    assert "PRIVATE KEY" not in message


@pytest.mark.parametrize("kind", ["SQL", "FTP", "SFTP"])
@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (UNREACHABLE, "cannot reach 127.0.0.1:1: connection refused"),
        ({"host": "no.such.host.invalid", "port": 5000}, "cannot reach no.such.host.invalid:5000: "),
        ({"host": "\x00", "port": 5000}, "cannot reach"),
        ({"host": "x" * 300, "port": 5000}, "cannot reach"),
    ],
)
def test_an_unreachable_host_is_a_reason(client: Client, kind: str, address: dict[str, Any], reason: str) -> None:
    connector = client.connector(type=kind, **address)
    assert reason in refusal(client.call("POST", f"/connectors/{connector['_id']}/test"), 400)
    assert reason in refusal(client.call("GET", f"/connectors/{connector['_id']}/databases"), 400) or kind != "SQL"


def test_an_unreachable_service_is_a_reason(servers: Servers) -> None:
    nowhere = "http://127.0.0.1:1"
    google = servers("google")
    gone = google.credentials | {"token_uri": f"{nowhere}/token"}
    with (
        LocalPlatform(s3_endpoint=nowhere, gcs_endpoint=nowhere, bigquery_endpoint=nowhere) as platform,
        client_of(platform) as client,
    ):
        s3 = client.connector(type="S3", username="key", password="hush-hush")["_id"]
        gcp = client.connector(type="GCP", googleCredentials=google.credentials)["_id"]
        without_token = client.connector(type="GCP", googleCredentials=gone)["_id"]
        for method, path in [
            ("POST", f"/connectors/{s3}/test"),
            ("GET", f"/connectors/{gcp}/buckets"),
            ("GET", f"/connectors/{gcp}/databases"),
            ("POST", f"/connectors/{without_token}/test"),
        ]:
            message = refusal(client.call(method, path), 400)
            assert message.startswith(f"cannot reach {nowhere}")
            assert message.endswith("connection refused")


@pytest.mark.parametrize(
    ("kind", "server"),
    [
        ("SQL", "ftp"),
        ("SQL", "sftp"),
        ("FTP", "sftp"),
        ("FTP", "postgresql"),
        ("FTP", "mariadb"),
        ("SFTP", "ftp"),
        ("SFTP", "postgresql"),
        ("SFTP", "mariadb"),
    ],
)
def test_another_kind_of_server_is_a_reason(servers: Servers, client: Client, kind: str, server: str) -> None:
    there = servers(server)
    connector = client.connector(type=kind, host=there.host, port=there.port)
    message = refusal(client.call("POST", f"/connectors/{connector['_id']}/test"), 400)
    assert f"{there.host}:{there.port}" in message


@EVERY_SCENARIO
def test_what_a_source_holds_is_listed(sources: Client, scenario: Scenario, servers: Servers) -> None:
    connector = sources.connector(**scenario.connector(servers(scenario.server)))
    for listing, names in scenario.lists.items():
        items = sources.get(f"/connectors/{connector['_id']}{listing}")["items"]
        assert set(names) <= set(items)
        assert all(isinstance(item, str) for item in items)


@EVERY_SERVER
def test_what_a_kind_does_not_have_is_refused(sources: Client, scenario: Scenario, servers: Servers) -> None:
    connector = sources.connector(**scenario.connector(servers(scenario.server)))
    path = f"/connectors/{connector['_id']}"
    offered = sources.call("OPTIONS", path).headers["Prevision-Local"].split(", ")
    for listing in {"buckets", "databases", "paths"} - set(offered):
        assert "has no" in refusal(sources.call("GET", f"{path}/{listing}"), 400)
    if "tables" not in offered:
        assert "has no" in refusal(sources.call("GET", f"{path}/databases/x/tables"), 400)
    if "buckets" in offered:
        assert "which bucket" in refusal(sources.call("GET", f"{path}/paths"), 400)


@EVERY_SCENARIO
def test_a_source_that_is_there_is_found(sources: Client, scenario: Scenario, servers: Servers) -> None:
    connector = sources.connector(**scenario.connector(servers(scenario.server)))
    assert sources.post(f"/connectors/{connector['_id']}/verify", **scenario.location) == {"found": True}
    datasource = sources.datasource(connector, **scenario.location)
    assert sources.post(f"/data-sources/{datasource['_id']}/test")["status"] == 200


@EVERY_SCENARIO
def test_a_misspelt_source_names_the_right_one(sources: Client, scenario: Scenario, servers: Servers) -> None:
    connector = sources.connector(**scenario.connector(servers(scenario.server)))
    for field, wrong in scenario.misspelt.items():
        response = sources.call("POST", f"/connectors/{connector['_id']}/verify", json=dict(wrong))
        refusal(response, 422)
        assert response.json()["field"] == field
        right = {"database": "crm", "table": "customers", "request": "customers", "bucket": "crm-exports"}
        assert response.json()["candidates"][0] == right.get(field, "customers.csv")
        datasource = sources.datasource(connector, **wrong)
        tested = sources.call("POST", f"/data-sources/{datasource['_id']}/test")
        assert refusal(tested, 400) == refusal(response, 422)
        assert tested.json()["candidates"] == response.json()["candidates"]


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
@pytest.mark.parametrize(
    "request_text",
    [
        "SELECT 1; DROP TABLE customers",
        "SELEC 1",
        "SELECT nme FROM customers",
        "SELECT * FROM customers WHERE",
        "SELECT '\x00",
    ],
)
def test_a_wrong_query_is_refused_by_the_source(
    sources: Client, servers: Servers, server: str, request_text: str
) -> None:
    connector = sources.connector(**sql_login(servers(server)))
    body = {"database": "crm", "request": request_text}
    response = sources.call("POST", f"/connectors/{connector['_id']}/verify", json=body)
    assert "request" in refusal(response, 422)
    assert response.json()["field"] == "request"


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_verifying_a_query_does_not_run_it(sources: Client, servers: Servers, server: str) -> None:
    slow = "SELECT pg_sleep(60)" if server == "postgresql" else "SELECT SLEEP(60)"
    connector = sources.connector(**sql_login(servers(server)))
    assert sources.post(f"/connectors/{connector['_id']}/verify", database="crm", request=slow) == {"found": True}


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_databases_with_odd_names_are_listed_and_used(sources: Client, servers: Servers, server: str) -> None:
    there = servers(server)
    odd = "a/b %41'\"`ü?&#"
    make_odd_database(there, odd)
    login = sql_login(there) | {"username": there.admin_username, "password": there.admin_password}
    connector = sources.connector(**login)
    path = f"/connectors/{connector['_id']}"
    assert odd in sources.get(f"{path}/databases")["items"]
    quoted = "a%2Fb%20%2541%27%22%60%C3%BC%3F%26%23"
    assert sources.get(f"{path}/databases/{quoted}/tables")["items"] == [odd]
    # The vendor's SDK does not escape the slash.
    assert sources.get(f"{path}/databases/{quoted.replace('%2F', '/')}/tables")["items"] == [odd]
    assert sources.post(f"{path}/verify", database=odd, table=odd) == {"found": True}
    dataset = sources.dataset(sources.datasource(connector, database=odd, table=odd))
    assert (dataset["copy_state"], dataset["rows"]) == ("done", 1)


def test_tables_in_other_schemas_have_its_name(sources: Client, postgresql: postgresql.PostgreSQL) -> None:
    make_odd_database(postgresql, "schemas")
    with postgresql.connect_as_administrator("schemas") as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS sales")
        connection.execute("CREATE OR REPLACE VIEW sales.leads AS SELECT 1 AS id")
        connection.execute('GRANT USAGE ON SCHEMA sales TO "reader"')
        connection.execute('GRANT SELECT ON sales.leads, public.schemas TO "reader"')
    connector = sources.connector(**sql_login(postgresql))
    path = f"/connectors/{connector['_id']}"
    assert "sales.leads" in sources.get(f"{path}/databases/schemas/tables")["items"]
    for table in ("sales.leads", "public.schemas"):
        assert sources.post(f"{path}/verify", database="schemas", table=table) == {"found": True}
    response = sources.call("POST", f"{path}/verify", json={"database": "schemas", "table": "leads"})
    assert response.json()["candidates"] == ["sales.leads"]
    dataset = sources.dataset(sources.datasource(connector, database="schemas", table="sales.leads"))
    assert dataset["rows"] == 1


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_a_forbidden_database_is_a_reason(sources: Client, servers: Servers, server: str) -> None:
    connector = sources.connector(**sql_login(servers(server)))
    body = {"database": content.FORBIDDEN_DATABASE, "table": "x"}
    response = sources.call("POST", f"/connectors/{connector['_id']}/verify", json=body)
    assert content.FORBIDDEN_DATABASE in refusal(response, 422)
    assert response.json()["field"] == "database"


@pytest.mark.parametrize("server", ["ftp", "sftp"])
def test_a_path_may_start_at_the_root(sources: Client, servers: Servers, server: str) -> None:
    there = servers(server)
    body = {"host": there.host, "port": there.port, "username": there.username, "password": there.password}
    connector = sources.connector(type=server.upper(), **body)
    path = f"/connectors/{connector['_id']}/verify"
    assert sources.post(path, path=there.path("customers.csv")) == {"found": True}
    response = sources.call("POST", path, json={"path": "exports/2024"})
    assert "is a folder" in refusal(response, 422)
    response = sources.call("POST", path, json={"path": "orders.csv"})
    assert response.json()["candidates"][0] == "exports/2024/orders.csv"


@pytest.mark.parametrize("path", ["a\nb", "a\r\nDELE customers.csv", "a\x00b", "../../etc/passwd", "x://y", "."])
@pytest.mark.parametrize("server", ["ftp", "sftp"])
def test_a_path_that_cannot_be_is_not_found(sources: Client, servers: Servers, server: str, path: str) -> None:
    there = servers(server)
    body = {"host": there.host, "port": there.port, "username": there.username, "password": there.password}
    connector = sources.connector(type=server.upper(), **body)
    refusal(sources.call("POST", f"/connectors/{connector['_id']}/verify", json={"path": path}), 422)


def sql_login(server: Any) -> dict[str, Any]:
    login = {"host": server.host, "port": server.port, "username": server.username, "password": server.password}
    return {"type": "SQL", "name": "sql", **login}


def make_odd_database(server: postgresql.PostgreSQL | mariadb.MariaDB, name: str) -> None:
    """A database and a table of that name, with one row; once a run, whichever worker comes first."""
    if isinstance(server, mariadb.MariaDB):
        quoted = "`" + name.replace("`", "``") + "`"
        with server.connect_as_administrator() as mysql, mysql.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS {quoted}")
            cursor.execute(f"CREATE OR REPLACE VIEW {quoted}.{quoted} AS SELECT 1 AS id")
        return
    quoted = '"' + name.replace('"', '""') + '"'
    with server.connect_as_administrator() as connection:
        connection.autocommit = True
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(f"CREATE DATABASE {quoted}".encode())
    with server.connect_as_administrator(name) as connection:
        connection.execute(f"CREATE OR REPLACE VIEW {quoted} AS SELECT 1 AS id".encode())
