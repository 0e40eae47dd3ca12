"""What the plugin says: in the words of the programs that it serves."""

import pytest
from pulumi_previsionio._core import kinds
from pulumi_previsionio._native.wording import in_camel_case


@pytest.mark.parametrize(
    ("core", "told"),
    [
        ("project_id: no project: give project_id= to", "projectId: no project: give projectId= to"),
        ('a data source takes g_cloud="BigQuery", database', 'a data source takes gCloud="BigQuery", database'),
        ("or set force_destroy=True and run", "or set forceDestroy=true and run"),
        ("table: 'project_id' is not in database 'g_cloud'", "table: 'project_id' is not in database 'g_cloud'"),
        ('no column "connector_id" (list_tables)', 'no column "connector_id" (listTables)'),
        ("the file /a/from_env.project_id is empty", "the file /a/from_env.project_id is empty"),
        ("connector: its id is not there", "connectorId: its id is not there"),
        ("connector: of a message's middle: connector: x", "connectorId: of a message's middle: connector: x"),
        ("the platform's force_destroy=True, 'x'", "the platform's forceDestroy=true, 'x'"),
        ("my_project_id_2 stays, and so does it's", "my_project_id_2 stays, and so does it's"),
    ],
)
def test_inputs_and_functions_are_named_as_programs_name_them(core: str, told: str) -> None:
    assert in_camel_case(core, kinds.DATASOURCE) == told
