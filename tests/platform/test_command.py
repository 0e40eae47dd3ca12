"""The command `previsionio-local`."""

from __future__ import annotations

import signal
from pathlib import Path

from click.testing import CliRunner
from previsionio_local import LocalPlatform
from previsionio_local import __main__ as main

from tests.platform.client import Client, refusal
from tests.platform.processes import address, command
from tests.secret_search import leaked, planted, planted_in_ascii


def test_it_says_nothing_more_and_ends_when_told(tmp_path: Path) -> None:
    with command(tmp_path) as (process, printed):
        client = Client(address(printed), (tmp_path / "token").read_text())
        with client.session:
            assert client.get("/projects")["items"]
            client.call("GET", "/events", stream=True).close()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")


def test_options_and_environment_are_used(tmp_path: Path) -> None:
    environment = {"PREVISION_MASTER_TOKEN": "mine-alone", "PREVISIONIO_LOCAL_S3_ENDPOINT": "http://127.0.0.1:1"}
    with command(tmp_path, "--no-update", "--page-size", "7", environment=environment) as (process, printed):
        client = Client(address(printed), "mine-alone")
        with client.session:
            page = client.get("/projects")
            client.project_id = page["items"][0]["_id"]
            assert page["metaData"]["rowsPerPage"] == 7
            assert client.call("PUT", "/projects/{project}", json={"name": "x"}).status_code == 405
            s3 = client.post("/projects/{project}/connectors", type="S3", name="s3", username="u", password="hush")
            test = client.call("POST", f"/connectors/{s3['_id']}/test")
            assert refusal(test, 400) == "cannot reach http://127.0.0.1:1: connection refused"
        assert "printenv PREVISION_MASTER_TOKEN | pulumi config set --secret previsionio:token" in printed
        assert "mine-alone" not in printed
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert not (tmp_path / "token").exists()


def test_a_folder_in_use_and_a_port_in_use_are_one_line(tmp_path: Path) -> None:
    with LocalPlatform(tmp_path) as platform:
        port = platform.url.rsplit(":", 1)[1]
        other = tmp_path / "other"
        other.mkdir()
        (other / "address").write_text(platform.url)  # the port that it had last
        for data, options in ((tmp_path, []), (other, ["--port", port]), (other, [])):
            run = CliRunner().invoke(main.command, ["--data", str(data), *options])
            assert run.exit_code == 1
            assert run.stdout == ""
            assert "in use" in run.stderr
            assert run.stderr.count("\n") == 1


def test_secrets_are_not_logged(tmp_path: Path) -> None:
    secret, token = planted(), planted_in_ascii()
    with command(tmp_path, environment={"PREVISION_MASTER_TOKEN": token}) as (process, printed):
        client = Client(address(printed), token)
        with client.session:
            client.project_id = client.get("/projects")["items"][0]["_id"]
            for kind in ("SQL", "FTP", "SFTP"):
                connector = client.connector(type=kind, password=secret)
                refusal(client.call("POST", f"/connectors/{connector['_id']}/test"), 400)
            google = {"type": "service_account", "private_key": secret}
            connector = client.connector(type="GCP", googleCredentials=google)
            refusal(client.call("POST", f"/connectors/{connector['_id']}/test"), 400)
            client.dataset(client.datasource(connector, bucket="b", path="p"))
        process.terminate()
        out, err = process.communicate(timeout=10)
    assert leaked([secret, token], out, err) == []
