"""Secrets stay secret, wherever the engine, the provider and the platform write something, and when they fail, too."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from previsionio_local import LocalPlatform

from tests.engine.messages import errors, the_error
from tests.engine.pulumi_cli import Run, Stack
from tests.platform.client import Client, Json
from tests.secret_search import files, leaked, planted, planted_in_ascii

SECRETS = {
    where: planted()
    for where in (
        "text",
        "secret configuration",
        "secret output",
        "variable",
        "file",
        "access key",
        "private key",
        "private key id",
        "key as base64",
        "rotated",
        "refused",
    )
} | {"token": planted_in_ascii()}
"""How each secret gets in, and its value."""

PROGRAM = """
import json, os
import pulumi, pulumi_previsionio as previsionio

config = pulumi.Config()
given = json.loads(os.environ["GIVEN"])
login = dict(host=given["host"], username="u", test_connection=False)

previsionio.SQLConnector("text", port=3306, password=given["text"], **login)
files = previsionio.FTPConnector("configured", password=config.require_secret("password"), **login)
previsionio.SFTPConnector("output", password=pulumi.Output.secret(given["secret output"]), **login)
previsionio.FTPConnector("variable", password=previsionio.from_env("PLANTED"), **login)
previsionio.FTPConnector("file", password=previsionio.from_file(given["file"]), **login)
previsionio.S3Connector("s3", access_key_id="AKIA", secret_access_key=given["access key"], test_connection=False)
key = config.require_secret_object("key")
previsionio.GCPConnector("gcp", google_credentials=key, test_connection=False)
previsionio.GCPConnector("base64", google_credentials=given["key as base64"], test_connection=False)
previsionio.Datasource("export", connector=files, path="p", verify_source=False)
if "refused" in given:
    login = dict(host="127.0.0.1", port=1, username="u")
    previsionio.FTPConnector("refused", password=given["refused"], **login)

explicit = previsionio.Provider("explicit", url=os.environ["PREVISION_URL"], token=given["token"],
                                project_id=os.environ["PREVISION_PROJECT_ID"])
with_explicit = pulumi.ResourceOptions(provider=explicit)
previsionio.FTPConnector("explicit", password=given["text"], **login, opts=with_explicit)
pulumi.export("files", files.password)
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder for everything that the test hands in itself, and that no search looks at."""
    folder = tmp_path / "handed in"
    folder.mkdir()
    return folder


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Client]:
    """A local platform in a process of its own, with its log in a file."""
    token = SECRETS["token"]
    log = tmp_path / "platform" / "log"
    log.parent.mkdir()
    with log.open("w") as output:
        command = [sys.executable, "-m", "previsionio_local", "--data", str(tmp_path / "platform" / "data")]
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, "PREVISION_MASTER_TOKEN": token}
        )
        try:
            while not (ready := re.search(r"ready at (\S+)\n", log.read_text())):
                assert process.poll() is None, log.read_text()
            client = Client(ready[1], token)
            client.project_id = client.local("GET", "/project").json()["project_id"]
            yield client
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def faults(client: Client, *rules: Json) -> None:
    assert client.local("PUT", "/faults", json=[{"times": None, **rule} for rule in rules]).ok


def found(*places: str | bytes) -> set[str]:
    """Which of the secrets the places hold."""
    leaks = leaked(SECRETS.values(), *places)
    return {where for where, secret in SECRETS.items() if secret in leaks}


def test_no_secret_is_written_anywhere_in_the_clear(
    new_stack: Callable[..., Stack], process: Client, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "secret").write_text(SECRETS["file"])
    key = {
        "type": "service_account",
        "project_id": "acme",
        "client_email": "a@example.org",
        "private_key": SECRETS["private key"],
        "private_key_id": SECRETS["private key id"],
    }
    given = {
        **{name: SECRETS[name] for name in ("text", "secret output", "access key")},
        "key as base64": base64.b64encode(
            json.dumps({**key, "private_key": SECRETS["key as base64"]}).encode()
        ).decode(),
        "file": str(place / "secret"),
        "host": "ftp.example",
        "token": process.token,
    }
    stack = new_stack("stack")
    (stack.home / "tmp").mkdir()
    stack.environment |= {
        "PREVISION_URL": process.url,
        "PREVISION_MASTER_TOKEN": process.token,
        "PREVISION_PROJECT_ID": process.project_id,
        "PLANTED": SECRETS["variable"],
        "TMPDIR": str(stack.home / "tmp"),
    }
    stack.config("password", SECRETS["secret configuration"], secret=True)
    stack.config("key", json.dumps(key), secret=True)
    stack.config("previsionio:token", process.token, secret=True)
    stack.program(PROGRAM)
    runs: dict[str, Run] = {}

    def give(**changes: str) -> None:
        stack.environment["GIVEN"] = json.dumps({**given, **changes})

    def echo(method: str, status: int, path: str = "") -> dict[str, Any]:
        return {"action": "echo_secret", "method": method, "status": status, "path": path, "times": None}

    def up_with_preview() -> Run:
        return stack.up(None, "--diff", "-d", "--continue-on-error", preview=True, expect_failure=True)

    give(refused=SECRETS["refused"])
    runs["preview as JSON"] = stack.preview(None, "--json")
    faults(process, echo("POST", 400, "/connectors$"))
    runs["creations refused with an echo"] = up_with_preview()
    faults(process)
    runs["half a success"] = stack.up(None, "--continue-on-error", "--show-config", "--show-sames", expect_failure=True)
    give(text=SECRETS["rotated"], host="elsewhere.example")
    faults(process, echo("PUT", 500))
    runs["updates that fail with an echo"] = up_with_preview()
    faults(process)
    runs["update, engine's own log"] = stack.up(None, "--diff", "-v=9", "--logtostderr")
    runs["refresh"] = stack.refresh("--diff", "-d")
    runs["invalid"] = stack.preview(PROGRAM.replace('given["text"]', '{"a": given["text"]}'), "-d", expect_failure=True)
    runs["program fails"] = stack.preview(PROGRAM.replace('username="u"', "username=None"), expect_failure=True)
    for command in ("stack export", "stack output --json", "stack --show-urns --show-ids", "config", "stack history"):
        runs[command] = stack.cli(*command.split())

    with_secrets = found(json.dumps(stack.export(show_secrets=True)))
    assert with_secrets >= SECRETS.keys() - {"variable", "file", "refused", "token", "text"}  # it finds what is there
    assert with_secrets.isdisjoint({"variable", "file"})  # never in a state at all
    places = dict(files(stack.home, tmp_path / "platform"))
    runs["destroy, engine's own log"] = stack.destroy("-v=9", "--logtostderr")
    places |= dict(files(stack.home, tmp_path / "platform"))
    places |= {name: without_engine_rpc(run).encode() for name, run in runs.items()}

    assert {name: leaks for name, data in places.items() if (leaks := found(data))} == {}
    with capsys.disabled():
        print(f"\n{len(SECRETS)} secrets, {len(runs)} runs, {len(places)} places searched")


def without_engine_rpc(run: Run) -> str:
    """All that a run let out, but for the engine's own account of its calls.

    With `-v=9` the engine writes down each property of each call between it, the program and the provider, secret ones
    in the clear (pulumi/sdk, go/common/resource/plugin/rpc.go): what no provider can keep it from.
    """
    return "\n".join(line for line in run.everything.splitlines() if not ENGINE_RPC.match(line))


ENGINE_RPC = re.compile(r'\{"time":"[^"]*","level":"INFO","msg":"(?:Unm|M)arshaling property for RPC\[')


REFERENCES = """
import pulumi_previsionio as previsionio

login = dict(host="h", username="u", test_connection=False)
by_variable = previsionio.FTPConnector("by-variable", password=previsionio.from_env("PASSWORD"), **login)
by_file = previsionio.FTPConnector("by-file", password=previsionio.from_file("password.txt"), **login)
by_text = previsionio.FTPConnector("by-text", password=PASSWORD, **login)
for name, connector in {"one": by_variable, "two": by_file, "three": by_text}.items():
    previsionio.Datasource(name, connector=connector, path="p", verify_source=False)
"""


def test_a_rotated_secret_touches_nothing_but_its_connector(stack: Stack, platform: LocalPlatform) -> None:
    file = stack.folder / "password.txt"
    file.write_text("old-secret\n")
    stack.environment["PASSWORD"] = "old-secret"
    text = "PASSWORD = 'old-secret'" + REFERENCES
    stack.up(text)
    ids = {name: state["id"] for name, state in stack.resources().items()}

    def only(name: str, preview: bool = False) -> None:
        platform.clear_calls()
        assert (stack.up_as_previewed() if preview else stack.up()).changes == {name: "update"}
        path, project = f"/connectors/{ids[name]}", f"/projects/{platform.project_id}"
        *asked, change = [(call.method, call.path) for call in platform.calls()]
        assert asked == [("GET", project), ("OPTIONS", path)] * (1 + preview)
        assert change == ("PUT", path)

    stack.environment["PASSWORD"] = "new-secret"
    only("by-variable", preview=True)
    file.write_text("new-secret\n")
    only("by-file")
    text = text.replace("old-secret", "new-secret")
    stack.program(text)
    only("by-text")
    # The same value given in another way is a matter of the state alone.
    stack.program(text.replace("'new-secret'", "__import__('pulumi_previsionio').from_env('PASSWORD')"))
    platform.clear_calls()
    assert stack.up_as_previewed().changes == {"by-text": "update"}
    assert platform.calls() == []


def test_a_secret_that_is_not_there_fails_the_preview(stack: Stack, platform: LocalPlatform) -> None:
    text = "PASSWORD = 'old-secret'" + REFERENCES.replace("by_file =", "#")
    text = text.replace('"two": by_file, ', "")
    stack.environment["PASSWORD"] = "old-secret"
    stack.up(text)
    del stack.environment["PASSWORD"]
    platform.clear_calls()

    assert the_error(stack.preview(expect_failure=True)).endswith(
        "password: the environment variable PASSWORD is not set"
    )
    # Neither reading nor deleting needs it.
    assert stack.refresh().changes == {}
    assert stack.destroy().changes.keys() == {"by-variable", "by-text", "one", "three"}


def test_what_is_no_text_is_refused_as_a_secret(stack: Stack) -> None:
    text = "PASSWORD = {}" + REFERENCES.replace("by_", "#by_").replace("#by_text =", "by_text =")
    text = text[: text.index("for name")]
    message = errors(stack.preview(text, expect_failure=True))["by-text"]
    assert "password: must be text. An empty object in its place is what a stack reference gives" in message
