"""Inputs as people write them, and answers as platforms give them, on one stack."""

from tests.engine.pulumi_cli import Stack
from tests.engine.test_engine_memory import fake, shared_fake, stack
from tests.unit.fake_platform import FakePlatform
from tests.unit.scripted_server import Answer

__all__ = ["fake", "shared_fake", "stack"]

BAD = r"""
import pulumi_previsionio as previsionio
previsionio.SQLConnector("bad", host="https://db.example:5432/crm", port=5432, username="a\0b", password="   ")
"""
GOOD = """
import pulumi_previsionio as previsionio
web = previsionio.FTPConnector("web", host="https://myserver.com", username="u", password=PASSWORD)
six = previsionio.SFTPConnector("six", host="[::1]", username="u", password="pass-word")
previsionio.FTPConnector("open", host="ftp.example", username="anonymous", password="")
"""
ORDERS = """
previsionio.Datasource("orders", connector=web, path="/in/orders.csv")
"""


def error(run: object) -> str:
    return "\n".join(getattr(run, "errors", ()))


def test_inputs_as_people_write_them_and_answers_as_platforms_give_them(stack: Stack, fake: FakePlatform) -> None:
    refusal = error(stack.preview(BAD, expect_failure=True))
    for words in (
        "host: must hold no port",
        "username: must not hold the character NUL",
        "password: must not be blank",
    ):
        assert words in refusal
    assert fake.objects["connectors"] == {}

    # A run that leaves the connector out says so of the program's own argument.
    urn = "urn:pulumi:dev::test::pulumi-python:dynamic/previsionio:Datasource::orders"
    refusal = error(stack.up(f"{GOOD.replace('PASSWORD', repr('x'))}{ORDERS}", "--target", urn, expect_failure=True))
    assert "connector: its id is not there" in refusal
    assert "--target" in refusal
    assert fake.objects["connectors"] == {}

    def good(password: str = "pass-word") -> str:
        return GOOD.replace("PASSWORD", repr(password))

    stack.up(good())
    by_name = {item["name"]: item for item in fake.objects["connectors"].values()}
    web, six = by_name["web"], by_name["six"]
    assert (web["host"], six["host"]) == ("myserver.com", "::1")
    web["host"], six["host"] = "https://myserver.com", "[::1]"  # as the vendor's guides and other clients write them
    assert stack.changes_to_come() == {}

    # A test that could not be made says nothing of the connection.
    fake.fault("POST", f"/connectors/{web['_id']}/test", Answer(302, headers={"Location": "https://sso.example/"}))
    refusal = error(stack.up(good("another-word"), expect_failure=True))
    assert "the connection could not be tested: the address" in refusal
    assert "redirects to https://sso.example" in refusal
    assert "The old values are back" in refusal

    # An object without the id that was asked for, and a list that lies about its length, delete nothing.
    fake.fault("GET", f"/connectors/{web['_id']}", Answer(200, {"_id": "5ea1", "name": "web"}), times=9)
    fake.fault(
        "GET", "/connectors", Answer(200, {"items": [], "metaData": {"totalItems": 10**6, "rowsPerPage": 50}}), times=99
    )
    refusal = error(stack.refresh(expect_failure=True))
    assert "the answer is not the connector that was asked for" in refusal
    fake._faults.clear()

    meta = {"totalItems": 1, "rowsPerPage": 50, "nextPage": False}
    exporters = {"items": [{"_id": "5ea3", "name": "nightly", "connector_id": web["_id"]}], "metaData": meta}
    fake.fault("GET", "/exporters", Answer(200, exporters), times=9)
    refusal = error(stack.destroy("--continue-on-error", expect_failure=True))
    assert "FTPConnector 'web' is still used by 1 exporter: 'nightly' (5ea3)" in refusal
    fake._faults.clear()
    stack.destroy()
    assert fake.objects["connectors"] == {}
