"""`make smoke`: the questions, and the patience with a platform that has just started."""

from collections.abc import Iterator

from urllib3.exceptions import HTTPError

from operate.commands.smoke import Question, ask, questions
from operate.target import Target


def test_each_service_is_asked_for_its_health_and_must_refuse_strangers() -> None:
    asked = {question.path: question.status for question in questions(Target("dev", {}))}

    assert asked["/users/health"] == 200
    assert asked["/users"] == 401
    assert asked["/openapi.json"] == 200
    assert "/activity" in asked


def test_an_answer_that_becomes_right_is_right() -> None:
    answers, waits = iter([503, 502, 200]), list[float]()

    assert ask(lambda _: next(answers), iter([Question("/users/health", 200)]), sleep=waits.append) == []
    assert len(waits) == 2


def test_wrong_answers_and_missing_ones_are_told() -> None:
    def get(path: str) -> int:
        if path == "/files/health":
            raise HTTPError("refused")
        return 200

    asked: Iterator[Question] = iter([Question("/users", 401), Question("/files/health", 200), Question("/a", 200)])

    assert ask(get, asked, sleep=lambda _: None) == [
        "GET /users: expected 401, found 200",
        "GET /files/health: no answer: refused",
    ]
