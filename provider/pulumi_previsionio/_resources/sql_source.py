"""One SQL server and all that is wanted from it, as one component."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import ClassVar

import pulumi
from pulumi import Input

from .._errors import InputError
from .connectors import SecretInput, SQLConnector
from .datasource import Datasource


class SQLSource(pulumi.ComponentResource):
    """One SQL connector with many data sources.

    `connector` is the connector, `tables` and `queries` the data sources by name. Adding or removing a table or a
    query touches nothing else.
    """

    _connector_class: ClassVar[type[SQLConnector]] = SQLConnector
    _datasource_class: ClassVar[type[Datasource]] = Datasource
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
        name: Input[str] | None = None,
        project_id: Input[str] | None = None,
        test_connection: Input[bool] | None = None,
        force_destroy: Input[bool] | None = None,
        verify_source: Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """One SQL connector with many data sources.

        Args:
            resource_name: its name in the program.
            host: see `SQLConnector`, as for the next seven.
            port: TCP port.
            username: a user of the server.
            password: its password, or where it is.
            name: the connector's name on the platform.
            project_id: the project that holds all of it.
            test_connection: have the platform connect before new values count.
            force_destroy: let a deletion take along data sources of others.
            database: the database that holds the tables and answers the queries.
            tables: names of tables; each becomes a data source of that name.
            queries: SQL text by name; each becomes a data source of that name.
            verify_source: see `Datasource`.
            opts: Pulumi's resource options; an explicit provider goes into `provider` or `providers`.

        Raises:
            InputError: a name is empty or stands for two data sources, or an input of the connector is None or empty.
        """
        queries = queries or {}
        if problems := _name_problems(tables, queries):
            raise InputError(f"SQLSource {resource_name!r}", problems)
        super().__init__("previsionio:index:SQLSource", resource_name, {}, opts)
        below = pulumi.ResourceOptions(parent=self)
        self.connector = self._connector_class(
            resource_name,
            host=host,
            port=port,
            username=username,
            password=password,
            name=name,
            project_id=project_id,
            test_connection=test_connection,
            force_destroy=force_destroy,
            opts=below,
        )

        def datasource(source: str, table: str | None = None, request: Input[str] | None = None) -> Datasource:
            return self._datasource_class(
                f"{resource_name}-{source}",
                connector=self.connector,
                database=database,
                table=table,
                request=request,
                name=source,
                verify_source=verify_source,
                opts=below,
            )

        self.tables = {table: datasource(table, table=table) for table in tables}
        self.queries = {query: datasource(query, request=request) for query, request in queries.items()}
        self.register_outputs({"connectorId": self.connector.id})


def _name_problems(tables: Sequence[str], queries: Mapping[str, object]) -> list[str]:
    if isinstance(tables, str):
        return [f"tables: must be a list of names, such as [{tables!r}]"]
    problems = [] if all([*tables, *queries]) else ["tables, queries: a name must not be empty"]
    twice = sorted(name for name, count in Counter([*tables, *queries]).items() if count > 1)
    return problems + [f"tables, queries: {name!r} is there twice; each name becomes one data source" for name in twice]
