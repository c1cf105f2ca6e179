"""The values of service.toml that the code repeats."""

from cdk.settings.manifests import load_manifests
from functions.files.domain import PENDING_KEPT

[MANIFEST] = [manifest for manifest in load_manifests() if manifest.service == "files"]


def test_an_upload_is_kept_as_long_as_the_record_that_waits_for_it() -> None:
    assert MANIFEST.bucket
    kept_days = {rule.prefix: rule.kept_days for rule in MANIFEST.bucket.lifecycle}

    assert kept_days == {"incoming/": PENDING_KEPT.days}
    assert PENDING_KEPT.seconds == 0
