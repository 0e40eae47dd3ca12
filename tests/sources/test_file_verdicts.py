"""What a look-up accepts can be read, and what it refuses cannot: over every shape of a file, on real servers."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests
from previsionio_local import LocalPlatform

from tests.platform.client import Client, client_of, refusal
from tests.servers.process import unprivileged_user
from tests.servers.proftpd import FTP, FTPS, SFTP
from tests.servers.seaweedfs import S3

GOOD = b"id,name\n1,Zo\xc3\xab\n"
LONG = b"id,name\n" + b"1,2\n" * 40_000
NOISE = os.urandom(100_000)


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"a": [NOISE, NOISE[1:], NOISE[2:]]}), out)
    return out.getvalue()


CONTENTS: dict[str, tuple[bytes, str | None]] = {
    "good": (GOOD, None),
    "long": (LONG, None),
    "packed": (gzip.compress(LONG), None),
    # What tells lies behind the beginning that every look-up reads.
    "zip": (zipped(readme=NOISE, **{"a.csv": GOOD}), None),
    "zip of two": (zipped(noise=NOISE, **{"a.csv": GOOD, "b.csv": GOOD}), "holds 2 files, and only one can be read"),
    "zip of ragged": (zipped(noise=NOISE, **{"a.csv": b"a,b\n1\n"}), "line 2 has 1 field"),
    "cut zip": (zipped(noise=NOISE, **{"a.csv": GOOD})[:-30], "the ZIP file cannot be read"),
    "parquet": (parquet(), None),
    "cut parquet": (parquet()[:-30], "the file cannot be read"),
    "empty": (b"", "the file is empty"),
    "ragged": (b"a,b\n1\n", "line 2 has 1 field"),
    "utf-16": ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
    "binary": (bytes(range(256)) * 4, "NUL"),
}
"""Content, and what is said of it; None if it can be read."""

FOLDERS = {"open": (0o755, None), "shut": (0o000, "may not be read"), "enter only": (0o311, None)}
"""Permissions of the folder around a file, and what is said of a readable file in it."""

SHAPES = ("file", "no permission", "link", "broken link", "link to a folder", "folder", "missing")


class Tree:
    """Files of all shapes in all folders below the login folder of a server."""

    def __init__(self, home: Path) -> None:
        self.name = f"verdicts {uuid.uuid4().hex[:8]}"
        self.root = home / self.name
        self.cases: dict[str, str | None] = {}
        for folder, (_, verdict) in FOLDERS.items():
            for shape in SHAPES:
                self._make(folder, shape, verdict)
        old = os.fsencode(self.root) + b"/open/caf\xe9.csv"
        with open(old, "wb") as file:  # noqa: PTH123 - a name that is not UTF-8
            file.write(GOOD)
        if user := unprivileged_user():
            for path in (self.root, *self.root.rglob("*")):
                if not path.is_symlink():
                    os.chown(os.fsencode(path), *user)
        for folder, (mode, _) in FOLDERS.items():
            (self.root / folder).chmod(mode)

    def _make(self, folder: str, shape: str, around: str | None) -> None:
        for content, (data, verdict) in CONTENTS.items():
            if content != "good" and (folder != "open" or shape != "file"):
                continue  # what is not opened has no content
            path = self.root / folder / f"{shape}, {content}"
            path.parent.mkdir(parents=True, exist_ok=True)
            target = path.with_name(f"target of {path.name}")
            verdicts = {"no permission": "may not be read", "broken link": "no file", "missing": "no file"}
            if shape in ("file", "no permission"):
                path.write_bytes(data)
                path.chmod(0o000 if shape == "no permission" else 0o644)
            elif shape == "link":
                target.write_bytes(data)
                path.symlink_to(target.name)
            elif shape == "broken link":
                path.symlink_to(target.name)
            elif "folder" in shape:
                verdicts[shape] = "is a folder"
                (target if "link" in shape else path).mkdir()
                if "link" in shape:
                    path.symlink_to(target.name)
            # Behind a shut door nobody can tell what is there.
            known = around if around else verdicts.get(shape, verdict)
            self.cases[f"{self.name}/{folder}/{path.name}"] = known

    def remove(self) -> None:
        for folder in FOLDERS:
            (self.root / folder).chmod(0o755)
        shutil.rmtree(os.fsencode(self.root))


@pytest.fixture(params=["ftp", "sftp", "openssh"])
def server(request: pytest.FixtureRequest) -> FTP | SFTP:
    found: FTP | SFTP = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def tree(server: FTP | SFTP) -> Iterator[Tree]:
    tree = Tree(Path(server.home))
    yield tree
    tree.remove()


@pytest.fixture
def client() -> Iterator[Client]:
    with LocalPlatform() as platform, client_of(platform) as client:
        yield client


def test_all_agree_on_every_file(
    client: Client, server: FTP | SFTP, tree: Tree, count: Callable[[str, int], None]
) -> None:
    connector = client.connector(
        type="SFTP" if isinstance(server, SFTP) else "FTP",
        **{name: getattr(server, name) for name in ("host", "port", "username", "password")},
    )
    datasets = {}
    for path in tree.cases:
        verified = client.call("POST", f"/connectors/{connector['_id']}/verify", json={"path": path})
        datasource = client.datasource(connector, path=path)
        tested = client.call("POST", f"/data-sources/{datasource['_id']}/test")
        made = client.start_dataset(datasource)
        datasets[path] = made, reason(verified), reason(tested)
    differing = []
    for path, (dataset, verified, tested) in datasets.items():
        copied = client.copied(dataset)["errorMessage"]
        wanted = tree.cases[path]
        agreed = verified == tested == copied
        right = copied is None if wanted is None else copied and (wanted in copied or path.split("/")[1] == "shut")
        if not (agreed and right):
            differing.append((path, wanted, verified, tested, copied))
    assert differing == []
    count("files in folders of all permissions", len(datasets))
    assert len(datasets) == len(FOLDERS) * len(SHAPES) + len(CONTENTS) - 1

    paths = client.get(f"/connectors/{connector['_id']}/paths")
    assert paths["complete"] is False
    readable = {path for path, verdict in tree.cases.items() if verdict is None and "/open/" in path}
    assert readable <= set(paths["items"])
    old = f"{tree.name}/open/café.csv"
    assert old in paths["items"]
    assert client.post(f"/connectors/{connector['_id']}/verify", path=old) == {"found": True}
    assert client.dataset(client.datasource(connector, path=old))["rows"] == 1


def test_an_ftp_server_that_wants_tls_gets_it(client: Client, ftps: FTPS) -> None:
    """ProFTPD also wants the session of the control connection for the data."""
    login = {name: getattr(ftps, name) for name in ("host", "port", "username", "password")}
    connector = client.connector(type="FTP", **login)
    assert client.post(f"/connectors/{connector['_id']}/test")["status"] == 200
    paths = client.get(f"/connectors/{connector['_id']}/paths")
    assert paths == {"items": sorted(ftps.files), "complete": True}
    for path in ("customers.csv", "exports/été à Paris/clients.csv"):
        dataset = client.dataset(client.datasource(connector, path=path))
        assert dataset["errorMessage"] is None
    wrong = client.connector(type="FTP", **login | {"password": "wrong"})
    message = refusal(client.call("POST", f"/connectors/{wrong['_id']}/test"), 400)
    assert message == "access denied for user 'reader'"


def test_all_agree_on_every_object(s3: S3, count: Callable[[str, int], None]) -> None:
    bucket = f"verdicts-{uuid.uuid4().hex[:8]}"
    writer = s3.client()
    writer.create_bucket(Bucket=bucket)
    for content, (data, _) in CONTENTS.items():
        writer.put_object(Bucket=bucket, Key=content, Body=data)
    labels = {"labeled gzip": (gzip.compress(GOOD), "gzip"), "labeled br": (b"\x0b\x02\x80", "br")}
    for key, (data, encoding) in labels.items():
        writer.put_object(Bucket=bucket, Key=key, Body=data, ContentEncoding=encoding)
    wanted = {content: verdict for content, (_, verdict) in CONTENTS.items()}
    wanted |= {"labeled gzip": None, "labeled br": "Content-Encoding is br", "missing": "no object"}
    with LocalPlatform(s3_endpoint=s3.endpoint) as platform, client_of(platform) as client:
        for user, denied in ((s3.username, None), (s3.lister, "access denied")):
            connector = client.connector(type="S3", username=user, password=s3.password)
            for key, verdict in wanted.items():
                location = {"bucket": bucket, "path": key}
                expected = denied or verdict
                verified = reason(client.call("POST", f"/connectors/{connector['_id']}/verify", json=location))
                datasource = client.datasource(connector, **location)
                tested = reason(client.call("POST", f"/data-sources/{datasource['_id']}/test"))
                copied = client.dataset(datasource)["errorMessage"]
                assert verified == tested == copied
                assert (copied is None) if expected is None else (expected in copied)
    count("objects", 2 * len(wanted))


def reason(answer: requests.Response) -> Any:
    return None if answer.status_code == 200 else answer.json()["message"][0]
