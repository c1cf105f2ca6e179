import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.code_objects import bucket_of, delete_deployed_before, delete_reloaded_before, reloaded_key

REGION = "eu-west-1"


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket=bucket_of(REGION), CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=bucket_of(REGION), VersioningConfiguration={"Status": "Enabled"})
        yield s3


def put(s3: Any, *keys: str) -> None:
    for key in keys:
        s3.put_object(Bucket=bucket_of(REGION), Key=key, Body=key.encode())


def stored(s3: Any) -> list[str]:
    answer = s3.list_object_versions(Bucket=bucket_of(REGION))
    return sorted(each["Key"] for each in [*answer.get("Versions", ()), *answer.get("DeleteMarkers", ())])


def test_a_deployment_leaves_only_the_objects_that_it_uses_and_those_of_reloads(s3: Any, tmp_path: Path) -> None:
    put(s3, "old.zip", "old.zip", "used.zip", "used.zip", "template.json", reloaded_key("users"))
    s3.delete_object(Bucket=bucket_of(REGION), Key="old.zip")
    files = {key: {"destinations": {"here": {"objectKey": key}}} for key in ("used.zip", "template.json")}
    (tmp_path / "users.assets.json").write_text(json.dumps({"files": files}))

    delete_deployed_before(s3, REGION, tmp_path)

    assert stored(s3) == sorted(["used.zip", "template.json", reloaded_key("users")])


def test_a_reload_leaves_one_version_of_its_own_object(s3: Any) -> None:
    put(s3, "deployed.zip", *[reloaded_key("users")] * 3, reloaded_key("files"))

    delete_reloaded_before(s3, REGION, reloaded_key("users"))

    assert stored(s3) == sorted(["deployed.zip", reloaded_key("users"), reloaded_key("files")])
