"""The client of the public API."""

from pathlib import Path

import pytest

from operate.deployed.api import Api, UnexpectedAnswer
from operate.errors import OperateError
from operate.target import Target
from tests.operate.gateway import Reply, Request, gateway


def api(target: Target, *tokens: str) -> Api:
    given = iter(tokens or ("token",))
    return Api(target, token=lambda: next(given), connections=2)


def test_a_request_has_the_token_and_its_body_and_the_answer_is_parsed(tmp_path: Path) -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Reply:
        seen.append(request)
        return Reply(201, {"id": "1"}, {"Location": "/users/1"})

    with gateway(answer, tmp_path) as target:
        answered = api(target).send("POST", "/users", body={"email": "a@example.com"}, expect={201})

    assert (answered.status, answered.headers["location"], answered.content) == (201, "/users/1", {"id": "1"})
    assert (seen[0].method, seen[0].path, seen[0].body) == ("POST", "/users", {"email": "a@example.com"})
    assert seen[0].headers["Authorization"] == "Bearer token"


def test_an_answer_without_a_body_has_no_content(tmp_path: Path) -> None:
    with gateway(lambda _: Reply(204), tmp_path) as target:
        assert api(target).send("DELETE", "/users/1", expect={204}).content is None


@pytest.mark.parametrize("busy", [429, 502, 503, 504])
def test_a_transient_failure_is_retried(busy: int, tmp_path: Path) -> None:
    replies = iter([Reply(busy), Reply(busy), Reply(200, {})])

    with gateway(lambda _: next(replies), tmp_path) as target:
        assert api(target).send("GET", "/users", expect={200}).status == 200


def test_an_expired_token_is_renewed_once(tmp_path: Path) -> None:
    def answer(request: Request) -> Reply:
        return Reply(200 if request.headers["Authorization"] == "Bearer new" else 401, {"title": "Unauthorized"})

    with gateway(answer, tmp_path) as target:
        renewing = api(target, "old", "new")
        assert [renewing.send("GET", "/users", expect={200}).status for _ in range(2)] == [200, 200]
        with pytest.raises(UnexpectedAnswer, match="401 Unauthorized"):
            api(target, "old", "older").send("GET", "/users", expect={200})


def test_a_rejection_is_reported_with_its_problem_and_the_request_id(tmp_path: Path) -> None:
    problem = {"title": "Invalid request", "detail": "email: expected an address"}

    with (
        gateway(lambda _: Reply(422, problem, {"X-Request-Id": "r1"}), tmp_path) as target,
        pytest.raises(UnexpectedAnswer, match=r"POST /users failed with 422 Invalid request: email: .*\(request r1\)"),
    ):
        api(target).send("POST", "/users", body={}, expect={201})


def test_an_unreachable_gateway_is_reported_after_the_retries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with gateway(lambda _: Reply(200), tmp_path) as target:
        url = target.described["gateway_url"]
    monkeypatch.setattr("random.uniform", lambda *_: 0.0)

    with pytest.raises(OperateError, match=f"{url} does not answer"):
        api(target).send("GET", "/users", expect={200})
