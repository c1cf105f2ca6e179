"""The values of service.toml that the code repeats."""

from cdk.settings.manifests import load_manifests
from functions.files.domain import PENDING_KEPT
from functions.files.drawing_process import DEADLINE_S, MEMORY_MB
from functions.files.media_types import MB, MEDIA_TYPES

[MANIFEST] = [manifest for manifest in load_manifests() if manifest.service == "files"]


def test_an_upload_is_kept_as_long_as_the_record_that_waits_for_it() -> None:
    assert MANIFEST.bucket
    kept_days = {rule.prefix: rule.kept_days for rule in MANIFEST.bucket.lifecycle}

    assert kept_days == {"incoming/": PENDING_KEPT.days}
    assert PENDING_KEPT.seconds == 0


def test_the_drawing_leaves_the_rest_of_the_function_its_memory_and_time() -> None:
    thumbnails = MANIFEST.functions["thumbnails"]
    largest_image = max(each.max_bytes for each in MEDIA_TYPES.values() if each.is_image)
    # The interpreter with boto3 and PynamoDB, measured; the image, and the pipe's copy of it.
    own_mb = 120 + 2 * largest_image / MB

    assert MEMORY_MB + own_mb <= thumbnails.memory_mb
    assert thumbnails.timeout_s - 10 >= DEADLINE_S


def test_one_picture_takes_neither_the_time_of_another_nor_the_concurrency_of_the_apis() -> None:
    thumbnails = MANIFEST.functions["thumbnails"]

    assert thumbnails.batch_size == 1
    assert thumbnails.max_concurrency
