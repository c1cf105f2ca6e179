"""HEAD is answered like GET, without the content."""

import io
import json

import pytest

from functions.shared.auth.access import access, guarded_router
from functions.shared.http.application import create_app, lambda_handler
from tests.lambda_client import LambdaClient
from tests.tokens import machine

router = guarded_router("things")


@router.get("/{name}")
@access(member="own")
async def get_thing(name: str) -> dict[str, str]:
    return {"name": name}


@router.post("")
@access(member="own")
async def create_thing() -> None:
    raise NotImplementedError


@pytest.fixture
def things() -> LambdaClient:
    return LambdaClient(lambda_handler(create_app("things", title="Things", description="Tests.", router=router)))


@pytest.mark.parametrize(
    "path", ["/things/health", "/things/one", "/things/openapi.json", "/things/docs", "/things/a/b"]
)
def test_head_answers_what_get_does_without_the_content(things: LambdaClient, path: str) -> None:
    got, head = (things.request(method, path, headers={"X-Request-Id": "1"}) for method in ("GET", "HEAD"))

    assert (head.status, head.headers) == (got.status, got.headers)
    assert got.body
    assert head.body == b""
    assert int(head.headers["content-length"]) == len(got.body)


def test_head_needs_the_scope_that_get_needs(things: LambdaClient) -> None:
    statuses = [
        things.by(machine(*scopes)).request("HEAD", "/things/one").status
        for scopes in ((), ("things/write",), ("things/read",))
    ]

    assert statuses == [403, 403, 200]
    assert things.by("").request("HEAD", "/things/one").status == 401


def test_head_is_not_allowed_where_get_is_not(things: LambdaClient) -> None:
    assert things.request("HEAD", "/things").status == 405
    assert things.request("PUT", "/things").headers["allow"] == "POST"
    assert things.request("PUT", "/things/one").headers["allow"] == "GET, HEAD"


def test_head_is_logged_as_what_it_is_with_its_route(things: LambdaClient, log: io.StringIO) -> None:
    things.request("HEAD", "/things/one")

    [line] = [json.loads(text) for text in log.getvalue().splitlines()]
    assert (line["method"], line["route"], line["status"]) == ("HEAD", "/things/{name}", 200)
