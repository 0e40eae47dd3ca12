"""Every kind of connector of Prevision.io, with the data sources that it serves."""

import os

import pulumi
import pulumi_previsionio as previsionio

config = pulumi.Config()
sql, ftp, sftp = (config.require_object(kind) for kind in ("sql", "ftp", "sftp"))
bucket = config.require("bucket")

# The secrets are read from the environment and from a file when they are sent: no state and no configuration has them.
database = previsionio.SQLConnector("database", password=previsionio.from_env("SQL_PASSWORD"), **sql)
files = previsionio.FTPConnector("files", password=previsionio.from_env("FTP_PASSWORD"), **ftp)
vault = previsionio.SFTPConnector("vault", password=previsionio.from_env("SFTP_PASSWORD"), **sftp)
amazon = previsionio.S3Connector(
    "amazon",
    access_key_id=config.require("s3AccessKeyId"),
    secret_access_key=previsionio.from_env("S3_SECRET_ACCESS_KEY"),
)
google = previsionio.GCPConnector(
    "google", google_credentials=previsionio.from_file(os.environ["GOOGLE_APPLICATION_CREDENTIALS"])
)

previsionio.Datasource("table", connector=database, database="crm", table="customers")
previsionio.Datasource("query", connector=database, database="crm", request="SELECT * FROM orders WHERE price > 90")
previsionio.Datasource("file", connector=files, path="/customers.csv")
previsionio.Datasource("vault-file", connector=vault, path="/customers.csv")
previsionio.Datasource("object", connector=amazon, bucket=bucket, path="customers.csv")
previsionio.Datasource("bigquery-table", connector=google, g_cloud="BigQuery", database="crm", table="customers")
previsionio.Datasource("storage-object", connector=google, g_cloud="Storage", bucket=bucket, path="customers.csv")
