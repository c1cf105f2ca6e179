"""`make seed` fills the platform through its API; a second run changes nothing."""

import re
import subprocess
import sys

from operate.seeds.recipes import imports, users
from tests.e2e.platform_under_test import PlatformUnderTest


def seed(platform: PlatformUnderTest) -> str:
    words = [sys.executable, "-m", "operate", "seed", "--size", "small"]
    done = subprocess.run(words, env=platform.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_second_run_creates_nothing(platform: PlatformUnderTest) -> None:
    counts = {"imports": imports.COUNT["small"], "users": users.COUNT["small"]}
    first, second = seed(platform), seed(platform)

    for service, count in counts.items():
        assert re.search(rf"✔ {service}: {count} created, [\d.]+ per second", first)
        assert re.search(rf"✔ {service}: 0 created, {count} already existed", second)
    ended = [
        one for one in platform.gateway.get("/imports").json()["items"] if one["rows_read"] == imports.ROWS_OF_OFFICE
    ]
    assert sorted((one["status"], one["rows_rejected"]) for one in ended)[:2] == [("completed", 0), ("completed", 6)]
