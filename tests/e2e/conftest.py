"""One platform for the end-to-end tests of a run, deployed before them and wiped afterwards."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from tests.e2e.platform_under_test import ROOT, PlatformUnderTest
from tests.privileges.deployed import called, functions_by_role, granted
from tests.privileges.findings import outdated, refused, uncalled
from tests.privileges.whole_run import DESELECTED, everything_ran
from tests.tools.contracts.published import check_envelope

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every end-to-end test is slow."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Remember the tests that do not run."""
    for item in items:
        item.config.stash.setdefault(DESELECTED, []).append(item.path)


@pytest.fixture(scope="session")
def platform(request: pytest.FixtureRequest) -> Iterator[PlatformUnderTest]:
    with deployed("e2e") as platform:
        yield platform
        check_outboxes(platform)
        check_privileges(platform, whole=everything_ran(request.session, HERE))


@pytest.fixture(scope="module")
def platform_apart(request: pytest.FixtureRequest) -> Iterator[PlatformUnderTest]:
    """A platform for one module of `apart/`, which fills it with data or changes what is not its own."""
    with deployed(request.path.stem.removeprefix("test_").replace("_", "-")) as platform:
        yield platform
        check_outboxes(platform)
        check_privileges(platform, whole=False)


@contextmanager
def deployed(name: str) -> Iterator[PlatformUnderTest]:
    platform = PlatformUnderTest(ROOT / ".local" / name)
    with platform.wiped_at_the_end():
        platform.run("up")
        yield platform


def check_outboxes(platform: PlatformUnderTest) -> None:
    """Fail if a service wrote an event that breaks its contract."""
    dynamodb = platform.aws("dynamodb")
    for stack in platform.described["stacks"].values():
        table = stack["outputs"].get("TableName")
        for page in dynamodb.get_paginator("scan").paginate(TableName=table) if table else []:
            for item in page["Items"]:
                if item.get("pk", {}).get("S", "").startswith("OUTBOX#"):
                    check_envelope(json.loads(item["envelope"]["S"]))


def check_privileges(platform: PlatformUnderTest, *, whole: bool) -> None:
    """Fail if a function made a call that its role does not allow, or if a role allows a call that no test made."""
    functions = functions_by_role(platform.aws("lambda"))
    stacks = list(platform.described["stacks"])
    grants = list(granted(platform.aws("iam"), platform.aws("cloudformation"), functions, stacks))
    calls = called(platform.home / "logs" / "role-calls.jsonl", functions)
    findings = list(refused(calls, grants, taken=platform.taken))
    if whole:
        findings += [*uncalled(calls, grants), *outdated(calls, grants)]
    if findings:
        pytest.fail("\n".join(["Roles and calls differ:", *findings]), pytrace=False)


@pytest.fixture
def domain() -> str:
    """A domain without users."""
    return f"{uuid4().hex}.example.com"


@pytest.fixture
def email() -> str:
    """An address without a user."""
    return f"{uuid4().hex}@example.com"
