import base64
import json
from typing import Any

import pytest
from fastapi import Request, Response

from functions.shared.auth.access import access, guarded_router
from functions.shared.http.application import LambdaHandler, create_app, lambda_handler
from tests.lambda_client import LambdaContext
from tests.tokens import admin

router = guarded_router("things")


@router.post("")
@access(member="never")
async def echo(request: Request, response: Response) -> dict[str, Any]:
    response.headers.append("Set-Cookie", "a=1")
    response.headers.append("Set-Cookie", "b=2")
    return {"body": (await request.body()).decode(), "query": request.query_params.multi_items()}


@pytest.fixture(scope="module")
def handler() -> LambdaHandler:
    return lambda_handler(create_app("things", title="Things", description="Tests.", router=router))


def request(**changes: Any) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:test"}},
        "httpMethod": "POST",
        "path": "/things",
        "multiValueQueryStringParameters": {},
        "multiValueHeaders": {"host": ["localhost:8443"]},
        "body": "",
        "isBase64Encoded": False,
    } | changes
    sent["multiValueHeaders"] = {"authorization": [f"Bearer {admin()}"], **sent["multiValueHeaders"]}
    return sent


@pytest.mark.parametrize(
    "headers",
    [
        {"host": ["a:b"]},
        {"host": ["[::1]:8443"]},
        {"Host": ["a:b"]},
        {"host": ["localhost"], "x-forwarded-port": ["none"]},
        {},
    ],
)
def test_a_request_is_answered_whatever_it_calls_the_server(handler: LambdaHandler, headers: dict[str, Any]) -> None:
    assert handler(request(multiValueHeaders=headers), LambdaContext())["statusCode"] == 200


def test_a_body_that_the_load_balancer_encoded_is_decoded(handler: LambdaHandler) -> None:
    encoded = base64.b64encode("é".encode()).decode()

    answer = handler(request(body=encoded, isBase64Encoded=True), LambdaContext())

    assert json.loads(answer["body"])["body"] == "é"


def test_parameters_keep_all_their_values_decoded_once(handler: LambdaHandler) -> None:
    sent = {"a": ["1", "%2541+b"], "%C3%A9": ["%26"]}

    answer = handler(request(multiValueQueryStringParameters=sent), LambdaContext())

    assert json.loads(answer["body"])["query"] == [["a", "1"], ["a", "%41 b"], ["é", "&"]]


def test_a_header_that_is_answered_twice_has_both_values(handler: LambdaHandler) -> None:
    assert handler(request(), LambdaContext())["multiValueHeaders"]["set-cookie"] == ["a=1", "b=2"]
