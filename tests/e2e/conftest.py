"""One platform for all end-to-end tests of a run, deployed for real and wiped afterwards."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

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
    platform.close()
    platform.run("reset")


@pytest.fixture
def email() -> str:
    """An address that nobody has."""
    return f"{uuid4().hex}@example.com"
