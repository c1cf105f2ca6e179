"""Refuse what S3 refuses in signed requests of clients: two kinds of authorization, and form fields after the file.

Relies on `s3._verify_presigned_sigv4`, which checks every signed URL, and on `_parse_multipart_form`, which reads a
form for `_request_access_key`, to find the signer, and then for `_post_object`.
"""

from contextvars import ContextVar
from typing import Any

from ministack.services import s3

from local.embedded_aws.extension import Extension, Hook

_upstream_verify = s3._verify_presigned_sigv4
_upstream_parse = s3._parse_multipart_form
_upstream_access_key = s3._request_access_key
_finds_signer: ContextVar[bool] = ContextVar("finds_signer", default=False)


def _verify(method: str, path: str, headers: dict[str, str], query_params: dict[str, Any]) -> Any:
    if "X-Amz-Signature" in query_params and headers.get("authorization"):
        # https://github.com/catalyst/moodle-tool_objectfs/issues/303 shows S3's answer. Clients that send the token of
        # our API to the signed URL, too, get it.
        return s3._error(
            "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
            "parameter or the Authorization header should be specified",
            400,
            path,
        )
    return _upstream_verify(method, path, headers, query_params)


def _access_key(method: str, key: str, headers: dict[str, str], query_params: dict[str, Any], body: bytes) -> Any:
    token = _finds_signer.set(True)
    try:
        return _upstream_access_key(method, key, headers, query_params, body)
    finally:
        _finds_signer.reset(token)


def _parse(content_type: str, body: bytes) -> list[tuple[Any, ...]]:
    """Return the parts of a posted form up to the file: S3 ignores any fields below it.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
    """
    parts: list[tuple[Any, ...]] = _upstream_parse(content_type, body)
    names = [part[0] for part in parts]
    return parts[: names.index("file") + 1] if "file" in names and not _finds_signer.get() else parts


def _install() -> None:
    s3._verify_presigned_sigv4 = _verify
    s3._parse_multipart_form = _parse
    s3._request_access_key = _access_key


EXTENSION = Extension(
    closes="A signed URL worked with an Authorization header, and a form with its fields in any order.",
    hooks=(
        Hook(
            module="ministack.services.s3",
            name="_verify_presigned_sigv4",
            parameters=("method", "path", "headers", "query_params"),
        ),
        Hook(module="ministack.services.s3", name="handle_request", contains=("= _verify_presigned_sigv4(method,",)),
        Hook(module="ministack.services.s3", name="_parse_multipart_form", parameters=("content_type", "body")),
        Hook(
            module="ministack.services.s3",
            name="_post_object",
            contains=("parts = _parse_multipart_form(", "Bucket POST must contain a field named 'key'."),
        ),
        Hook(
            module="ministack.services.s3",
            name="_request_access_key",
            parameters=("method", "key", "headers", "query_params", "body"),
            contains=("_parse_multipart_form(",),
        ),
        Hook(module="ministack.services.s3", name="_error"),
    ),
    install=_install,
)
