"""`make smoke`: the questions, and the patience with a platform that has just started."""

import json
from urllib.parse import urlsplit

import pytest
from urllib3.exceptions import HTTPError

from operate.commands.smoke import Question, ask, questions
from operate.target import CHECKOUT, Target


def test_each_service_is_asked_for_its_health_and_must_refuse_strangers() -> None:
    asked = list(questions(Target("dev", {})))

    assert Question("/openapi.json", 200) in asked
    assert Question("/users/health", 200) in asked
    assert Question("/users?limit=1", 401) in asked
    assert Question("/operations/deployments?limit=1", 401) in asked


@pytest.mark.parametrize("question", list(questions(Target("dev", {}))), ids=lambda each: each.path)
def test_the_platform_has_each_question(question: Question) -> None:
    document = json.loads((CHECKOUT / "docs/openapi.json").read_text("utf-8"))
    own = {"/openapi.json"}

    path = urlsplit(question.path).path

    assert path in own or str(question.status) in document["paths"][path]["get"]["responses"]


def test_an_answer_that_becomes_right_is_right() -> None:
    answers, waits = iter([503, 502, 200]), list[float]()

    assert ask(lambda _: next(answers), [Question("/users/health", 200)], sleep=waits.append) == []
    assert len(waits) == 2


def test_wrong_answers_and_missing_ones_are_told() -> None:
    def get(path: str) -> int:
        if path == "/files/health":
            raise HTTPError("refused")
        return 200

    asked = [Question("/users", 401), Question("/files/health", 200), Question("/a", 200)]

    waits = list[float]()
    assert ask(get, asked, sleep=waits.append) == [
        "GET /users: expected 401, found 200",
        "GET /files/health: no answer: refused",
    ]
    # However many are wrong, they are waited for together.
    assert len(waits) == 4
