"""The list of dead letters and parked events."""

import json

import pytest

from operate.cli import main
from operate.commands.dead_letters import dead_letter_queues
from operate.target import Target
from tests.dead_letters import event, make_queue, send


@pytest.fixture
def queue_url(aws: None) -> str:
    return make_queue()


def test_the_command_lists_dead_letters_and_ends_with_status_1_if_there_are_any(
    queue_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["dead-letters", "--environment", "dev", "--service", "activity", "--function", "consumer"]

    assert main(words) == 0
    send(queue_url, {"detail": event().envelope()}, reason="Another owner.", error="Refused", request_id="r-1")
    assert main(words) == 1

    empty, full, letter, remedy = capsys.readouterr().out.splitlines()
    assert empty == "✔ activity.consumer: 0 in platform-dev-activity-consumer-dlq"
    assert full == "✘ activity.consumer: 1 in platform-dev-activity-consumer-dlq"
    assert letter.endswith("Z  UserCreated.v1 of users/1  Refused: Another owner.  request r-1")
    assert remedy.endswith("make redrive service=activity function=consumer environment=dev")


def test_messages_above_the_limit_are_counted(queue_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(5):
        send(queue_url, {"detail": event().envelope()})

    main(["dead-letters", "--environment", "dev", "--service", "activity", "--limit", "2"])

    assert "  … and about 3 more; limit=5 shows more\n" in capsys.readouterr().out


def test_dead_letters_are_json_for_scripts(queue_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    send(queue_url, {"detail": event().envelope()}, reason="it was refused")

    assert main(["dead-letters", "--environment", "dev", "--service", "activity", "--json"]) == 1

    [line] = capsys.readouterr().out.splitlines()
    letter = json.loads(line)
    assert (letter["service"], letter["function"]) == ("activity", "consumer")
    assert letter["queue"] == "platform-dev-activity-consumer-dlq"
    assert letter["reason"] == "it was refused"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--function", "nope"], "nope has no dead letters. The functions that can have some are: activity.consumer"),
        (["--service", "activity", "--function", "api"], "activity.api has no dead letters"),
    ],
)
def test_a_function_without_dead_letters_is_refused_instead_of_found_empty(
    aws: None, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main(["dead-letters", "--environment", "dev", *words]) == 2
    assert message in capsys.readouterr().err


def test_every_function_with_a_queue_or_an_outbox_has_a_queue_to_list() -> None:
    found = {
        (service, function): queue for service, function, queue in dead_letter_queues(Target("dev", {}), None, None)
    }

    assert found["users", "relay"] == "platform-dev-users-relay-parked"
    assert found["activity", "consumer"] == "platform-dev-activity-consumer-dlq"
    assert ("users", "api") not in found
    assert list(dead_letter_queues(Target("dev", {}), "users", "relay")) == [
        ("users", "relay", "platform-dev-users-relay-parked")
    ]
