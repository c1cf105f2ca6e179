"""The embedded AWS is killed: the last checkpoint comes back, and `make up` says what is lost."""

import psutil

from local import embedded_aws_process
from local.code_objects import bucket_of
from local.embedded_aws.saved_state import SavedState
from local.settings import Settings
from tests.e2e.platform_under_test import PlatformUnderTest
from tests.waiting import eventually


def test_a_crash_goes_back_to_the_last_checkpoint_and_says_so(platform: PlatformUnderTest, email: str) -> None:
    settings = Settings.read({"PLATFORM_HOME": str(platform.home)})
    state, bucket = SavedState(settings.embedded_aws), bucket_of("eu-west-1")
    kept = platform.gateway.post("/users", json={"email": email}).headers["Location"]
    platform.aws("s3").put_object(Bucket=bucket, Key="kept", Body=b"kept")
    before = state.saved_at
    embedded_aws_process.ask_for_checkpoint(settings)
    eventually(lambda: state.saved_at != before)
    lost = platform.gateway.post("/users", json={"email": f"lost.{email}"}).headers["Location"]
    platform.aws("s3").put_object(Bucket=bucket, Key="lost", Body=b"lost")

    crashed = embedded_aws_process.embedded_aws(settings).find()
    assert crashed is not None
    handlers = crashed.children()
    assert handlers
    crashed.kill()
    # They end by themselves: their input has ended.
    eventually(lambda: not any(is_running(handler) for handler in handlers))
    output = platform.run("up")

    assert "ended without `make down`. Lost: all changes after 20" in output
    assert platform.gateway.get(kept).json()["email"] == email
    assert platform.gateway.get(lost).status_code == 404
    objects = platform.aws("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert {"kept", "lost"} & {each["Key"] for each in objects} == {"kept"}
    platform.aws("s3").delete_object(Bucket=bucket, Key="kept")
    # The tokens of the demo identities still work, and nothing is said a second time.
    assert "Lost" not in platform.run("up")


def is_running(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
