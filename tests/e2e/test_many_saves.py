"""What a long day of saved changes leaves: memory, processes, versions and code that do not grow."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from local import embedded_aws_process
from local.code_objects import bucket_of
from local.drill.checkout import copy_of_checkout
from local.settings import Settings
from tests.e2e.platform_under_test import PlatformUnderTest
from tests.waiting import eventually

# Enough to tell a leak of one bundle a save, 14 MB, from the noise of an allocator.
SAVES = 12
NOISE_MB = 60


@dataclass(frozen=True)
class Footprint:
    versions: int
    code_objects: int
    code_mb: float
    blobs_and_unpacked_mb: float
    memory_mb: float

    @classmethod
    def of(cls, platform: PlatformUnderTest) -> "Footprint":
        functions, s3 = platform.aws("lambda"), platform.aws("s3")
        names = [
            function["FunctionName"]
            for page in functions.get_paginator("list_functions").paginate()
            for function in page["Functions"]
        ]
        objects = [
            version
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket_of("eu-west-1"))
            for version in page.get("Versions", ())
        ]
        state = platform.home / "state"
        return cls(
            versions=sum(len(functions.list_versions_by_function(FunctionName=name)["Versions"]) for name in names),
            code_objects=len(objects),
            code_mb=sum(version["Size"] for version in objects) / 1e6,
            blobs_and_unpacked_mb=size_mb(state / "services") + size_mb(state / "tmp"),
            memory_mb=embedded_aws(platform).memory_info().rss / 1e6,
        )


def size_mb(folder: Path) -> float:
    """Return the size of the files, each counted once; they come and go meanwhile."""
    sizes = {}
    for path in folder.rglob("*"):
        try:
            status = path.lstat()
        except FileNotFoundError:
            continue
        sizes[status.st_ino] = status.st_size
    return sum(sizes.values()) / 1e6


def embedded_aws(platform: PlatformUnderTest) -> psutil.Process:
    process = embedded_aws_process.embedded_aws(Settings.read({"PLATFORM_HOME": str(platform.home)})).find()
    assert process is not None
    return process


def handlers(platform: PlatformUnderTest) -> list[str]:
    """Return the functions and versions of the running handlers, each once for each process."""
    found = []
    for child in embedded_aws(platform).children():
        try:
            variables = child.environ()
        except psutil.Error:
            continue
        if "AWS_LAMBDA_FUNCTION_NAME" in variables:
            found.append(f"{variables['AWS_LAMBDA_FUNCTION_NAME']}:{variables['AWS_LAMBDA_FUNCTION_VERSION']}")
    return found


@pytest.fixture
def copied(platform: PlatformUnderTest, tmp_path: Path) -> Iterator[PlatformUnderTest]:
    """The same platform, deployed from a copy of the sources, which the test may change."""
    copied = PlatformUnderTest(platform.home, checkout=copy_of_checkout(tmp_path / "checkout"), ports=platform.ports)
    yield copied
    copied.close()


def test_saved_changes_leave_no_versions_code_processes_or_memory(copied: PlatformUnderTest) -> None:
    changed = copied.checkout / "functions/users/errors.py"
    source = changed.read_text()

    def save(words: str) -> None:
        changed.write_text(source.replace("No user has this id.", words))
        eventually(lambda: words in copied.gateway.get("/users/unknown").text)

    with copied.developing():
        for number in range(2):
            save(f"Warming up, change {number}.")
        before = Footprint.of(copied)
        for number in range(SAVES):
            save(f"Change number {number}.")
        after = Footprint.of(copied)

        assert (after.versions, after.code_objects) == (before.versions, before.code_objects)
        assert after.code_mb < before.code_mb + 1
        assert after.blobs_and_unpacked_mb < before.blobs_and_unpacked_mb + NOISE_MB
        assert after.memory_mb < before.memory_mb + NOISE_MB, (before, after)

        live = copied.aws("lambda").get_alias(FunctionName="platform-local-users-api", Name="live")["FunctionVersion"]
        ours = "platform-local-users-api:"
        eventually(lambda: {each for each in handlers(copied) if each.startswith(ours)} == {f"{ours}{live}"})
