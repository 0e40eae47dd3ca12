"""Datasets: snapshots that hold exactly the rows of their sources."""

from __future__ import annotations

import csv
import io
import threading
import time
import zipfile
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from previsionio_local import LocalPlatform
from previsionio_local.settings import SourceSettings
from previsionio_local.sources import Connection, Location, open_source

from tests.platform.client import Client, refusal
from tests.platform.scenarios import EVERY_SCENARIO, Scenario, Servers
from tests.platform.test_sources import sql_login
from tests.servers import content, mariadb, postgresql


def download(client: Client, dataset: dict[str, Any], extension: str | None = None) -> bytes:
    query = f"?extension={extension}" if extension else ""
    response = client.call("GET", f"/datasets/{dataset['_id']}/download{query}")
    assert response.status_code == 200, response.text
    return response.content


def parquet_rows(client: Client, dataset: dict[str, Any]) -> list[tuple[Any, ...]]:
    table = pq.read_table(io.BytesIO(download(client, dataset, "parquet")))
    return list(zip(*[column.to_pylist() for column in table.columns], strict=True))


@EVERY_SCENARIO
def test_a_snapshot_holds_exactly_the_rows_of_its_source(sources: Client, scenario: Scenario, servers: Servers) -> None:
    assert scenario.rows
    connector = sources.connector(**scenario.connector(servers(scenario.server)))
    dataset = sources.dataset(sources.datasource(connector, **scenario.location))
    assert dataset["errorMessage"] is None
    states = [dataset[f"{kind}_state"] for kind in ("copy", "describe", "drift", "embeddings")]
    assert states == ["done", "done", "done", "pending"]
    assert (dataset["rows"], dataset["columns"]) == (len(scenario.rows.rows), len(scenario.rows.header))

    text = download(sources, dataset, "csv")
    if scenario.location.get("g_cloud") != "BigQuery":  # which has nine places in each NUMERIC
        assert text == scenario.rows.csv()
    if not scenario.text:
        assert parquet_rows(sources, dataset) == list(scenario.rows.rows)
    with zipfile.ZipFile(io.BytesIO(download(sources, dataset))) as archive:
        (member,) = archive.namelist()
        assert archive.read(member) == text
        assert member == "snapshot.csv"

    sample = sources.get(f"/datasets/{dataset['_id']}/sample")
    assert [column["name"] for column in sample["columns"]] == list(scenario.rows.header)
    assert [str(row[0]) for row in sample["rows"]] == [str(row[0]) for row in scenario.rows.rows]


@pytest.mark.parametrize("server", ["postgresql", "mariadb", "google"])
def test_a_table_without_rows_has_columns(sources: Client, servers: Servers, server: str) -> None:
    there = servers(server)
    if server == "google":
        connector = sources.connector(type="GCP", googleCredentials=there.credentials)
    else:
        connector = sources.connector(**sql_login(there))
    dataset = sources.dataset(sources.datasource(connector, database="shop", table="archive"))
    assert (dataset["copy_state"], dataset["rows"], dataset["columns"]) == ("done", 0, 2)
    assert download(sources, dataset, "csv") == content.ARCHIVE.csv()
    assert sources.get(f"/datasets/{dataset['_id']}/sample")["rows"] == []


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_a_query_gives_its_rows_whatever_is_in_it(sources: Client, servers: Servers, server: str) -> None:
    connector = sources.connector(**sql_login(servers(server)))
    request = "SELECT id, id, name AS \"x%y:z\", ':a %s %(b)s' AS t FROM customers WHERE name LIKE '%Berg%' ;"
    if server == "mariadb":
        request = request.replace('"x%y:z"', "`x%y:z`")
    dataset = sources.dataset(sources.datasource(connector, database="crm", request=request))
    text = download(sources, dataset, "csv").decode()
    assert list(csv.reader(io.StringIO(text))) == [
        ["id", "id_2", "x%y:z", "t"],
        ["6", "6", "Ida 🌊 Berg", ":a %s %(b)s"],
    ]


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_rows_come_in_batches(servers: Servers, server: str) -> None:
    """Memory stays flat, however many rows there are."""
    there = servers(server)
    numbers = "generate_series(1, 45000) AS seq" if server == "postgresql" else "seq_1_to_45000"
    connection = Connection("SQL", there.host, there.port, there.username, there.password)
    with open_source(connection, SourceSettings()) as source:
        batches = source.batches(Location(database="crm", request=f"SELECT seq FROM {numbers}"))
        assert [batch.num_rows for batch in batches] == [20_000, 20_000, 5_000]


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_a_source_is_never_changed(sources: Client, servers: Servers, server: str) -> None:
    there = servers(server)
    login = sql_login(there) | {"username": there.admin_username, "password": there.admin_password}
    connector = sources.connector(**login)
    for request in ("DROP TABLE customers", "DELETE FROM customers", "SELECT 1; DELETE FROM customers"):
        dataset = sources.dataset(sources.datasource(connector, database="crm", request=request))
        assert dataset["copy_state"] == "failed"
    dataset = sources.dataset(sources.datasource(connector, database="crm", request="SELECT * FROM customers"))
    assert dataset["rows"] == len(content.CUSTOMERS.rows)


def test_values_of_postgresql_are_exact(sources: Client, postgresql: postgresql.PostgreSQL) -> None:
    request = """
        SELECT 9223372036854775807 AS big, 0.1::real AS real, 1e300::float8 AS double, 1.10::numeric AS free,
               123456789012345678901234567890.12::numeric(40, 2) AS wide, 'NaN'::numeric AS nan, true AS yes,
               '\\x00ff'::bytea AS bytes, '25:00:00'::interval AS long, '1 mon'::interval AS month,
               '{"b":1,  "a":2}'::json AS json, '{1,NULL,2}'::int[] AS list, '\\\\'::text AS slash,
               '2024-02-29 12:00:00.123456+02'::timestamptz AS moment, '10:11:12.5'::time AS time,
               'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS uuid, NULL AS nothing, 'x'::"char" AS char
    """
    connector = sources.connector(**sql_login(postgresql))
    dataset = sources.dataset(sources.datasource(connector, database="crm", request=request))
    assert dataset["errorMessage"] is None
    with postgresql.connect("crm") as connection:
        cursor = connection.execute(f"SELECT {', '.join(f'v.{name}::text' for name in TEXTS)} FROM ({request}) v")
        expected = cursor.fetchone()
    table = pq.read_table(io.BytesIO(download(sources, dataset, "parquet")))
    (row,) = table.to_pylist()
    assert tuple(row[name] for name in TEXTS) == expected
    assert row["big"] == 9223372036854775807
    assert row["real"] == 0.1
    assert row["double"] == 1e300
    assert str(row["wide"]) == "123456789012345678901234567890.12"
    assert row["yes"] is True
    assert row["bytes"] == b"\x00\xff"
    assert row["moment"].isoformat() == "2024-02-29T10:00:00.123456+00:00"
    assert str(row["time"]) == "10:11:12.500000"
    text = next(csv.DictReader(io.StringIO(download(sources, dataset, "csv").decode())))
    assert text["bytes"] == "00ff"
    assert text["nothing"] == ""


TEXTS = ("free", "nan", "long", "month", "json", "list", "slash", "uuid", "nothing", "char")


def test_values_of_mariadb_are_exact(sources: Client, mariadb: mariadb.MariaDB) -> None:
    request = """
        SELECT CAST(18446744073709551615 AS UNSIGNED) AS big, -9223372036854775808 AS small, 1e300 AS `double`,
               CAST('123456789012345678901234567890.12' AS DECIMAL(40, 2)) AS wide, TIME('-100:00:01.5') AS long_time,
               CAST('0000-00-00' AS DATE) AS zero, UNHEX('00FF') AS bytes, 'é€🌊' AS text, NULL AS nothing,
               CAST('2024-02-29 12:00:00.123456' AS DATETIME(6)) AS moment, JSON_OBJECT('a', 1) AS json
    """
    connector = sources.connector(**sql_login(mariadb))
    dataset = sources.dataset(sources.datasource(connector, database="crm", request=request))
    assert dataset["errorMessage"] is None
    (row,) = pq.read_table(io.BytesIO(download(sources, dataset, "parquet"))).to_pylist()
    assert row["big"] == 18446744073709551615
    assert row["small"] == -9223372036854775808
    assert row["double"] == 1e300
    assert str(row["wide"]) == "123456789012345678901234567890.12"
    assert row["long_time"].startswith("-100:00:01.5")
    assert row["zero"] == "0000-00-00"
    assert row["bytes"] == b"\x00\xff"
    assert row["text"] == "é€🌊"
    assert row["nothing"] is None
    assert row["moment"].isoformat() == "2024-02-29T12:00:00.123456"
    assert row["json"] == '{"a": 1}'


def test_uploads_are_told_apart_by_content(client: Client) -> None:
    table = pa.table({"id": [1, 2], "name": ["Zoë", None]})
    parquet = io.BytesIO()
    pq.write_table(table, parquet)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/b/c.csv", "id,name\n1,Zoë\n2,\n")
    for upload in (parquet.getvalue(), packed.getvalue(), "id,name\n1,Zoë\n2,\n".encode()):
        dataset = client.upload(upload, "always.csv")
        assert download(client, dataset, "csv").decode() == "id,name\n1,Zoë\n2,\n"
    dataset = client.upload(b"a;b\n1;2\n", separator=";", decimal=".", origin="pipeline_output")
    assert dataset["columns"] == 2
    assert dataset["origin"] == "pipeline_output"


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "the file is empty"), (b"a,b\n1\n", "line 2 has 1 field"), (b"PAR1", "Parquet")]
)
def test_a_failed_copy_says_why(client: Client, content: bytes, reason: str) -> None:
    dataset = client.upload(content)
    assert dataset["copy_state"] == "failed"
    assert reason in dataset["errorMessage"]
    for path in ("download", "sample"):
        assert reason in refusal(client.call("GET", f"/datasets/{dataset['_id']}/{path}"), 409)
    client.delete(f"/datasets/{dataset['_id']}")


def test_a_source_that_fails_is_the_reason(client: Client) -> None:
    dataset = client.dataset(client.datasource(client.connector()))
    assert dataset["copy_state"] == "failed"
    assert dataset["errorMessage"] == "cannot reach 127.0.0.1:1: connection refused"


def test_an_unexpected_failure_is_final_and_says_nothing_secret(
    client: Client, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> object:
        raise LookupError("Xq7secretXq7")
        yield

    monkeypatch.setattr("previsionio_local.datasets.routes._rows_of_file", broken)
    dataset = client.upload(b"a\n1\n")
    assert dataset["copy_state"] == "failed"
    assert dataset["errorMessage"] == "the copy failed unexpectedly (LookupError)"
    assert "Xq7" not in capfd.readouterr().err


def test_a_deleted_dataset_leaves_no_rows(platform: LocalPlatform, client: Client) -> None:
    dataset = client.upload(b"a\n1\n")
    (snapshot,) = platform.data.glob("snapshots/*")
    assert dataset["_id"] in snapshot.name
    assert client.call("DELETE", f"/datasets/{dataset['_id']}").status_code == 204
    assert not snapshot.exists()
    refusal(client.call("GET", f"/datasets/{dataset['_id']}/download"), 404)
    refusal(client.call("DELETE", f"/datasets/{dataset['_id']}"), 404)
    client.upload(b"a\n1\n")
    client.delete("/projects/{project}")
    assert list(platform.data.glob("snapshots/*")) == []
    assert list(platform.data.glob("spool/*")) == []


def test_a_copy_ends_when_its_dataset_is_deleted(
    platform: LocalPlatform, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = threading.Event()

    def never_ending(*_: object) -> object:
        batch = pa.record_batch({"a": [1]})
        try:
            while True:
                time.sleep(0.01)
                yield batch
        finally:
            closed.set()

    monkeypatch.setattr("previsionio_local.datasets.routes._rows_of_file", never_ending)
    files = {"file": ("x.csv", b"a\n1\n")}
    made = client.call("POST", "/projects/{project}/datasets/file", files=files, data={"name": "d"}).json()
    assert made["copy_state"] == "pending"
    while client.get(f"/datasets/{made['_id']}")["copy_state"] != "running":
        time.sleep(0.01)
    assert "still being copied" in refusal(client.call("GET", f"/datasets/{made['_id']}/sample"), 409)
    client.delete(f"/datasets/{made['_id']}")
    assert closed.wait(5)
    while list(platform.data.glob("snapshots/*")):
        time.sleep(0.01)


def test_what_a_dataset_needs_is_checked(client: Client) -> None:
    path = "/projects/{project}/datasets/"
    other = client.post("/projects", name="other")["_id"]
    datasource = client.datasource(client.connector())
    body = {"name": "d", "datasource_id": datasource["_id"]}
    assert "datasource_id" in refusal(client.call("POST", f"/projects/{other}/datasets/data-source", json=body), 400)
    assert "datasource_id" in refusal(client.call("POST", f"{path}data-source", json={"name": "d"}), 400)
    assert "file" in refusal(client.call("POST", f"{path}file", data={"name": "d"}), 400)
    assert "name" in refusal(client.call("POST", f"{path}file", files={"file": b"a"}), 400)
    files = {"file": ("x.csv", b"a\n1\n")}
    refusal(client.call("POST", "/projects/0/datasets/file", files=files, data={"name": "d"}), 404)
    dataset = client.upload(b"a\n1\n")
    assert "extension" in refusal(client.call("GET", f"/datasets/{dataset['_id']}/download?extension=exe"), 400)


def test_names_of_datasets_repeat_and_are_safe_as_file_names(client: Client) -> None:
    for _ in range(2):
        dataset = client.upload(b"a\n1\n", name="../é/x\n\"'")
    assert client.get("/projects/{project}/datasets")["metaData"]["totalItems"] == 2
    response = client.call("GET", f"/datasets/{dataset['_id']}/download")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.namelist() == [".._é_x___.csv"]
    assert response.headers["Content-Disposition"].endswith(".zip")


def test_a_sample_has_ten_rows_at_most(client: Client) -> None:
    dataset = client.upload(b"n\n" + b"\n".join(b"%d" % number for number in range(100)))
    assert client.get(f"/datasets/{dataset['_id']}/sample") == {
        "columns": [{"name": "n"}],
        "rows": [[str(number)] for number in range(10)],
    }
