"""Does the source of a data source exist? Asked before anything is made."""

import concurrent.futures
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_previsionio import PlatformError
from pulumi_previsionio._core.context import Context
from pulumi_previsionio._core.kind import SOURCE_INPUTS
from pulumi_previsionio._core.source_verification import location_of
from pulumi_previsionio._core.values import Values

from tests.unit.examples import quick
from tests.unit.fake_platform import PROJECT, FakePlatform
from tests.unit.scripted_server import Answer

SHAPES: dict[str, tuple[str, dict[str, str]]] = {
    "table": ("SQL", {"database": "crm", "table": "customers"}),
    "query": ("SQL", {"database": "crm", "request": "select 1"}),
    "file": ("FTP", {"path": "/customers.csv"}),
    "object": ("S3", {"bucket": "b", "path": "customers.csv"}),
    "BigQuery table": ("GCP", {"g_cloud": "BigQuery", "database": "crm", "table": "customers"}),
    "Storage object": ("GCP", {"g_cloud": "Storage", "bucket": "b", "path": "customers.csv"}),
}
BY_EXTENSION = {name: SHAPES[name] for name in SHAPES if name not in ("table", "file")}


def source(fake: FakePlatform, type_: str, **inputs: str) -> Values:
    """A data source behind a connector that exists."""
    return {"connector_id": fake.store("connectors", type=type_, project_id=PROJECT), **inputs}


def test_a_table_that_is_there(fake: FakePlatform, context: Context) -> None:
    values = source(fake, "SQL", database="crm", table="customers")

    assert context.sources.problems(values) == []
    assert context.sources.is_verified(values)
    assert fake.calls == [f"GET /connectors/{values['connector_id']}/databases/crm/tables"]


@pytest.mark.parametrize(
    ("table", "hint"),
    [
        ("custmers", "Did you mean 'customers'? (2 tables; list them with list_tables)"),
        ("CUSTOMER", "Did you mean 'customers'? (2 tables; list them with list_tables)"),
        ("zzz", "Nothing there is spelt alike (2 tables; list them with list_tables)"),
    ],
)
def test_a_table_that_is_not_there_names_the_nearest(
    table: str, hint: str, fake: FakePlatform, context: Context
) -> None:
    values = source(fake, "SQL", database="crm", table=table)

    assert context.sources.problems(values) == [f"table: {table!r} is not in database 'crm'. {hint}"]
    assert not context.sources.is_verified(values)


def test_a_table_of_another_schema_is_not_there_and_never_its_own_suggestion(
    fake: FakePlatform, context: Context
) -> None:
    fake.databases["crm"] = ["public.customers", "sales.Customers", "sales.customers"]

    assert context.sources.problems(source(fake, "SQL", database="crm", table="sale.customers")) == [
        "table: 'sale.customers' is not in database 'crm'. Did you mean 'sales.Customers' or 'sales.customers' or "
        "'public.customers'? (3 tables; list them with list_tables)"
    ]


def test_a_table_beyond_the_list_is_looked_up_where_the_platform_offers_it(
    fake: FakePlatform, context: Context
) -> None:
    fake.extensions = "verify"
    fake.unknown_sources["secrets"] = "table: no right to read 'secrets'"

    assert context.sources.problems(source(fake, "SQL", database="crm", table="sys.tables")) == []
    assert context.sources.problems(source(fake, "SQL", database="crm", table="secrets")) == [
        "table: no right to read 'secrets'"
    ]


@pytest.mark.parametrize(("asked", "listed"), [("customers", "public.customers"), ("public.customers", "customers")])
def test_a_table_under_another_way_to_write_its_schema_is_left_to_the_test(
    asked: str, listed: str, fake: FakePlatform, context: Context
) -> None:
    fake.databases["crm"] = [listed]
    values = source(fake, "SQL", database="crm", table=asked)

    assert context.sources.problems(values) == []
    assert not context.sources.is_verified(values)


def test_a_database_that_is_not_there_names_the_nearest(fake: FakePlatform, context: Context) -> None:
    assert context.sources.problems(source(fake, "SQL", database="cmr", table="customers")) == [
        "database: 'cmr' is not there. Did you mean 'crm'? (1 databases; list them with list_databases)"
    ]


def test_a_table_and_a_database_are_quoted_in_the_path(fake: FakePlatform, context: Context) -> None:
    fake.databases["a/b c"] = ["t"]

    assert context.sources.problems(source(fake, "SQL", database="a/b c", table="t")) == []
    assert fake.calls[0].endswith("/databases/a%2Fb%20c/tables")


@pytest.mark.parametrize(
    "path", ["/customers.csv", "customers.csv", "./customers.csv", "//customers.csv", "in/orders.csv"]
)
def test_a_file_that_is_there_however_its_path_is_written(path: str, fake: FakePlatform, context: Context) -> None:
    values = source(fake, "FTP", path=path)

    assert context.sources.problems(values) == []
    assert context.sources.is_verified(values)


def test_a_file_that_is_not_there_names_the_nearest(fake: FakePlatform, context: Context) -> None:
    assert context.sources.problems(source(fake, "SFTP", path="/custmers.csv")) == [
        "path: '/custmers.csv' is not there. Did you mean '/customers.csv'? (2 files)"
    ]


@pytest.mark.parametrize("items", [False, None, [], [{"path": "/customers.csv"}]])
def test_paths_that_the_platform_does_not_list_as_text_are_left_to_the_test(
    items: Any, fake: FakePlatform, context: Context
) -> None:
    fake.paths = items
    values = source(fake, "FTP", path="/x.csv")

    assert context.sources.problems(values) == []
    assert not context.sources.is_verified(values)


@pytest.mark.parametrize("shape", BY_EXTENSION)
def test_other_shapes_are_left_to_the_test_where_the_platform_has_no_look_up(
    shape: str, fake: FakePlatform, context: Context
) -> None:
    type_, inputs = SHAPES[shape]
    values = source(fake, type_, **inputs)

    assert context.sources.problems(values) == []
    assert not context.sources.is_verified(values)
    assert fake.calls == [f"OPTIONS /connectors/{values['connector_id']}"]


@pytest.mark.parametrize(
    "answer", [Answer(302, headers={"Location": "/login"}), Answer(404, b"<html>"), Answer(403, {})]
)
def test_a_platform_that_answers_the_question_in_its_own_way_has_no_look_up(
    answer: Answer, fake: FakePlatform, context: Context
) -> None:
    fake.fault("OPTIONS", "/connectors/.*", answer)

    assert context.sources.problems(source(fake, "S3", bucket="b", path="p")) == []


@pytest.mark.parametrize("shape", BY_EXTENSION)
def test_other_shapes_are_looked_up_where_the_platform_offers_it(
    shape: str, fake: FakePlatform, context: Context
) -> None:
    fake.extensions = "databases, verify"
    type_, inputs = SHAPES[shape]
    values = source(fake, type_, **inputs)

    assert context.sources.problems(values) == []
    assert context.sources.is_verified(values)
    assert fake.requests[-1].json == inputs

    other = {**values, list(inputs)[-1]: "misspelt"}
    fake.unknown_sources["misspelt"] = "it is not there. Did you mean 'spelt'?"
    assert context.sources.problems(other) == ["it is not there. Did you mean 'spelt'?"]
    assert not context.sources.is_verified(other)


def test_a_file_beyond_what_the_platform_lists_is_looked_up_by_itself(fake: FakePlatform, context: Context) -> None:
    """A list of files starts at the login folder and may stop at some length."""
    fake.extensions = "verify"
    values = source(fake, "FTP", path="../elsewhere/x.csv")

    assert context.sources.problems(values) == []
    assert fake.calls[-1] == f"POST /connectors/{values['connector_id']}/verify"


@pytest.mark.parametrize(("shape", "type_"), [("table", "FTP"), ("file", "SQL"), ("query", "S3"), ("object", "SFTP")])
def test_a_shape_that_the_connector_does_not_serve_is_told_when_the_platform_refuses(
    shape: str, type_: str, fake: FakePlatform, context: Context
) -> None:
    fake.extensions = "verify"
    refusal = Answer(400, {"message": "not for this kind of connector"})
    for method, path in (("GET", "/tables"), ("GET", "/databases"), ("GET", "/paths"), ("POST", "/verify")):
        fake.fault(method, path, refusal)

    (problem,) = context.sources.problems(source(fake, type_, **SHAPES[shape][1]))

    assert problem.startswith(f"a data source of an {type_} connector takes ")


def test_another_refusal_is_a_problem_of_the_input_in_the_platforms_words(fake: FakePlatform, context: Context) -> None:
    fake.fault("GET", "/paths", Answer(400, {"message": "530 Login incorrect"}))

    assert context.sources.problems(source(fake, "FTP", path="/x.csv")) == ["path: 530 Login incorrect (400)"]


@pytest.mark.parametrize("status", [404, 405, 501])
@pytest.mark.parametrize("shape", ["table", "file"])
def test_a_platform_without_the_call_leaves_the_source_to_the_test(
    shape: str, status: int, fake: FakePlatform, context: Context
) -> None:
    for path in ("/tables", "/databases", "/paths"):
        fake.fault("GET", path, Answer(status, {"message": "no such call"}))
    type_, inputs = SHAPES[shape]
    values = source(fake, type_, **inputs)

    assert context.sources.problems(values) == []
    assert not context.sources.is_verified(values)


def test_a_connector_that_is_gone_is_a_problem_of_the_connector(fake: FakePlatform, context: Context) -> None:
    assert context.sources.problems({"connector_id": "5ea1", "database": "crm", "table": "customers"}) == [
        f"connector_id: there is no connector 5ea1 on {fake.url}"
    ]


@pytest.mark.parametrize("answer", [Answer(401, {"message": "x"}), Answer(500, {}), Answer(200, b"<html>")], ids=str)
def test_a_platform_that_cannot_answer_is_an_error_and_not_a_missing_table(
    answer: Answer, fake: FakePlatform, context: Context
) -> None:
    fake.fault("GET", "", answer, times=9)

    with pytest.raises(PlatformError):
        context.sources.problems(source(fake, "SQL", database="crm", table="customers"))


def test_a_connector_that_is_about_to_change_says_nothing_yet(fake: FakePlatform, context: Context) -> None:
    values = source(fake, "SQL", database="crm", table="not yet there")
    context.sources.connector_changes(values["connector_id"])

    assert context.sources.problems(values) == []
    assert fake.calls == []


def test_what_the_platform_knows_of_the_nearest_is_said(fake: FakePlatform, context: Context) -> None:
    fake.extensions = "verify"
    refusal = {"message": "no bucket 'expots'", "field": "bucket", "candidates": ["exports", "reports", "imports", "x"]}
    fake.fault("POST", "/verify", Answer(422, refusal))

    assert context.sources.problems(source(fake, "S3", bucket="expots", path="p")) == [
        "bucket: no bucket 'expots'. Did you mean 'exports' or 'reports' or 'imports'?"
    ]


@pytest.mark.parametrize("hints", [{"field": 1, "candidates": "x"}, {"field": None, "candidates": [1, None]}, {}])
def test_hints_that_are_none_are_left_out(hints: dict[str, Any], fake: FakePlatform, context: Context) -> None:
    fake.extensions = "verify"
    fake.fault("POST", "/verify", Answer(422, {"message": "no bucket", **hints}))

    assert context.sources.problems(source(fake, "S3", bucket="expots", path="p")) == ["no bucket"]


TEXTS = st.dictionaries(st.sampled_from(SOURCE_INPUTS), st.text(max_size=5), max_size=4)


@quick
@given(TEXTS, TEXTS)
def test_sources_are_equal_exactly_when_their_inputs_are(one: dict[str, str], other: dict[str, str]) -> None:
    assert (location_of(one) == location_of(other)) is (one == other)
    assert location_of({**one, "name": "x", "connector_id": "y"}) == location_of(one)


def test_what_was_seen_through_a_connector_is_void_when_it_has_changed(fake: FakePlatform, context: Context) -> None:
    one, other = (source(fake, "SQL", database="crm", table="customers") for _ in range(2))
    for values in (one, other):
        assert context.sources.problems(values) == []
    fake.forget_calls()

    context.sources.connector_changes(one["connector_id"])
    context.sources.connector_changed(one["connector_id"])

    assert (context.sources.is_verified(one), context.sources.is_verified(other)) == (False, True)
    for values in (one, other):
        assert context.sources.problems(values) == []
    assert fake.calls == [f"GET /connectors/{one['connector_id']}/databases/crm/tables"]


def test_threads_that_see_sources_do_not_disturb_one_that_changes_a_connector(
    fake: FakePlatform, context: Context, busy: None
) -> None:
    seen = source(fake, "SQL", database="crm", table="customers")
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        seeing = [threads.submit(context.sources.problems, {**seen, "path": str(n)}) for n in range(60)]
        for _ in range(30):
            context.sources.connector_changed("one")
        for future in seeing:
            future.result()
