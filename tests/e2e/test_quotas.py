"""Quotas hold for requests at the same time, on the transactions of the embedded AWS."""

import json
import os
import subprocess
import sys

import pytest

from tests.e2e.platform_under_test import ROOT, PlatformUnderTest
from tests.e2e.quota_race import ADDS, AT_MOST


@pytest.mark.parametrize("resource", ADDS)
def test_an_owner_never_gets_more_than_the_quota_in_a_race(platform: PlatformUnderTest, resource: str) -> None:
    described = platform.described
    service = "webhooks" if resource == "webhooks" else "files"
    function = {
        "TABLE_NAME": platform.output(f"platform-local-{service}", "TableName"),
        "AWS_ENDPOINT_URL": described["aws_endpoint_url"],
        "AWS_CA_BUNDLE": described["ca_file"],
        "AWS_REGION": described["region"],
        "AWS_DEFAULT_REGION": described["region"],
        "AWS_ACCESS_KEY_ID": described["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": described["secret_access_key"],
    }

    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.quota_race", resource],
        cwd=ROOT,
        env=os.environ | function,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    in_the_race, later = json.loads(done.stdout)
    assert in_the_race + later == AT_MOST
    assert in_the_race > 0
