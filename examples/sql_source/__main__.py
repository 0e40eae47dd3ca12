"""Several tables and queries of one SQL server as data sources of Prevision.io."""

import pulumi
import pulumi_previsionio as previsionio

config = pulumi.Config()

crm = previsionio.SQLSource(
    "crm",
    host=config.require("host"),
    port=config.require_int("port"),
    username=config.require("username"),
    password=config.require_secret("password"),
    database="crm",
    tables=["customers"],
    queries={"big-orders": "SELECT id, customer_id, price FROM orders WHERE price > 90"},
)

pulumi.export("connectorId", crm.connector.id)
pulumi.export("datasourceIds", {name: datasource.id for name, datasource in {**crm.tables, **crm.queries}.items()})
