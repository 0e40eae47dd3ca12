"""One SQL server and all that is wanted from it, as one component."""

from collections.abc import Mapping, Sequence

import pulumi
from pulumi import Input

from ._connectors import SecretInput, SQLConnector
from ._datasource import Datasource


class SQLSource(pulumi.ComponentResource):
    """One SQL connector with many data sources.

    :param host, port, username, password, project_id, test_connection, force_destroy: see `SQLConnector`.
    :param database: the database that holds the tables and answers the queries.
    :param tables: names of tables; each becomes a data source of that name.
    :param queries: SQL text by name; each becomes a data source of that name.
    :param verify_source: see `Datasource`.
    :param opts: Pulumi's resource options; an explicit provider goes into `providers`.
    :raises ValueError: a table and a query have the same name.

    Adding or removing a table or query touches nothing else.
    """

    connector: SQLConnector
    tables: Mapping[str, Datasource]
    queries: Mapping[str, Datasource]

    def __init__(
        self,
        resource_name: str,
        *,
        host: Input[str],
        port: Input[int],
        username: Input[str],
        password: SecretInput,
        database: Input[str],
        tables: Sequence[str] = (),
        queries: Mapping[str, Input[str]] | None = None,
        project_id: Input[str] | None = None,
        test_connection: Input[bool] | None = None,
        force_destroy: Input[bool] | None = None,
        verify_source: Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        queries = queries or {}
        if both := sorted(set(tables) & set(queries)):
            raise ValueError(f"SQLSource {resource_name!r}: both a table and a query are named {', '.join(both)}")
        super().__init__("previsionio:index:SQLSource", resource_name, {}, opts)
        self.connector = SQLConnector(
            resource_name,
            host=host,
            port=port,
            username=username,
            password=password,
            project_id=project_id,
            test_connection=test_connection,
            force_destroy=force_destroy,
            opts=pulumi.ResourceOptions(parent=self),
        )

        def datasource(name: str, table: Input[str] | None = None, request: Input[str] | None = None) -> Datasource:
            return Datasource(
                f"{resource_name}-{name}",
                connector=self.connector,
                database=database,
                table=table,
                request=request,
                name=name,
                verify_source=verify_source,
                opts=pulumi.ResourceOptions(parent=self),
            )

        self.tables = {table: datasource(table, table=table) for table in tables}
        self.queries = {name: datasource(name, request=request) for name, request in queries.items()}
        self.register_outputs({"connectorId": self.connector.id})
