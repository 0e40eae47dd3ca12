"""The object servers of the tests are real: they check signatures and tokens, and hold what `content` says."""

import botocore.exceptions
import pytest

from tests.servers.seaweedfs import S3


def test_s3_holds_the_known_objects(s3: S3) -> None:
    client = s3.client()
    listed = client.list_objects_v2(Bucket=s3.bucket)["Contents"]
    assert {item["Key"] for item in listed} == set(s3.files)
    for key, data in s3.files.items():
        assert client.get_object(Bucket=s3.bucket, Key=key)["Body"].read() == data
    assert client.list_objects_v2(Bucket=s3.empty_bucket)["KeyCount"] == 0


@pytest.mark.parametrize(
    ("account", "bucket", "key", "code"),
    [
        ({"password": "wrong"}, S3.bucket, "customers.csv", "SignatureDoesNotMatch"),
        ({"username": "AKIDNOBODY"}, S3.bucket, "customers.csv", "InvalidAccessKeyId"),
        ({}, S3.bucket, "custmers.csv", "NoSuchKey"),
        ({}, "nowhere", "customers.csv", "NoSuchBucket"),
    ],
)
def test_s3_refuses_what_it_should(s3: S3, account: dict[str, str], bucket: str, key: str, code: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        s3.client(**account).get_object(Bucket=bucket, Key=key)
    assert refused.value.response["Error"]["Code"] == code
