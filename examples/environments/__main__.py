"""The same sources in three environments: all that differs is in `Pulumi.dev.yaml` and its siblings."""

import pulumi
import pulumi_previsionio as previsionio

config = pulumi.Config()
# Where `protect` is true, `pulumi` refuses to delete or replace anything.
guarded = pulumi.ResourceOptions(protect=config.get_bool("protect") or False)

crm = previsionio.SQLConnector(
    "crm",
    host=config.require("host"),
    port=config.require_int("port"),
    username=config.require("username"),
    password=config.require_secret("password"),
    opts=guarded,
)
customers = previsionio.Datasource("customers", connector=crm, database="crm", table="customers", opts=guarded)

pulumi.export("customersId", customers.id)
