"""A create that fails leaves nothing behind, and says so when it had to."""

from previsionio_local import LocalPlatform

from tests.engine.messages import errors, the_error
from tests.engine.objects import Objects
from tests.engine.programs import connector, datasource, program
from tests.engine.pulumi_cli import Stack
from tests.servers.process import free_ports
from tests.servers.proftpd import FTP


def test_nothing_half_made_stays(stack: Stack, platform: LocalPlatform, objects: Objects, ftp: FTP) -> None:
    (closed,) = free_ports(1)
    platform.faults(
        [
            # Nothing to look the source up with, so that only its test tells; and that fails.
            {"action": "status", "status": 501, "method": "POST", "path": "/verify$", "times": None},
            {"action": "status", "status": 200, "method": "GET", "path": "/paths$", "body": '{"items": false}'},
            {"action": "status", "status": 500, "method": "POST", "path": "^/data-sources/.*/test$", "times": None},
            {"action": "status", "status": 400, "method": "POST", "path": "^/projects$", "body": REFUSAL},
        ]
    )
    failed = stack.up(
        program(
            connector("FTPConnector", "files", ftp),
            connector("FTPConnector", "closed", ftp, port=closed),
            datasource("untestable", "files", path=ftp.path("readme.txt")),
            "previsionio.Project('refused')",
        ),
        "--continue-on-error",
        expect_failure=True,
    )
    platform.faults()
    messages = errors(failed)
    assert messages.keys() == {"closed", "untestable", "refused"}
    assert messages["closed"].startswith("FTPConnector 'closed': the connection does not work: cannot reach 127.0.0.1:")
    assert "the source could not be tested: the platform failed (500)" in messages["untestable"]
    assert "name: is taken; color: is ugly (400)" in messages["refused"]
    assert objects.names() == ["files"]
    assert list(stack.resources()) == ["files"]
    assert stack.pending_operations() == []


REFUSAL = '{"status": 400, "message": ["name: is taken", "color: is ugly"]}'


def test_what_cannot_be_removed_again_is_named(
    stack: Stack, platform: LocalPlatform, objects: Objects, ftp: FTP
) -> None:
    platform.faults([{"action": "status", "status": 500, "method": "DELETE", "path": "^/connectors/", "times": None}])
    failed = stack.up(program(connector("FTPConnector", "files", ftp, password="wrong")), expect_failure=True)
    (left,) = objects.all("connectors").values()
    assert the_error(failed).startswith("FTPConnector 'files': the connection does not work: access denied")
    assert f"The half-made FTP connector {left['_id']} could not be deleted and is still on the platform" in the_error(
        failed
    )
    assert the_error(failed).endswith("Delete it there before the next `pulumi up`")
    assert stack.resources() == {}
