import gzip
import io
import json
from typing import Any

import pytest
from starlette.responses import Response

from functions.shared.auth.access import access, guarded_router
from functions.shared.errors import ApiError
from functions.shared.http.application import create_app, lambda_handler
from tests.lambda_client import LambdaClient, LambdaContext

router = guarded_router("things")


@router.get("/broken")
@access(member="never")
async def broken() -> None:
    raise ZeroDivisionError("secret@example.com")


@router.put("/{name}")
@access(member="never")
async def put_thing(name: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, **body}


@router.delete("/{name}")
@access(member="never")
async def delete_thing(name: str) -> None:
    raise ApiError("Not today.", headers={"X-Reason": name})


answers = guarded_router("answers")


@answers.get("/tagged")
@access(member="own")
async def get_tagged(response: Response) -> None:
    response.headers["ETag"] = '"1"'


@answers.post("/tagged")
@access(member="own")
async def post_tagged(response: Response) -> None:
    response.headers["ETag"] = '"1"'


@answers.get("/public")
@access(member="own")
async def get_public(response: Response) -> None:
    response.headers["Cache-Control"] = "public"


@pytest.fixture
def things() -> LambdaClient:
    return LambdaClient(lambda_handler(create_app("things", title="Things", description="Tests.", router=router)))


def test_the_service_tells_that_it_answers(things: LambdaClient) -> None:
    answer = things.get("/things/health")

    assert (answer.status, answer.json) == (200, {"status": "ok", "service": "things"})


def test_the_request_id_of_the_gateway_is_answered(things: LambdaClient) -> None:
    assert things.get("/things/health", headers={"X-Request-Id": "request-1"}).headers["x-request-id"] == "request-1"


@pytest.mark.parametrize(
    ("method", "path", "status", "rule"),
    [
        ("GET", "/answers/health", 200, "no-store"),
        ("GET", "/answers/openapi.json", 200, "no-store"),
        ("GET", "/answers/tagged", 200, "private, no-cache"),
        ("HEAD", "/answers/tagged", 200, "private, no-cache"),
        ("POST", "/answers/tagged", 200, "no-store"),
        ("GET", "/answers/public", 200, "public"),
        ("GET", "/answers/nothing/here", 404, "no-store"),
    ],
)
def test_no_cache_keeps_an_answer_unless_its_route_says_so(method: str, path: str, status: int, rule: str) -> None:
    app = create_app("answers", title="Answers", description="Tests.", router=answers)

    answer = LambdaClient(lambda_handler(app)).request(method, path)

    assert (answer.status, answer.headers["cache-control"]) == (status, rule)


def test_no_cache_keeps_an_unexpected_error(things: LambdaClient) -> None:
    assert things.get("/things/broken").headers["cache-control"] == "no-store"


def test_a_request_without_an_id_gets_one(things: LambdaClient) -> None:
    assert len(things.get("/things/health").headers["x-request-id"]) == 32


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/things/nothing/here", 404, "not-found"),
        ("GET", "/elsewhere", 404, "not-found"),
        ("GET", "/things/", 404, "not-found"),
        ("POST", "/things/one", 405, "method-not-allowed"),
        ("GET", "/things/broken", 500, "internal-error"),
        ("DELETE", "/things/one", 500, "internal-error"),
    ],
)
def test_every_error_is_answered_with_problem_details(
    things: LambdaClient, method: str, path: str, status: int, slug: str
) -> None:
    answer = things.request(method, path, headers={"X-Request-Id": "request-1"})

    assert (answer.status, answer.problem) == (status, slug)
    assert answer.json["status"] == status
    assert answer.json["request_id"] == answer.headers["x-request-id"] == "request-1"


def test_a_wrong_method_is_told_all_that_are_right(things: LambdaClient) -> None:
    assert things.request("POST", "/things/one").headers["allow"] == "PUT, DELETE"


def test_a_method_that_http_does_not_define_is_neither_answered_nor_logged(
    things: LambdaClient, log: io.StringIO
) -> None:
    answer = things.request("ADA" * 20_000, "/things/one")

    assert (answer.status, answer.json["detail"]) == (405, "This method is not allowed here. Allowed: PUT, DELETE.")
    assert json.loads(log.getvalue())["method"] == "other"
    assert "ADA" not in log.getvalue()


def test_the_headers_of_an_error_are_answered(things: LambdaClient) -> None:
    assert things.delete("/things/one").headers["x-reason"] == "one"


def test_an_unexpected_error_is_logged_with_its_place_but_answered_and_logged_without_its_words(
    things: LambdaClient, log: io.StringIO
) -> None:
    answer = things.get("/things/broken", headers={"X-Request-Id": "request-1"})

    error, request = [json.loads(line) for line in log.getvalue().splitlines()]
    assert (error["level"], error["error"], error["request_id"]) == ("ERROR", "ZeroDivisionError", "request-1")
    assert any("test_application.py" in frame and "broken" in frame for frame in error["stack"])
    assert (request["status"], request["route"]) == (500, "/things/broken")
    assert "secret" not in log.getvalue()
    assert b"secret" not in answer.body


def test_a_request_is_logged_by_its_route_and_never_by_its_path(things: LambdaClient, log: io.StringIO) -> None:
    things.request("PUT", "/things/ada@example.com", body={}, headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})

    [line] = [json.loads(text) for text in log.getvalue().splitlines()]
    assert (line["method"], line["route"], line["status"]) == ("PUT", "/things/{name}", 200)
    assert line["trace_id"] == "a" * 32
    assert line["duration_ms"] > 0
    assert "ada@" not in log.getvalue()


def test_each_request_is_measured_and_server_errors_are_counted(
    things: LambdaClient, capsys: pytest.CaptureFixture[str]
) -> None:
    things.get("/things/health")
    things.get("/things/broken")

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    fine, broken = [line for line in lines if "Duration" in line]
    assert "ServerErrors" not in fine
    assert broken["ServerErrors"] == [1]
    assert fine["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "platform"


def test_the_openapi_document_names_problems_and_no_validation_error_of_fastapi(things: LambdaClient) -> None:
    document = things.get("/things/openapi.json").json

    assert "Problem" in document["components"]["schemas"]
    assert "ValidationError" not in json.dumps(document)
    assert list(document["paths"]) == ["/things/health", "/things/broken", "/things/{name}"]


def test_the_docs_page_needs_nothing_from_elsewhere(things: LambdaClient) -> None:
    page = things.get("/things/docs")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert b"http" not in page.body
    assert "script-src 'self'" in page.headers["content-security-policy"]
    script = things.get("/things/docs/swagger-ui-bundle.js")
    assert script.headers["content-encoding"] == "gzip"
    assert b"SwaggerUIBundle" in gzip.decompress(script.body)


def test_a_rehearsed_request_is_logged_as_such_and_not_measured(
    log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    event = {
        "rehearsal": {},
        "requestContext": {"elb": {}},
        "httpMethod": "GET",
        "path": "/things/health",
        "multiValueQueryStringParameters": {},
        "multiValueHeaders": {},
        "body": "",
        "isBase64Encoded": False,
    }

    app = create_app("things", title="Things", description="Tests.", router=router)
    assert lambda_handler(app)(event, LambdaContext())["statusCode"] == 200

    [line] = [json.loads(line) for line in log.getvalue().splitlines()]
    assert (line["status"], line["rehearsed"]) == (200, True)
    assert '"_aws"' not in capsys.readouterr().out
