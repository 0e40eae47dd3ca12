"""A bucket on Google Cloud as a source of Prevision.io, with a service account of its own."""

import pulumi
import pulumi_gcp as gcp
import pulumi_previsionio as previsionio

# A file in a bucket, and a service account that may read that bucket and nothing else.
bucket = gcp.storage.Bucket("exports", location="EU", uniform_bucket_level_access=True)
file = gcp.storage.BucketObject(
    "customers", bucket=bucket.name, name="crm/customers.csv", source=pulumi.FileAsset("customers.csv")
)
reader = gcp.serviceaccount.Account("reader", account_id="previsionio-reader")
may_read = gcp.storage.BucketIAMMember(
    "may-read",
    bucket=bucket.name,
    role="roles/storage.objectViewer",
    member=reader.email.apply(lambda email: f"serviceAccount:{email}"),
)
key = gcp.serviceaccount.Key("previsionio", service_account_id=reader.name)

google = previsionio.GCPConnector(
    "google",
    google_credentials=key.private_key,  # base64 of the JSON key, as Google gives it
    opts=pulumi.ResourceOptions(depends_on=may_read),
)
customers = previsionio.Datasource("customers", connector=google, g_cloud="Storage", bucket=bucket.name, path=file.name)

pulumi.export("bucket", bucket.name)
pulumi.export("customersId", customers.id)
