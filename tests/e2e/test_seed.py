"""The platform is filled through its API, and filling it again changes nothing."""

import re
import subprocess
import sys

from operate.seeds import users
from tests.e2e.platform_under_test import PlatformUnderTest


def seed(platform: PlatformUnderTest) -> str:
    words = [sys.executable, "-m", "operate", "seed", "--size", "small"]
    done = subprocess.run(words, env=platform.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_second_filling_finds_everything_there(platform: PlatformUnderTest) -> None:
    count = users.COUNT["small"]

    assert re.search(rf"✔ users: {count} made, \d+ a second", seed(platform))
    assert re.search(rf"✔ users: 0 made, {count} were there already", seed(platform))
