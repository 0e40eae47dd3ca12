"""The stand-ins for Google Cloud check signed tokens as Google does, and hold what `content` says."""

import pytest
import requests
from google.api_core.exceptions import NotFound
from google.auth.exceptions import RefreshError

from tests.servers.google_cloud import GoogleCloud


def test_storage_holds_the_known_objects(google: GoogleCloud) -> None:
    with google.storage_client() as client:
        bucket = client.bucket(google.bucket)
        assert {blob.name for blob in bucket.list_blobs()} == set(google.files)
        for name, data in google.files.items():
            assert bucket.blob(name).download_as_bytes() == data
        assert not list(client.bucket(google.empty_bucket).list_blobs())


def test_bigquery_holds_the_known_tables(google: GoogleCloud) -> None:
    with google.bigquery_client() as client:
        assert {item.dataset_id for item in client.list_datasets()} >= set(google.datasets)
        for dataset, tables in google.datasets.items():
            assert {item.table_id for item in client.list_tables(dataset)} == {table.name for table in tables}
            for table in tables:
                rows = client.list_rows(client.get_table(f"{client.project}.{dataset}.{table.name}"))
                assert [field.name for field in rows.schema] == list(table.header)
                assert [row.values() for row in rows] == list(table.rows)


def test_bigquery_runs_queries(google: GoogleCloud) -> None:
    with google.bigquery_client() as client:
        assert [row.values() for row in client.query_and_wait("SELECT COUNT(*) FROM crm.orders")] == [(1000,)]


def test_google_refuses_what_it_should(google: GoogleCloud) -> None:
    wrong_key = google.credentials_with_wrong_key()
    with google.storage_client(wrong_key) as client, pytest.raises(RefreshError, match="invalid_grant"):
        list(client.list_buckets())
    with google.bigquery_client(wrong_key) as client, pytest.raises(RefreshError, match="invalid_grant"):
        list(client.list_datasets())
    stranger = google.credentials | {"client_email": "nobody@example.org"}
    with google.storage_client(stranger) as client, pytest.raises(RefreshError, match="account not found"):
        list(client.list_buckets())
    unsigned = requests.get(f"{google.endpoint}/storage/v1/b", headers={"Authorization": "Bearer made-up"}, timeout=10)
    assert unsigned.status_code == 401


def test_google_misses_what_is_not_there(google: GoogleCloud) -> None:
    with google.storage_client() as client:
        for bucket, name in ((google.bucket, "custmers.csv"), ("nowhere", "customers.csv")):
            with pytest.raises(NotFound):
                client.bucket(bucket).blob(name).download_as_bytes()
    with google.bigquery_client() as client:
        for table in ("crm.custmers", "nowhere.customers"):
            with pytest.raises(NotFound):
                client.get_table(table)
