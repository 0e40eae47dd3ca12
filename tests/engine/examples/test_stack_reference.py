"""examples/stack_reference: what one stack exports, secrets included, another one links."""

import json
from collections.abc import Callable

from tests.engine.examples.copies import Copy
from tests.engine.messages import errors
from tests.engine.objects import Objects
from tests.secret_search import leaked
from tests.servers.postgresql import PostgreSQL


def test_a_secret_crosses_from_stack_to_stack_where_it_can_be_decrypted(
    copy: Callable[..., Copy], objects: Objects, postgresql: PostgreSQL
) -> None:
    stack = copy("stack_reference", postgresql, part="previsionio")
    printed = stack.follow_readme({"password": postgresql.password})
    assert objects.names() == ["crm", "customers"]
    assert objects.all("connectors")["crm"]["port"] == postgresql.port
    assert leaked([postgresql.password], printed + json.dumps(stack.export())) == []
    assert stack.preview().changes == {}

    # A stack with a passphrase of its own cannot decrypt it: refused, with the reason.
    stack.run("pulumi -C previsionio stack rm dev --force --yes")
    stack.environment["PULUMI_CONFIG_PASSPHRASE"] = "another passphrase than the database's"
    stack.run("pulumi -C previsionio stack init dev")
    messages = errors(stack.preview(expect_failure=True))
    assert list(messages) == ["crm"]
    assert "password: must be text. An empty object in its place is what a stack reference gives" in messages["crm"]
    assert "is its passphrase or secrets provider the same?" in messages["crm"]
    assert objects.names() == ["crm", "customers"]
