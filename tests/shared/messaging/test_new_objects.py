"""The consumer of new objects: each message has its own result, however often it is delivered."""

import io
import json
from typing import Any

import pytest

from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.messaging.new_objects import NewObject, new_object_handler
from tests.lambda_client import LambdaContext
from tests.shared.fakes import FakeDeadLetters


def message(number: int, body: object) -> dict[str, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    return {"messageId": f"m{number}", "body": text, "eventSource": "aws:sqs", "attributes": {}}


def told(key: str) -> dict[str, Any]:
    return {"detail": {"bucket": {"name": "b"}, "object": {"key": key, "version-id": "v1", "size": 4}}}


def failed(answer: Any) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_each_object_of_a_batch_takes_effect() -> None:
    taken: list[NewObject] = []

    answer = new_object_handler(taken.append)(
        {"Records": [message(1, told("a")), message(2, told("b/ö c"))]}, LambdaContext()
    )

    assert taken == [NewObject(key="a", object_version="v1"), NewObject(key="b/ö c", object_version="v1")]
    assert failed(answer) == []


def test_what_fails_comes_again_and_the_rest_is_done(log: io.StringIO) -> None:
    def effect(found: NewObject) -> None:
        if found.key == "bad":
            raise ValueError("names ada@example.com")

    answer = new_object_handler(effect)(
        {"Records": [message(1, told("good")), message(2, told("bad")), message(3, told("good"))]}, LambdaContext()
    )

    assert failed(answer) == ["m2"]
    assert "ada@example.com" not in log.getvalue()


def test_what_was_done_before_is_done() -> None:
    def effect(_: NewObject) -> None:
        raise AlreadySeen

    assert failed(new_object_handler(effect)({"Records": [message(1, told("a"))]}, LambdaContext())) == []


@pytest.mark.parametrize(
    "body", ["{", "[]", {}, {"detail": {}}, {"detail": {"object": {"key": "a"}}}, {"detail": {"object": None}}]
)
def test_a_message_that_tells_of_no_version_of_an_object_is_a_dead_letter_by_itself(body: object) -> None:
    taken: list[NewObject] = []
    dead_letters = FakeDeadLetters()
    records = [message(1, body), message(2, told("a"))]

    answer = new_object_handler(taken.append, dead_letters=dead_letters)({"Records": records}, LambdaContext())

    [letter] = dead_letters.letters
    assert failed(answer) == []
    assert len(taken) == 1
    assert letter.body == records[0]["body"]
    assert (letter.reasons["error"], "no object with a version" in letter.reasons["reason"]) == ("MalformedEvent", True)


def test_an_object_that_fails_for_the_last_time_is_a_dead_letter_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    def effect(_: NewObject) -> None:
        raise OSError("no disk")

    monkeypatch.setenv("MAX_RECEIVES", "2")
    dead_letters = FakeDeadLetters()
    handler = new_object_handler(effect, dead_letters=dead_letters)
    received = [message(1, told("a")) | {"attributes": {"ApproximateReceiveCount": str(n)}} for n in (1, 2)]

    answers = [failed(handler({"Records": [each]}, LambdaContext())) for each in received]

    assert answers == [["m1"], []]
    assert [letter.reasons["error"] for letter in dead_letters.letters] == ["OSError"]
    assert [json.loads(line)["message"] for line in log.getvalue().splitlines()] == ["object failed"] * 2
    assert '"ObjectsDead":[1.0]' in capsys.readouterr().out.replace(" ", "")
