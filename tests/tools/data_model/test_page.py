"""The page of the data is up to date, and says when it is not."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.data_model.retention import span

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_the_page_is_what_the_models_the_repositories_and_the_manifests_say() -> None:
    # In a process of its own: it listens to every client of AWS that is made from its start on.
    words = [sys.executable, "-m", "tools.data_model", "--check"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(21 * 24 * 3600, "21 days"), (24 * 3600, "24 hours"), (3600, "1 hour"), (900, "15 minutes"), (45, "45 seconds")],
)
def test_a_time_to_live_is_said_in_the_largest_unit_that_is_whole(seconds: int, said: str) -> None:
    assert span(seconds) == said
