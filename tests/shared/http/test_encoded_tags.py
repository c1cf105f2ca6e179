"""An answer that the gateway may compress has another entity tag; requests may name either."""

from typing import Annotated

import pytest
from fastapi import Header
from starlette.responses import JSONResponse, Response

from functions.shared.auth.access import access, guarded_router
from functions.shared.http.application import create_app, lambda_handler
from functions.shared.http.preconditions import entity_tag, is_unchanged
from functions.shared.interface.names import COMPRESSED_FROM_BYTES
from tests.lambda_client import LambdaClient

router = guarded_router("texts")


@router.get("/{size_bytes}")
@access(member="own")
async def read_text(size_bytes: int, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    headers = {"ETag": entity_tag(7)}
    if is_unchanged(if_none_match, version=7):
        return Response(status_code=304, headers=headers)
    # The quotes of JSON are two bytes.
    return JSONResponse("x" * (size_bytes - 2), headers=headers)


@pytest.fixture(scope="module")
def texts() -> LambdaClient:
    return LambdaClient(lambda_handler(create_app("texts", title="Texts", description="Tests.", router=router)))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("accepted", "size_bytes", "tag"),
    [
        ("gzip", COMPRESSED_FROM_BYTES, '"7-gzip"'),
        ("br;q=1.0, GZIP;q=0.8, *;q=0.1", COMPRESSED_FROM_BYTES, '"7-gzip"'),
        ("*", COMPRESSED_FROM_BYTES, '"7-gzip"'),
        ("gzip", COMPRESSED_FROM_BYTES - 1, '"7"'),
        ("identity", COMPRESSED_FROM_BYTES, '"7"'),
        ("br, zstd", COMPRESSED_FROM_BYTES, '"7"'),
        ("", COMPRESSED_FROM_BYTES, '"7"'),
    ],
)
def test_a_tag_names_the_encoding_that_the_gateway_may_choose(
    texts: LambdaClient, method: str, accepted: str, size_bytes: int, tag: str
) -> None:
    answer = texts.request(method, f"/texts/{size_bytes}", headers={"Accept-Encoding": accepted})

    assert answer.headers["etag"] == tag


@pytest.mark.parametrize(("named", "tag"), [('"7-gzip"', '"7-gzip"'), ('"7"', '"7"'), ('W/"7-gzip"', '"7-gzip"')])
def test_an_unchanged_answer_has_the_tag_that_the_client_named(texts: LambdaClient, named: str, tag: str) -> None:
    answer = texts.get("/texts/2000", headers={"Accept-Encoding": "gzip", "If-None-Match": named})

    assert (answer.status, answer.headers["etag"]) == (304, tag)
