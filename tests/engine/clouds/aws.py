"""A small AWS: buckets, files and access keys on an S3 server that has IAM, databases on a PostgreSQL server."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import psycopg
from botocore.config import Config
from psycopg import sql

from tests.engine.clouds.stand_in import Kind, Properties, content_of, serve, servers


def _client(service: str) -> Any:
    s3 = servers("aws")["s3"]
    return boto3.client(
        service,
        endpoint_url=s3["endpoint"],
        region_name="us-east-1",
        aws_access_key_id=s3["username"],
        aws_secret_access_key=s3["password"],
        config=Config(s3={"addressing_style": "path"}),
    )


# Buckets and files


def _make_bucket(inputs: Properties) -> tuple[str, Properties]:
    name = inputs["bucket"]
    _client("s3").create_bucket(Bucket=name)
    return name, {"arn": f"arn:aws:s3:::{name}"}


def _make_file(inputs: Properties) -> tuple[str, Properties]:
    answer = _client("s3").put_object(Bucket=inputs["bucket"], Key=inputs["key"], Body=content_of(inputs))
    return f"{inputs['bucket']}/{inputs['key']}", {"etag": answer["ETag"].strip('"')}


# Users, what they may do, and their keys


def _make_user(inputs: Properties) -> tuple[str, Properties]:
    user = _client("iam").create_user(UserName=inputs["name"])["User"]
    return inputs["name"], {"arn": user["Arn"], "path": user["Path"]}


def _make_policy(inputs: Properties) -> tuple[str, Properties]:
    _client("iam").put_user_policy(
        UserName=inputs["user"], PolicyName=inputs["name"], PolicyDocument=json.dumps(json.loads(inputs["policy"]))
    )
    return f"{inputs['user']}:{inputs['name']}", {}


def _make_key(inputs: Properties) -> tuple[str, Properties]:
    key = _client("iam").create_access_key(UserName=inputs["user"])["AccessKey"]
    return key["AccessKeyId"], {"secret": key["SecretAccessKey"], "status": "Active"}


# Databases


def _execute(*statements: sql.Composed) -> None:
    server = servers("aws")["postgresql"]
    with psycopg.connect(
        host=server["host"],
        port=server["port"],
        user=server["admin_username"],
        password=server["admin_password"],
        dbname="postgres",
        autocommit=True,
    ) as connection:
        for statement in statements:
            connection.execute(statement)


def _make_database(inputs: Properties) -> tuple[str, Properties]:
    """A database of its own on the one server, under the instance's name, and a role that owns it."""
    name, user = sql.Identifier(inputs["identifier"]), sql.Identifier(inputs["username"])
    _execute(
        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(user, sql.Literal(inputs["password"])),
        sql.SQL("CREATE DATABASE {} OWNER {}").format(name, user),
    )
    server = servers("aws")["postgresql"]
    endpoint = f"{server['host']}:{server['port']}"
    return inputs["identifier"], {"address": server["host"], "port": server["port"], "endpoint": endpoint}


def _change_database(_: str, inputs: Properties) -> None:
    """Only the password can change here."""
    role, password = sql.Identifier(inputs["username"]), sql.Literal(inputs["password"])
    _execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, password))


def _delete_database(id_: str, outputs: Properties) -> None:
    _execute(
        sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(id_)),
        sql.SQL("DROP ROLE {}").format(sql.Identifier(outputs["username"])),
    )


def _nothing_behind(id_: str) -> Callable[[Properties], tuple[str, Properties]]:
    return lambda _: (id_, {"arn": f"arn:aws:ec2:::{id_}"})


if __name__ == "__main__":
    serve(
        {
            "aws:s3/bucket:Bucket": Kind(
                _make_bucket, lambda id_, _: _client("s3").delete_bucket(Bucket=id_), named_by="bucket"
            ),
            "aws:s3/bucketObjectv2:BucketObjectv2": Kind(
                _make_file, lambda _, file: _client("s3").delete_object(Bucket=file["bucket"], Key=file["key"])
            ),
            "aws:iam/user:User": Kind(
                _make_user, lambda id_, _: _client("iam").delete_user(UserName=id_), named_by="name"
            ),
            "aws:iam/userPolicy:UserPolicy": Kind(
                _make_policy,
                lambda _, policy: _client("iam").delete_user_policy(UserName=policy["user"], PolicyName=policy["name"]),
                named_by="name",
            ),
            "aws:iam/accessKey:AccessKey": Kind(
                _make_key,
                lambda id_, key: _client("iam").delete_access_key(UserName=key["user"], AccessKeyId=id_),
            ),
            "aws:ec2/securityGroup:SecurityGroup": Kind(_nothing_behind("sg-0a1b2c3d"), named_by="name"),
            "aws:rds/instance:Instance": Kind(
                _make_database, _delete_database, named_by="identifier", update=_change_database
            ),
        }
    )
