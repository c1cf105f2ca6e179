"""A read of one version of an object keeps to the range, and to the headers, that it asks for.

Stands on `s3._get_object`, which does both for the newest version alone, and on `_parse_range` and
`_apply_response_overrides`, which it does them with.
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
            # A checksum of the whole says nothing of a part.
            answered = {name: value for name, value in answered.items() if "x-amz-checksum" not in name.lower()}
            answered["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
            answered["Content-Length"] = str(last + 1 - first)
            return PARTIAL_CONTENT, answered, body[first : last + 1]
    return status, answered, body


def _install() -> None:
    s3._get_object = _get


EXTENSION = Extension(
    closes="A read of one version of an object ignored its range and the response headers it asked for.",
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
