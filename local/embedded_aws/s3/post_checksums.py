"""Compare the checksum in the form of a presigned POST with the object, and store the checksum.

Relies on `s3._post_object`, which calls `_enforce_signed_post_policy` and then `_build_object_record`, and on
`_resolve_object_checksums`, which does the same for a PUT.
"""

from contextvars import ContextVar
from typing import Any

from ministack.services import s3

from local.embedded_aws.extension import Extension, Hook

_body: ContextVar[bytes | None] = ContextVar("body", default=None)
_checksums: ContextVar[dict[str, str] | None] = ContextVar("checksums", default=None)
_upstream_post = s3._post_object
_upstream_enforce = s3._enforce_signed_post_policy
_upstream_record = s3._build_object_record


def _post(bucket_name: str, body: bytes, headers: dict[str, str]) -> Any:
    parts = s3._parse_multipart_form(headers.get("content-type", ""), body)
    tokens = (
        _body.set(next((value for name, _, _, value in parts if name == "file"), None)),
        _checksums.set(None),
    )
    try:
        return _upstream_post(bucket_name, body, headers)
    finally:
        _body.reset(tokens[0])
        _checksums.reset(tokens[1])


def _enforce(fields: dict[str, str], *arguments: Any) -> Any:
    refused = _upstream_enforce(fields, *arguments)
    if refused is None:
        checksums, refused = s3._resolve_object_checksums(_body.get() or b"", fields)
        _checksums.set(checksums)
    return refused


def _record(
    body: bytes, headers: dict[str, str], etag: str | None = None, checksums: dict[str, str] | None = None
) -> Any:
    return _upstream_record(body, headers, etag=etag, checksums=checksums or _checksums.get())


def _install() -> None:
    s3._post_object = _post
    s3._enforce_signed_post_policy = _enforce
    s3._build_object_record = _record


EXTENSION = Extension(
    closes="The checksum in the form of a presigned POST was ignored.",
    hooks=(
        Hook(
            module="ministack.services.s3",
            name="_post_object",
            parameters=("bucket_name", "body", "headers"),
            contains=(
                "err = _enforce_signed_post_policy(fields, bucket_name,",
                "obj = _build_object_record(file_value, synth, etag=etag)",
            ),
        ),
        Hook(
            module="ministack.services.s3",
            name="_enforce_signed_post_policy",
            parameters=("fields", "bucket_name", "region", "size", "sigv4"),
        ),
        Hook(
            module="ministack.services.s3",
            name="_build_object_record",
            parameters=("body", "headers", "etag", "checksums"),
        ),
        Hook(module="ministack.services.s3", name="_resolve_object_checksums", parameters=("body", "headers")),
        Hook(module="ministack.services.s3", name="_parse_multipart_form", parameters=("content_type", "body")),
    ),
    install=_install,
)
