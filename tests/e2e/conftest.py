"""One platform for all end-to-end tests of a run, deployed for real and wiped afterwards."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.contracts.published import check_envelope
from tests.e2e.platform_under_test import ROOT, PlatformUnderTest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every end-to-end test is slow, and all share one platform, so one worker runs them."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def platform() -> Iterator[PlatformUnderTest]:
    platform = PlatformUnderTest(ROOT / ".local" / "e2e")
    platform.run("reset")
    platform.run("up")
    yield platform
    check_outboxes(platform)
    platform.close()
    platform.run("reset")


def check_outboxes(platform: PlatformUnderTest) -> None:
    """Fail where any service of the run wrote an event that breaks its contract."""
    dynamodb = platform.aws("dynamodb")
    for stack in platform.described["stacks"].values():
        table = stack["outputs"].get("TableName")
        for page in dynamodb.get_paginator("scan").paginate(TableName=table) if table else []:
            for item in page["Items"]:
                if item.get("pk", {}).get("S", "").startswith("OUTBOX#"):
                    check_envelope(json.loads(item["envelope"]["S"]))


@pytest.fixture
def email() -> str:
    """An address that nobody has."""
    return f"{uuid4().hex}@example.com"
