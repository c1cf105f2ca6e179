"""The consumer of whole events: those of AWS, and our own."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from functions.shared.correlation import correlate, current
from functions.shared.messaging.delivered_event import delivered_event_handler
from functions.shared.messaging.event_checks import incoming
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from tests.lambda_client import LambdaContext
from tests.shared.fakes import FakeDeadLetters

OF_AWS = {"source": "aws.ecs", "detail-type": "ECS Deployment State Change", "detail": {}, "id": "1"}


def ours() -> tuple[Event, dict[str, Any]]:
    event = Event(
        type="UserCreated.v1",
        source="users",
        subject="users/1",
        sequence=1,
        data={"user_id": "01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10", "active": True},
        correlation=correlate(),
    )
    return event, {"source": event.source, "detail-type": event.type, "detail": event.envelope()}


def batch(*delivered: object) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": f"m{number}", "body": json.dumps(each), "eventSource": "aws:sqs", "attributes": {}}
            for number, each in enumerate(delivered)
        ]
    }


def test_an_event_of_aws_and_one_of_ours_take_effect_as_they_were_delivered() -> None:
    taken: list[Mapping[str, Any]] = []
    _, delivered = ours()

    answer = delivered_event_handler(taken.append)(batch(OF_AWS, delivered), LambdaContext())

    assert taken == [OF_AWS, delivered]
    assert answer == {"batchItemFailures": []}


def test_our_own_event_continues_its_request() -> None:
    event, delivered = ours()
    correlate()
    seen: list[str] = []

    delivered_event_handler(lambda _: seen.append(current().request_id))(batch(delivered), LambdaContext())

    assert seen == [event.correlation.request_id]


def test_our_own_event_is_checked() -> None:
    checked: list[Event] = []
    event, delivered = ours()
    stop = incoming.add(checked.append)

    delivered_event_handler(lambda _: None)(batch(OF_AWS, delivered), LambdaContext())

    stop()
    assert [each.event_id for each in checked] == [event.event_id]


def test_an_event_of_ours_that_the_manifest_does_not_name_is_a_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSUMES", "operations/DeploymentRequested.v1")
    letters = FakeDeadLetters()
    taken: list[Mapping[str, Any]] = []

    delivered_event_handler(taken.append, dead_letters=letters)(batch(ours()[1], OF_AWS), LambdaContext())

    assert taken == [OF_AWS]
    assert [letter.reasons["error"] for letter in letters.letters] == ["Unclaimed"]


@pytest.mark.parametrize(
    "delivered", [[], {}, {"source": "users", "detail-type": "UserUpdated.v1"}, {"source": "aws.ecs"}]
)
def test_what_is_no_event_is_a_dead_letter(delivered: object) -> None:
    letters = FakeDeadLetters()

    delivered_event_handler(lambda _: None, dead_letters=letters)(batch(delivered), LambdaContext())

    assert [letter.reasons["error"] for letter in letters.letters] == ["MalformedEvent"]


def test_what_was_seen_before_is_done() -> None:
    def effect(_: Mapping[str, Any]) -> None:
        raise AlreadySeen

    assert delivered_event_handler(effect)(batch(OF_AWS), LambdaContext()) == {"batchItemFailures": []}
