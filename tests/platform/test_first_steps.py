"""The first steps alone: what the command prints leads on, its help is quick, and its status shows the objects."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from previsionio_local import LocalPlatform
from previsionio_local import __main__ as main

from tests.measured import unmeasured
from tests.platform.client import FTP, Client, client_of
from tests.platform.processes import command
from tests.secret_search import planted


def status(data: Path, token: str = "") -> tuple[int, str]:
    run = CliRunner(env={"PREVISION_MASTER_TOKEN": token}).invoke(main.command, ["status", "--data", str(data)])
    return run.exit_code, run.output


def test_what_it_prints_leads_on_and_stays_the_same(tmp_path: Path) -> None:
    data = tmp_path / "a folder"
    seen = []
    for _ in range(2):
        with command(data) as (_, printed):
            url, link = re.findall(r"http://\S+", printed)[:2]
            page = requests.get(link, timeout=5)
            assert page.url == f"{url}/"
            assert "<h1>default</h1>" in page.text
            assert "Sign in" in requests.get(link, timeout=5).text  # once

            lines = [line.strip() for line in printed.splitlines()]
            settings = [line for line in lines if line.startswith("pulumi config set ")]
            file = data / "token"
            assert f"token        in {file}" in lines
            assert settings[0] == f"pulumi config set previsionio:url {url}"
            assert settings[1] == f"pulumi config set --secret previsionio:token < '{file}'"
            client = Client(url, file.read_text())
            with client.session:
                assert client.get(f"/projects/{settings[2].split()[-1]}")["name"] == "default"
            assert file.read_text() not in printed
            seen.append(settings)
    assert seen[0] == seen[1]


def test_help_imports_nothing_heavy() -> None:
    light = {"click", "previsionio_local"}
    script = (
        "import sys\n"
        "from previsionio_local import __main__\n"
        "try: __main__.main()\n"
        "except SystemExit as end: assert end.code == 0\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names), file=sys.stderr)\n"
    )
    for arguments in (["--help"], ["status", "--help"]):
        run = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            env=unmeasured(),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert "--data" in run.stdout
        loaded = {name for name in re.findall(r"'([^']+)'", run.stderr) if not name.startswith(("_", "sitecustomize"))}
        assert loaded == light


def test_status_shows_the_objects_and_a_link(tmp_path: Path) -> None:
    secret = planted()
    with LocalPlatform(tmp_path) as platform, client_of(platform) as client:
        connector = client.connector(password=secret, name="files\x1b[31m")
        client.datasource(connector)
        client.call("POST", f"/connectors/{connector['_id']}/test")
        client.upload(b"a,b\n1,2\n")
        platform.seed(connectors=[FTP | {"name": f"c{number}"} for number in range(250)])
        (tmp_path / "address").write_text(platform.url)
        code, told = status(tmp_path)
        before = CliRunner(env={"PREVISION_MASTER_TOKEN": ""}).invoke(main.command, ["--data", str(tmp_path), "status"])
    assert code == 0, told
    assert before.output.splitlines()[2:] == told.splitlines()[2:]
    assert "connector files" not in told
    for line in (
        r"project default \([0-9a-f]{24}\)",
        r"    c249 +FTP reader@127\.0\.0\.1:1  not tested",
        r"    and 51 more",
        r"    data  customers\.csv  not tested",
        r"    upload  1 rows, 2 columns, \d+ bytes  works|    upload .*  done",
    ):
        assert re.search(line, told), told
    assert not re.search("[\x00-\x09\x0b-\x1f]", told)
    assert secret not in told


def test_status_of_what_does_not_run_is_one_line(tmp_path: Path) -> None:
    for _ in range(2):
        code, told = status(tmp_path)
        assert (code, told.count("\n")) == (1, 1)
        assert str(tmp_path) in told
        with LocalPlatform(tmp_path) as platform:
            (tmp_path / "address").write_text(platform.url)
            code, told = status(tmp_path, "another")
            assert (code, told.count("\n")) == (1, 1)
            assert "401" in told


def test_the_default_folder_is_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert str(tmp_path / "previsionio-local") in CliRunner().invoke(main.command, ["status"]).output
