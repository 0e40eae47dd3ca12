"""examples/connectors: every kind and every shape, with secrets that no state holds."""

import json
from collections.abc import Callable

import yaml
from previsionio_local import LocalPlatform

from tests.engine.examples.copies import Copy
from tests.engine.objects import Objects
from tests.engine.programs import Server
from tests.secret_search import leaked
from tests.servers.google_cloud import GoogleCloud
from tests.servers.mariadb import MariaDB
from tests.servers.proftpd import FTP, SFTP
from tests.servers.seaweedfs import S3


def test_every_kind_connects(
    copy: Callable[..., Copy],
    clouds: LocalPlatform,
    mariadb: MariaDB,
    ftp: FTP,
    sftp: SFTP,
    s3: S3,
    google: GoogleCloud,
) -> None:
    example, objects = copy("connectors"), Objects(clouds)
    example.aim(clouds)
    file = example.folder / "Pulumi.dev.yaml"
    content = yaml.safe_load(file.read_text())
    servers: dict[str, Server] = {"sql": mariadb, "ftp": ftp, "sftp": sftp}
    for kind, server in servers.items():
        content["config"][f"previsionio-connectors:{kind}"] |= {
            "host": server.host,
            "port": server.port,
            "username": server.username,
        }
    content["config"]["previsionio-connectors:s3AccessKeyId"] = s3.username
    file.write_text(yaml.safe_dump(content))
    key = example.home / "key.json"
    key.write_text(json.dumps(google.credentials, indent=2))
    passwords = {f"{kind.upper()}_PASSWORD": server.password for kind, server in servers.items()}
    passwords["S3_SECRET_ACCESS_KEY"] = s3.password
    example.environment |= {**passwords, "GOOGLE_APPLICATION_CREDENTIALS": str(key)}

    printed = example.follow_readme()
    assert sorted(objects.all("connectors")) == ["amazon", "database", "files", "google", "vault"]
    assert len(objects.all("data-sources")) == 7
    secrets = [*passwords.values(), google.credentials["private_key"]]
    assert leaked(secrets, printed + json.dumps(example.export(show_secrets=True))) == []
    assert example.preview().changes == {}
    assert set(example.destroy().changes.values()) == {"delete"}
    assert objects.names() == []
