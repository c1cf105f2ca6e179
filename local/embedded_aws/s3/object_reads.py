"""Apply the requested range and response headers to a read of one version of an object.

Relies on `s3._get_object`, which does so only for the newest version, with `_parse_range` and
`_apply_response_overrides`.
"""

from ministack.services import s3

from local.embedded_aws.extension import Extension, Hook

OK, PARTIAL_CONTENT = 200, 206
_upstream = s3._get_object


def _get(
    bucket_name: str, key: str, headers: dict[str, str], query_params: dict[str, list[str]] | None = None
) -> tuple[int, dict[str, str], bytes]:
    status, answered, body = _upstream(bucket_name, key, headers, query_params)
    query = query_params or {}
    if status == OK and s3._qp(query, "versionId"):
        s3._apply_response_overrides(answered, query)
        wanted = s3._parse_range(headers.get("range", ""), len(body))
        if wanted:
            first, last = wanted
            # The checksum of the whole object does not fit a part.
            answered = {name: value for name, value in answered.items() if "x-amz-checksum" not in name.lower()}
            answered["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
            answered["Content-Length"] = str(last + 1 - first)
            return PARTIAL_CONTENT, answered, body[first : last + 1]
    return status, answered, body


def _install() -> None:
    s3._get_object = _get


EXTENSION = Extension(
    closes="A read of one version of an object ignored the requested range and response headers.",
    hooks=(
        Hook(
            module="ministack.services.s3",
            name="_get_object",
            parameters=("bucket_name", "key", "headers", "query_params"),
        ),
        Hook(module="ministack.services.s3", name="_parse_range", parameters=("range_header", "total")),
        Hook(
            module="ministack.services.s3",
            name="_apply_response_overrides",
            parameters=("resp_headers", "query_params"),
        ),
        Hook(module="ministack.services.s3", name="_qp", parameters=("params", "key", "default")),
    ),
    install=_install,
)
