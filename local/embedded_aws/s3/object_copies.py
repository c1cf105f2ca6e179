"""Apply the conditions of a copy to its target, and compute the requested checksum.

Relies on `s3._copy_object`, and on `_check_put_preconditions`, which does the same for a PUT.
"""

from typing import Any

from ministack.services import s3

from local.embedded_aws.extension import Extension, Hook

_upstream = s3._copy_object


def _copy(bucket_name: str, dest_key: str, headers: dict[str, str]) -> Any:
    existing = s3._buckets.get(bucket_name, {}).get("objects", {}).get(dest_key)
    refused = s3._check_put_preconditions(headers, existing)
    if refused:
        return refused
    algorithm = headers.get("x-amz-checksum-algorithm")
    return _upstream(
        bucket_name, dest_key, {**headers, "x-amz-sdk-checksum-algorithm": algorithm} if algorithm else headers
    )


def _install() -> None:
    s3._copy_object = _copy


EXTENSION = Extension(
    closes="A copy ignored If-None-Match and the requested checksum algorithm.",
    hooks=(
        Hook(
            module="ministack.services.s3",
            name="_copy_object",
            parameters=("bucket_name", "dest_key", "headers"),
            contains=('if headers.get("x-amz-sdk-checksum-algorithm") or any(',),
        ),
        Hook(module="ministack.services.s3", name="_check_put_preconditions", parameters=("headers", "existing_obj")),
    ),
    install=_install,
)
