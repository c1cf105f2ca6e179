"""Bodies with a Content-Encoding, at a route of its own."""

import gzip

import pytest
from pydantic import BaseModel

from functions.shared.auth.access import access, guarded_router
from functions.shared.http.application import create_app, lambda_handler
from tests.lambda_client import LambdaClient

COMPRESSED = gzip.compress(b"{}", mtime=0).decode("latin-1")
router = guarded_router("things")


class Thing(BaseModel):
    name: str = ""


@router.post("")
@access(member="never")
async def post_thing(body: Thing) -> Thing:
    return body


@pytest.fixture
def things() -> LambdaClient:
    return LambdaClient(lambda_handler(create_app("things", title="Things", description="Tests.", router=router)))


@pytest.mark.parametrize("encoding", ["gzip", "br", "GZIP", "identity, gzip", "unknown"])
@pytest.mark.parametrize("content", ["{}", COMPRESSED])
def test_a_body_with_an_encoding_is_refused_before_it_is_read(
    things: LambdaClient, encoding: str, content: str
) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}

    answer = things.request("POST", "/things", body=content, headers=headers)

    assert (answer.status, answer.problem) == (415, "unsupported-media-type")
    assert answer.headers["accept-encoding"] == "identity"


def test_a_body_that_says_it_has_no_encoding_is_read(things: LambdaClient) -> None:
    assert things.post("/things", {}, headers={"Content-Encoding": "identity"}).status == 200
