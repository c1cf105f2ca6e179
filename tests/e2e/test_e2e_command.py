"""`make e2e` walks through the platform as it does on AWS, where the workflow runs it."""

from tests.e2e.platform_under_test import PlatformUnderTest


def test_the_journeys_succeed(platform: PlatformUnderTest) -> None:
    done = platform.operate("e2e")

    assert done.returncode == 0, done.stdout + done.stderr
    assert [line[:1] for line in done.stdout.splitlines()] == ["✔", "✔"]


def test_a_caller_without_rights_fails_them(platform: PlatformUnderTest) -> None:
    done = platform.operate("e2e", "--as", "reader")

    assert done.returncode == 1
    assert "✘ a user and the history: POST /users failed with 403" in done.stdout
