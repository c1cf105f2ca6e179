import os
import sys
import time
from pathlib import Path

from local import processes
from local.credentials import administrator
from local.embedded_aws.saved_state import SavedState
from local.embedded_aws_process import embedded_aws, knows_the_key, loss
from local.settings import Settings


def test_a_process_that_began_before_its_key_must_restart(tmp_path: Path) -> None:
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path)})
    assert not knows_the_key(settings)
    administrator(settings)
    process = embedded_aws(settings)
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    process.start(sleeper, environment=dict(os.environ), working_folder=tmp_path)
    try:
        assert knows_the_key(settings)

        later = time.time() + 10
        os.utime(settings.access_key_file, (later, later))
        assert not knows_the_key(settings)
    finally:
        process.stop(grace_s=0)
        while processes.detached:
            processes.detached.pop().wait(timeout=10)


def test_a_crash_is_told_with_its_time_and_only_after_it(tmp_path: Path) -> None:
    settings = Settings.read({"PLATFORM_HOME": str(tmp_path)})
    settings.embedded_aws.mkdir()
    state = SavedState(settings.embedded_aws)
    assert loss(settings) is None

    state.prepare()
    at = state.saved_at
    assert at is not None
    assert loss(settings) == f"all changes after {at.astimezone():%Y-%m-%d %H:%M:%S}"

    state.note_stop()
    assert loss(settings) is None
