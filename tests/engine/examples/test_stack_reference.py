"""examples/stack_reference: what one stack exports, secrets included, another one links."""

import json
from collections.abc import Callable

from tests.engine.examples.copies import Copy
from tests.engine.messages import errors
from tests.engine.objects import Objects
from tests.secret_search import leaked
from tests.servers.postgresql import PostgreSQL


def test_a_secret_crosses_from_stack_to_stack(
    copy: Callable[..., Copy], objects: Objects, postgresql: PostgreSQL
) -> None:
    stack = copy("stack_reference", postgresql, part="previsionio")
    printed = stack.follow_readme({"password": postgresql.password})
    assert objects.names() == ["crm", "customers"]
    assert objects.all("connectors")["crm"]["port"] == postgresql.port
    assert leaked([postgresql.password], printed + json.dumps(stack.export())) == []
    assert stack.preview().changes == {}


def test_a_secret_that_cannot_be_decrypted_is_refused_with_the_reason(
    copy: Callable[..., Copy], objects: Objects, postgresql: PostgreSQL
) -> None:
    stack = copy("stack_reference", postgresql, part="previsionio")
    stack.environment["PULUMI_CONFIG_PASSPHRASE"] = "the database's own passphrase"
    stack.follow_readme({"password": postgresql.password}, skip="-C previsionio")
    del stack.environment["PULUMI_CONFIG_PASSPHRASE"]

    stack.run("pulumi -C previsionio stack init dev")
    messages = errors(stack.preview(expect_failure=True))
    assert list(messages) == ["crm"]
    assert "password: must be text. An empty object in its place is what a stack reference gives" in messages["crm"]
    assert "is its passphrase or secrets provider the same?" in messages["crm"]
    assert objects.names() == []
