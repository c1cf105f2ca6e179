"""Rows of `make drill release`, on a platform of their own; and the drill fails if a safeguard is broken on purpose."""

from dataclasses import replace
from pathlib import Path

import pytest

from local.drill.checkout import copy_of_checkout
from local.drill.drill import Drill
from local.drill.versions import Change, read_versions
from local.settings import Settings
from tests.e2e.platform_under_test import PlatformUnderTest

VERSIONS = read_versions()
# The version that only an alarm can stop: that on failing requests or, on a busy machine, that on late ones.
UNREHEARSED = "answers-500-unrehearsed"
# Only the alarm on errors of the function stays, and this version causes none.
OUT_OF_THEIR_GROUP = Change(
    file=Path("cdk/service/releases.py"),
    find="AlarmProperty(name=alarm.ref) for alarm in added]",
    put="AlarmProperty(name=alarm.ref) for alarm in added[2:]]",
)
OTHER_DIMENSION = Change(
    file=Path("cdk/monitoring/release_alarms.py"),
    find='"function": self.function, "version": self.version}',
    put='"function": self.function, "version": "0"}',
)


@pytest.fixture(scope="module")
def drill(platform_apart: PlatformUnderTest, tmp_path_factory: pytest.TempPathFactory) -> Drill:
    copy = copy_of_checkout(tmp_path_factory.mktemp("drill") / "checkout")
    settings = Settings.read({"PLATFORM_HOME": str(platform_apart.home)})
    return Drill(settings=replace(settings, checkout=copy), minute_s=4.0)


@pytest.mark.parametrize(
    ("name", "load", "by"),
    [
        ("relay-parks", "none", "the hook before traffic of relay"),
        ("answers-500", "5-a-minute", "the hook before traffic of api"),
        (UNREHEARSED, "busy", "the alarm platform-local-users-api-release-"),
        ("consumer-fails", "none", "the hook before traffic of consumer"),
    ],
)
def test_a_bad_version_is_taken_back(drill: Drill, name: str, load: str, by: str) -> None:
    row = drill.ship(name, VERSIONS[name], load=load)

    assert row.faults == ()
    assert not row.passed
    assert by in row.by
    if load != "none":
        assert row.requests > 0


@pytest.mark.parametrize("broken", [OUT_OF_THEIR_GROUP, OTHER_DIMENSION], ids=["out of their group", "other dimension"])
def test_the_drill_fails_if_no_alarm_reads_the_new_version(drill: Drill, broken: Change) -> None:
    row = drill.ship(UNREHEARSED, VERSIONS[UNREHEARSED].and_also(broken), load="busy")

    assert row.faults == ("a bad version passed",)
    assert row.requests_hurt > 0
