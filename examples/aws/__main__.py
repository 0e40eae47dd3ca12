"""A bucket and a database on AWS as sources of Prevision.io, made in one go."""

import json

import pulumi
import pulumi_aws as aws
import pulumi_previsionio as previsionio
import pulumi_random as random

config = pulumi.Config()

# A file in a bucket, and a user who may read that bucket and nothing else.
bucket = aws.s3.Bucket("exports")
file = aws.s3.BucketObjectv2(
    "customers", bucket=bucket.bucket, key="crm/customers.csv", source=pulumi.FileAsset("customers.csv")
)
reader = aws.iam.User("previsionio")
may_read = aws.iam.UserPolicy(
    "may-read",
    user=reader.name,
    policy=bucket.arn.apply(
        lambda arn: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
                    {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": [arn, f"{arn}/*"]},
                ],
            }
        )
    ),
)
key = aws.iam.AccessKey("previsionio", user=reader.name)

exports = previsionio.S3Connector(
    "exports",
    access_key_id=key.id,
    secret_access_key=key.secret,
    opts=pulumi.ResourceOptions(depends_on=may_read),
)
customers = previsionio.Datasource("customers", connector=exports, bucket=bucket.bucket, path=file.key)

# A database with a generated password, open to the platform.
platform = aws.ec2.SecurityGroup(
    "platform",
    ingress=[
        aws.ec2.SecurityGroupIngressArgs(
            protocol="tcp", from_port=5432, to_port=5432, cidr_blocks=[config.require("platformAddresses")]
        )
    ],
)
password = random.RandomPassword("crm", length=32, special=False)
database = aws.rds.Instance(
    "crm",
    engine="postgres",
    instance_class=aws.rds.InstanceType.T4_G_MICRO,
    allocated_storage=20,
    storage_encrypted=True,
    db_name="crm",
    username="previsionio",
    password=password.result,
    publicly_accessible=True,
    vpc_security_group_ids=[platform.id],
    skip_final_snapshot=True,  # an example's data is worth none
)

crm = previsionio.SQLConnector(
    "crm",
    host=database.address,
    port=database.port,
    username=database.username,
    password=password.result,
)

pulumi.export("bucket", bucket.bucket)
pulumi.export("customersId", customers.id)
pulumi.export("crmConnectorId", crm.id)
