"""Buckets after a crash."""

import json
import os
import subprocess
import sys
from pathlib import Path

from ministack.services import s3  # noqa: F401 - it reads the folders below when it is imported, in the process started

HOME = Path(os.environ["HOME"])


def test_buckets_of_a_run_that_crashed_are_deleted_and_saved_ones_are_kept() -> None:
    buckets = HOME / "s3" / "000000000000"
    for bucket in ("kept", "unsaved"):
        (buckets / bucket).mkdir(parents=True)
        (buckets / bucket / "object").write_text("x")
    saved = {"buckets_meta": {"__scoped__": True, "data": {"000000000000\x00'kept'": {"created": "2026"}}}}
    (HOME / "services").mkdir()
    (HOME / "services" / "s3.json").write_text(json.dumps({"__ministack_format__": 2, "payload": saved}))

    listed = subprocess.run(
        [sys.executable, "-m", "tests.local.embedded_aws.s3.list_buckets"],
        env={
            **os.environ,
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(HOME / "s3"),
            "PERSIST_STATE": "1",
            "STATE_DIR": str(HOME / "services"),
        },
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(listed.stdout) == ["kept"]
    assert not (buckets / "unsaved").exists()
    assert (buckets / "kept" / "object").exists()
