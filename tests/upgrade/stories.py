"""What the stacks of version 0.1.0 hold: programs that it ran, and the changes that they went through."""

from __future__ import annotations

import json
from typing import Final

PLACEHOLDER: Final = "http://platform.invalid"
"""Stands for the platform's address in the kept states."""
SECRET: Final = "kept-secret-of-the-fixtures"
ROTATED: Final = "rotated-secret-of-the-fixtures"
VARIABLE: Final = "UPGRADE_SECRET"
KEY: Final = {
    "type": "service_account",
    "project_id": "acme-data",
    "private_key": "-----BEGIN PRIVATE KEY-----\nkept-secret-of-the-fixtures\n-----END PRIVATE KEY-----\n",
    "client_email": "reader@acme-data.iam.gserviceaccount.com",
}

_EVERYTHING = f'''
import json, os
import pulumi, pulumi_previsionio as previsionio

config = pulumi.Config()
password = config.require_secret("password")
step = config.get("step") or "made"
host = {{"made": "a.example", "changed": "b.example"}}[step]

team = previsionio.Project("team", description=f"{{step}} by a program", color="#A748F5", force_destroy=True)
sql = previsionio.SQLConnector("sql", host=host, port=3306, username="reader", password=password)
reference = previsionio.SQLConnector(
    "reference", host=host, port=5432.0, username="reader", password=previsionio.from_env("{VARIABLE}")
)
ftp = previsionio.FTPConnector("ftp", host=host, username="reader", password=previsionio.from_file("secret.txt"))
sftp = previsionio.SFTPConnector("sftp", host=host, username="reader", password=password, name="Files (old)")
s3 = previsionio.S3Connector("s3", access_key_id=f"AKIA-{{step}}", secret_access_key=password)
gcp = previsionio.GCPConnector(
    "gcp", google_credentials=pulumi.Output.secret({json.dumps(KEY)}), project_id=team.id, force_destroy=True
)
renamed = previsionio.FTPConnector(
    "renamed" if step == "changed" else "first-name",
    host=host, username="reader", password=password,
    opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="first-name")]),
)

table = previsionio.Datasource("table", connector=sql, database="crm", table="customers")
query = previsionio.Datasource("query", connector=sql, database="crm", request="SELECT 1")
file = previsionio.Datasource("file", connector=ftp, path="/customers.csv")
object_ = previsionio.Datasource("object", connector=s3, bucket="b", path="customers.csv")
bigquery = previsionio.Datasource("bigquery", connector=gcp, g_cloud="BigQuery", database="d", table="t")
storage = previsionio.Datasource("storage", connector=gcp, g_cloud="Storage", bucket="b", path="p")
snapshot = previsionio.Dataset("snapshot", datasource=table, triggers=[step, 1, {{"a": [1.5, None]}}])
kept = previsionio.Dataset("kept", datasource=file, keep_on_replace=True, timeout=60)
shop = previsionio.SQLSource(
    "shop", host=host, port=3306, username="reader", password=password, database="crm", tables=["orders"],
    queries={{"big": "SELECT 2"}},
)
staging = previsionio.Provider("staging", url=os.environ["PREVISION_URL"], token=os.environ["UPGRADE_TOKEN"],
                               project_id=os.environ["PREVISION_PROJECT_ID"])
elsewhere = previsionio.SFTPConnector(
    "elsewhere", host=host, username="reader", password=password, opts=pulumi.ResourceOptions(provider=staging)
)
found = previsionio.SQLConnector.get("found", "{{found}}")
pulumi.export("password", sql.password)
'''


def program(found: str) -> str:
    """The program with one resource of every kind and shape; `found` is the id of an object that it only reads."""
    return _EVERYTHING.replace("{found}", found)
