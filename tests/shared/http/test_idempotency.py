from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from fastapi import Response
from pydantic import BaseModel

from functions.shared.auth.callers import Caller
from functions.shared.errors import IdempotencyKeyReused, Unavailable
from functions.shared.http.idempotency import IdempotentRequests, key_of, request_token
from functions.shared.invocation import invocation
from tests.lambda_client import LambdaContext

CALLER = Caller(subject="ada", is_machine=False)


class Body(BaseModel):
    name: str


class Made(BaseModel):
    name: str
    made_at: datetime


class Making:
    """Creates things, and records the tokens of the requests."""

    def __init__(self, requests: IdempotentRequests) -> None:
        self.requests = requests
        self.tokens: list[str | None] = []

    def answer(self, name: str, *, key: str | None) -> tuple[Made, bool]:
        def make(token: str | None) -> Made:
            self.tokens.append(token)
            return Made(name=name, made_at=datetime.now(UTC))

        response = Response()
        with invocation(LambdaContext()):
            made = self.requests.answer(make, Made, key=key, body=Body(name=name), response=response)
        return made, response.headers.get("Idempotency-Replayed") == "true"


@pytest.fixture
def making(make_table: Callable[[str], None]) -> Making:
    make_table("users")
    return Making(IdempotentRequests("users", operation="things.make"))


def test_a_key_takes_effect_once_and_is_answered_the_same_bytes(making: Making) -> None:
    first, replayed_first = making.answer("lamp", key="ada/1")
    second, replayed_second = making.answer("lamp", key="ada/1")

    assert (replayed_first, replayed_second) == (False, True)
    assert first.model_dump_json() == second.model_dump_json()
    assert making.tokens == [request_token("ada/1", Body(name="lamp"))]


def test_a_request_without_a_key_takes_effect_each_time_and_has_no_token(making: Making) -> None:
    assert [making.answer("lamp", key=None)[1] for _ in range(2)] == [False, False]
    assert making.tokens == [None, None]


def test_a_key_with_another_body_is_refused(making: Making) -> None:
    making.answer("lamp", key="ada/1")

    with pytest.raises(IdempotencyKeyReused):
        making.answer("chair", key="ada/1")

    assert len(making.tokens) == 1


def test_an_error_is_not_remembered(making: Making) -> None:
    calls = []

    def fail(_: str | None) -> Made:
        calls.append(1)
        raise Unavailable

    for _ in range(2):
        with invocation(LambdaContext()), pytest.raises(Unavailable):
            making.requests.answer(fail, Made, key="ada/1", body=Body(name="lamp"), response=Response())

    assert len(calls) == 2


def test_a_key_belongs_to_its_caller_and_scope() -> None:
    keys = [
        key_of(CALLER, "1"),
        key_of(CALLER, "1", "all"),
        key_of(Caller(subject="grace", is_machine=False), "1"),
    ]

    assert keys == ["ada/1", "ada/all/1", "grace/1"]
    assert key_of(CALLER, None) is None
