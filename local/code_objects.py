"""The bucket of the CDK's assets: the code of functions, of which each deployment and reload leaves an old copy."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.credentials import ACCOUNT

_RELOADED = "reload/"


def bucket_of(region: str) -> str:
    """Return the name that the CDK's bootstrap gives to the bucket."""
    return f"cdk-hnb659fds-assets-{ACCOUNT}-{region}"


def reloaded_key(bundle: str) -> str:
    """Return the key of a bundle's newest reloaded code; no conflict with those of deployments, which are hashes."""
    return f"{_RELOADED}{bundle}.zip"


def delete_deployed_before(s3: Any, region: str, assembly: Path) -> None:  # noqa: ANN401 - boto3 makes its clients
    """Delete the objects that the deployed assembly does not use; functions have copies of their code."""
    used = {
        destination["objectKey"]
        for manifest in assembly.glob("*.assets.json")
        for asset in json.loads(manifest.read_text(encoding="utf-8"))["files"].values()
        for destination in asset["destinations"].values()
    }
    _delete(s3, region, "", keep=lambda key: key in used or key.startswith(_RELOADED))


def delete_reloaded_before(s3: Any, region: str, key: str) -> None:  # noqa: ANN401 - boto3 makes its clients
    """Delete all versions of an object but the newest."""
    _delete(s3, region, key, keep=lambda _: True)


def _delete(s3: Any, region: str, prefix: str, *, keep: Callable[[str], bool]) -> None:  # noqa: ANN401 - as above
    bucket = bucket_of(region)
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        for version in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
            if not (version["IsLatest"] and keep(version["Key"])):
                s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
