import io
import json
from typing import Any

import pytest

from functions.shared.correlation import correlate, current
from functions.shared.messaging.consumer import consumer_handler
from functions.shared.messaging.dead_letters import Refused
from functions.shared.messaging.event_checks import incoming
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.messaging.queue_batch import LONGEST_CALL_S
from tests.lambda_client import LambdaContext
from tests.shared.fakes import FakeDeadLetters


class OnceEffect:
    """An effect that records its events, and fails for the given subjects."""

    def __init__(self, *failing: str) -> None:
        self.taken: list[str] = []
        self._failing = failing
        self._seen: set[str] = set()

    def __call__(self, event: Event) -> None:
        if event.subject in self._failing:
            raise OSError(f"no disk for {event.subject}")
        if event.event_id in self._seen:
            raise AlreadySeen
        self._seen.add(event.event_id)
        self.taken.append(event.subject)


def make_event(number: int) -> Event:
    return Event(
        type="UserCreated.v1",
        source="users",
        subject=f"users/{number}",
        sequence=1,
        data={"user_id": "01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10", "active": True},
        correlation=correlate(),
    )


def batch(*bodies: Event | str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "body": body if isinstance(body, str) else json.dumps({"detail": body.envelope()}),
                "attributes": {},
                "eventSource": "aws:sqs",
            }
            for number, body in enumerate(bodies)
        ]
    }


def failures(answer: Any) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_every_event_of_a_batch_takes_effect() -> None:
    effect = OnceEffect()

    answer = consumer_handler(effect)(batch(make_event(1), make_event(2)), LambdaContext())

    assert failures(answer) == []
    assert effect.taken == ["users/1", "users/2"]


def test_what_was_consumed_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    event = make_event(1)

    consumer_handler(OnceEffect("users/2"))(batch(event, event, make_event(2)), LambdaContext())

    [line] = [json.loads(text) for text in capsys.readouterr().out.splitlines() if text.startswith('{"_aws"')]
    counted = {name: sum(line[name]) for name in ("EventsConsumed", "EventsSeenAgain", "EventsFailed")}
    assert counted == {"EventsConsumed": 1, "EventsSeenAgain": 1, "EventsFailed": 1}


def test_each_batch_counts_as_failed_or_not(capsys: pytest.CaptureFixture[str]) -> None:
    letters = FakeDeadLetters()
    refusing = consumer_handler(OnceEffect("users/2"), dead_letters=letters)

    for bodies in ((make_event(1),), (make_event(2), make_event(3), make_event(2)), (make_event(4),), ("not JSON",)):
        refusing(batch(*bodies), LambdaContext())

    lines = [json.loads(text) for text in capsys.readouterr().out.splitlines() if text.startswith('{"_aws"')]
    # A batch counts once, however many of its events fail, and also if the failed event has become a dead letter.
    assert [line["BatchesFailed"] for line in lines] == [[0], [1], [0], [1]]
    assert len(letters.letters) == 1


def test_an_event_that_comes_twice_takes_effect_once_and_is_done() -> None:
    effect = OnceEffect()
    event = make_event(1)

    answer = consumer_handler(effect)(batch(event, event), LambdaContext())

    assert failures(answer) == []
    assert effect.taken == ["users/1"]


def test_what_fails_is_delivered_again_alone() -> None:
    effect = OnceEffect("users/2")

    answer = consumer_handler(effect)(batch(make_event(1), make_event(2), make_event(3)), LambdaContext())

    assert failures(answer) == ["message-1"]
    assert effect.taken == ["users/1", "users/3"]


def test_a_message_that_is_no_event_does_not_harm_the_rest() -> None:
    effect = OnceEffect()
    bad = ["", "no json", "[]", "{}", '{"detail": {}}', '{"detail": 7}', "[" * 100_000]
    dead_letters = FakeDeadLetters()

    answer = consumer_handler(effect, dead_letters=dead_letters)(batch(*bad, make_event(7)), LambdaContext())

    assert failures(answer) == []
    assert effect.taken == ["users/7"]
    assert [letter.body for letter in dead_letters.letters] == bad
    assert {letter.reasons["error"] for letter in dead_letters.letters} == {"MalformedEvent"}
    assert all(letter.reasons["reason"] for letter in dead_letters.letters)


@pytest.mark.parametrize(
    ("consumes", "is_taken"),
    [
        ("users/UserCreated.v1", True),
        ("files/FileUploaded.v1,users/UserCreated.v1", True),
        ("*", True),
        ("users/UserUpdated.v1", False),
        ("files/UserCreated.v1", False),
        ("users/UserCreated.v10", False),
    ],
)
def test_an_event_that_the_manifest_does_not_claim_is_a_dead_letter_at_once(
    consumes: str, is_taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSUMES", consumes)
    effect, dead_letters = OnceEffect(), FakeDeadLetters()

    answer = consumer_handler(effect, dead_letters=dead_letters)(batch(make_event(1)), LambdaContext())

    assert failures(answer) == []
    assert effect.taken == (["users/1"] if is_taken else [])
    reasons = [letter.reasons["reason"] for letter in dead_letters.letters]
    assert reasons == ([] if is_taken else ["The manifest does not name users/UserCreated.v1 under consumes."])


def test_an_inspector_sees_an_event_before_it_takes_effect() -> None:
    seen, effect = [], OnceEffect()

    def refuse(event: Event) -> None:
        seen.append(event.subject)
        raise ValueError("It breaks its contract.")

    end = incoming.add(refuse)
    answer = consumer_handler(effect)(batch(make_event(1)), LambdaContext())
    end()
    consumer_handler(effect)(batch(make_event(2)), LambdaContext())

    assert (failures(answer), seen, effect.taken) == (["message-0"], ["users/1"], ["users/2"])


class Clock(LambdaContext):
    """A Lambda context with a time that runs as messages are handled."""

    def __init__(self, left_s: float) -> None:
        self.left_s = left_s

    def get_remaining_time_in_millis(self) -> int:
        return int(self.left_s * 1000)


def test_a_message_that_takes_long_leaves_the_rest_of_its_batch_to_come_again() -> None:
    clock, taken = Clock(30.0), []

    def take(event: Event) -> None:
        taken.append(event.subject)
        clock.left_s -= 12.0 if event.subject == "users/2" else 0.1
        assert clock.left_s > 0, "Lambda would have ended the function, and all of the batch with it"

    events = [make_event(number) for number in (1, 2, 2, 3, 4)]
    answer = consumer_handler(take)(batch(*events), clock)

    assert taken == ["users/1", "users/2", "users/2"]
    assert failures(answer) == ["message-3", "message-4"]


def test_the_first_message_of_a_batch_is_begun_however_little_time_there_is() -> None:
    effect = OnceEffect()

    answer = consumer_handler(effect)(batch(make_event(1), make_event(2)), Clock(LONGEST_CALL_S / 2))

    assert (effect.taken, failures(answer)) == (["users/1"], ["message-1"])


def test_a_message_for_which_there_never_was_time_is_a_dead_letter_with_that_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MAX_RECEIVES", "1")
    dead_letters = FakeDeadLetters()

    handler = consumer_handler(OnceEffect(), dead_letters=dead_letters)
    answer = handler(batch(make_event(1), make_event(2)), Clock(LONGEST_CALL_S / 2))

    [letter] = dead_letters.letters
    assert failures(answer) == []
    assert "left no time" in letter.reasons["reason"]


def test_an_event_that_an_effect_refuses_is_a_dead_letter_at_once_with_the_reason() -> None:
    def refuse(event: Event) -> None:
        raise Refused("The subject has another owner.")

    dead_letters, event = FakeDeadLetters(), make_event(1)

    answer = consumer_handler(refuse, dead_letters=dead_letters)(batch(event), LambdaContext())

    [letter] = dead_letters.letters
    assert failures(answer) == []
    assert json.loads(letter.body)["detail"] == event.envelope()
    assert letter.reasons["reason"] == "The subject has another owner."
    assert letter.reasons["request_id"] == event.correlation.request_id


def test_a_failure_becomes_a_dead_letter_with_its_last_receive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_RECEIVES", "3")
    dead_letters = FakeDeadLetters()
    handler = consumer_handler(OnceEffect("users/1"), dead_letters=dead_letters)
    message = batch(make_event(1))
    answers = []

    for receive in range(1, 4):
        message["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(receive)
        answers.append(failures(handler(message, LambdaContext())))

    [letter] = dead_letters.letters
    assert answers == [["message-0"], ["message-0"], []]
    assert letter.reasons["error"] == "OSError"
    assert "__call__" in letter.reasons["reason"]
    # The text of an unexpected error may contain personal data.
    assert "no disk" not in letter.reasons["reason"]


def test_what_can_be_kept_nowhere_comes_again() -> None:
    handler = consumer_handler(OnceEffect(), dead_letters=FakeDeadLetters(away=True))

    answer = handler(batch("no json", make_event(1)), LambdaContext())

    assert failures(answer) == ["message-0"]


def test_a_batch_that_fails_whole_is_reported_item_by_item() -> None:
    answer = consumer_handler(OnceEffect("users/1"))(batch(make_event(1)), LambdaContext())

    assert failures(answer) == ["message-0"]


def test_a_failure_is_logged_by_its_kind_and_place_under_the_request_that_led_to_it(log: io.StringIO) -> None:
    event = make_event(1)

    consumer_handler(OnceEffect("users/1"))(batch(event), LambdaContext())

    [line] = [json.loads(text) for text in log.getvalue().splitlines()]
    assert (line["level"], line["error"], line["request_id"]) == ("ERROR", "OSError", event.correlation.request_id)
    assert any("test_consumer.py" in frame for frame in line["stack"])
    assert "no disk" not in log.getvalue()


def test_a_message_that_is_no_event_is_not_logged_under_the_request_of_the_one_before(log: io.StringIO) -> None:
    event = make_event(1)

    consumer_handler(OnceEffect())(batch(event, "no json"), LambdaContext())

    taken, failed = [json.loads(text) for text in log.getvalue().splitlines()]
    assert taken["request_id"] == event.correlation.request_id
    assert failed["request_id"] != event.correlation.request_id


def test_an_effect_works_under_the_request_that_led_to_the_event() -> None:
    events = [make_event(1), make_event(2)]
    seen = []

    consumer_handler(lambda _: seen.append(current()))(batch(*events), LambdaContext())

    assert seen == [event.correlation for event in events]


def test_a_rehearsal_reports_each_failure_and_counts_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    dead_letters = FakeDeadLetters()
    handler = consumer_handler(OnceEffect("users/2"), dead_letters=dead_letters)

    empty = handler({"Records": [], "rehearsal": {}}, LambdaContext())
    answer = handler({**batch(make_event(1), make_event(2), "no event"), "rehearsal": {}}, LambdaContext())

    assert failures(empty) == []
    assert failures(answer) == ["message-1", "message-2"]
    assert dead_letters.letters == []
    assert '"_aws"' not in capsys.readouterr().out
