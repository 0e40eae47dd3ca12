"""examples/sql_source: a component whose parts live on their own."""

from collections.abc import Callable

from previsionio_local import LocalPlatform

from tests.engine.examples.copies import Copy
from tests.engine.objects import Objects
from tests.secret_search import leaked
from tests.servers.postgresql import PostgreSQL


def test_adding_and_removing_a_table_touches_nothing_else(
    copy: Callable[..., Copy], platform: LocalPlatform, objects: Objects, postgresql: PostgreSQL
) -> None:
    source = copy("sql_source", postgresql)
    printed = source.follow_readme({"password": postgresql.password})
    assert leaked([postgresql.password], printed) == []
    assert sorted(objects.names()) == ["big-orders", "crm", "customers"]
    assert set(source.outputs()["datasourceIds"]) == {"big-orders", "customers"}

    source.edit("__main__.py", '["customers"]', '["customers", "orders"]')
    platform.clear_calls()
    added = source.up(preview=True)
    assert added.changes == added.announced.changes == {"crm-orders": "create"}
    writes = [(call.method, call.path) for call in platform.calls() if call.method not in ("GET", "OPTIONS")]
    assert writes == [("POST", f"/projects/{platform.project_id}/data-sources")]

    source.edit("__main__.py", '["customers", "orders"]', '["orders"]')
    assert source.up().changes == {"crm-customers": "delete"}
    assert sorted(objects.names()) == ["big-orders", "crm", "orders"]

    assert set(source.destroy().changes.values()) == {"delete"}
    assert objects.names() == []
