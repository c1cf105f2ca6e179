"""Delete the buckets that exist only on the disk after a crash, as all other state of that run is lost.

Relies on `persistence.load_state` and on the buckets that `s3` reads from `S3_DATA_DIR` at its import. Objects are
written at once, all other state only at a clean stop. A remaining bucket would make the stack that creates it fail.
"""

import shutil
from pathlib import Path

from ministack.core import persistence
from ministack.services import s3

from local.embedded_aws.extension import Extension, Hook


def _delete_unknown_buckets() -> None:
    saved = persistence.load_state("s3") or {}
    known = saved["buckets_meta"]._data.keys() if "buckets_meta" in saved else set()
    for account_id, name in set(s3._buckets._data) - set(known):
        del s3._buckets._data[(account_id, name)]
        for key in [key for key in s3._object_versions._data if key[0] == account_id and key[1][0] == name]:
            del s3._object_versions._data[key]
        shutil.rmtree(Path(s3.DATA_DIR) / account_id / name, ignore_errors=True)


def _install() -> None:
    if s3.S3_PERSIST and persistence.PERSIST_STATE:
        _delete_unknown_buckets()


EXTENSION = Extension(
    closes="A bucket of a run that crashed made the next deployment fail.",
    hooks=(
        Hook(module="ministack.core.persistence", name="load_state", parameters=("service",)),
        Hook(module="ministack.services.s3", name="get_state", contains=('state = {"buckets_meta":',)),
        Hook(
            module="ministack.services.s3",
            name="_load_persisted_bucket",
            contains=("scoped_key = (account_id, bucket_name)", "_buckets._data[scoped_key] = {"),
        ),
        Hook(module="ministack.services.s3", name="_object_versions"),
    ),
    install=_install,
)
