"""The quickstart stack: a file on an FTP server as a data source of Prevision.io. `make up` runs it."""

import pulumi
import pulumi_previsionio as previsionio

config = pulumi.Config()

files = previsionio.FTPConnector(
    "files",
    host=config.require("ftpHost"),
    port=config.require_int("ftpPort"),
    username=config.require("ftpUsername"),
    password=config.require_secret("ftpPassword"),
)
customers = previsionio.Datasource("customers", connector=files, path="/customers.csv")

pulumi.export("connectorId", files.id)
pulumi.export("datasourceId", customers.id)
