"""examples/automation: a script that makes, changes and removes stacks."""

from collections.abc import Callable

from tests.engine.examples.copies import Copy
from tests.engine.objects import Objects
from tests.secret_search import leaked
from tests.servers.postgresql import PostgreSQL


def test_a_stack_for_each_customer(copy: Callable[..., Copy], objects: Objects, postgresql: PostgreSQL) -> None:
    example = copy("automation", postgresql)
    example.environment["CRM_PASSWORD"] = postgresql.password
    printed = example.follow_readme(skip="--undo")
    assert sorted(objects.names()) == ["acme", "customers", "orders"]
    assert printed.rstrip().endswith(f"connector {objects.all('connectors')['acme']['_id']}")
    state = example.run("pulumi stack export --stack acme --show-secrets")
    assert "CRM_PASSWORD" in state
    assert leaked([postgresql.password], printed + state) == []

    example.follow_readme(skip="acme$")
    assert objects.names() == []
    assert example.run("pulumi stack ls").count("acme") == 0
