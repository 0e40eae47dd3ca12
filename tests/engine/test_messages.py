"""What is shown when things fail: one line for each failure, and nothing else."""

from previsionio_local import LocalPlatform

from tests.engine.messages import errors
from tests.engine.pulumi_cli import Stack
from tests.secret_search import leaked
from tests.servers.process import free_ports

FAILING = """
import pulumi_previsionio as previsionio

for number in range(5):
    files = previsionio.FTPConnector(f"files-{number}", host="127.0.0.1", port=PORT, username="u", password="pass-word")
    previsionio.Datasource(f"export-{number}", connector=files, path="p")
"""


def test_failures_at_the_same_time_are_all_told_and_nothing_else(stack: Stack, platform: LocalPlatform) -> None:
    (closed,) = free_ports(1)
    platform.latency(0.5)  # so that all are under way when the first one fails
    failed = stack.up(FAILING.replace("PORT", str(closed)), expect_failure=True)
    assert errors(failed) == {
        f"files-{number}": f"FTPConnector 'files-{number}': the connection does not work: "
        f"cannot reach 127.0.0.1:{closed}: connection refused"
        for number in range(5)
    }
    assert {diagnostic.severity for diagnostic in failed.diagnostics} == {"error"}
    assert "KeyboardInterrupt" not in failed.everything
    assert failed.stderr.strip() == ""


def test_all_that_is_wrong_with_a_resource_is_told_at_once(stack: Stack) -> None:
    failed = stack.up(
        """
        import pulumi, pulumi_previsionio as previsionio
        later = pulumi.Output.from_input({"host": "ftp://ftp.example/x", "port": 70000})
        previsionio.SQLConnector("wrong", host=later["host"], port=later["port"], username=later.apply(lambda _: ""),
                                 password=later.apply(lambda _: ["secret-1"]), name=later.apply(lambda _: 5))
        """,
        preview=True,
        expect_failure=True,
    )
    whose = "pulumi-python:dynamic/previsionio:SQLConnector resource 'wrong' has a problem: "
    assert failed.errors == [
        f"{whose}host: must hold no path; a data source names it",
        f"{whose}port: must be a whole number from 1 to 65535",
        f"{whose}username: must not be empty",
        f"{whose}password: must be text",
        f"{whose}name: must be text",
    ]
    assert leaked(["secret-1"], failed.everything) == []
