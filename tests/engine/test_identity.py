"""Another address in the settings never touches strangers that happen to have the same ids."""

from collections.abc import Callable

from previsionio_local import LocalPlatform

from tests.engine.messages import errors
from tests.engine.programs import connector, datasource, program
from tests.engine.pulumi_cli import Run, Stack
from tests.servers.proftpd import FTP


def test_another_address_is_refused_by_every_operation(
    stack: Stack, platform: LocalPlatform, replacing_platform: LocalPlatform, ftp: FTP
) -> None:
    files = program(connector("FTPConnector", "files", ftp), datasource("export", "files", path="/customers.csv"))
    stack.up(files)
    before = {name: resource["outputs"] for name, resource in stack.resources(show_secrets=True).items()}
    stack.environment["PREVISION_URL"] = replacing_platform.url
    stack.environment["PREVISION_MASTER_TOKEN"] = replacing_platform.token
    platform.clear_calls()

    changed = files.replace("/customers.csv", "/readme.txt")
    runs: list[Callable[[], Run]] = [
        lambda: stack.preview(files, expect_failure=True),
        lambda: stack.up(changed, expect_failure=True),
        lambda: stack.refresh(expect_failure=True),
        lambda: stack.destroy(expect_failure=True),
    ]
    for run in runs:
        messages = errors(run())
        assert messages
        for name, message in messages.items():
            assert f"was made on {platform.url}, but the settings now name {replacing_platform.url}" in message, name
            assert "nothing was touched" in message
    assert {name: resource["outputs"] for name, resource in stack.resources(show_secrets=True).items()} == before
    assert platform.calls() == []
    assert replacing_platform.calls() == []
