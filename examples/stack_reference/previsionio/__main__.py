"""A database that another stack makes, as a source of Prevision.io."""

import pulumi
import pulumi_previsionio as previsionio

# The database's stack of the same name: dev reads dev, prod reads prod.
database = pulumi.StackReference(f"{pulumi.get_organization()}/crm-database/{pulumi.get_stack()}")

crm = previsionio.SQLConnector(
    "crm",
    host=database.require_output("host"),
    port=database.require_output("port"),
    username=database.require_output("username"),
    password=database.require_output("password"),
)
customers = previsionio.Datasource("customers", connector=crm, database="crm", table="customers")

pulumi.export("customersId", customers.id)
