"""The worker of redrives: it moves only what the console has signed, and says why it failed."""

import io
from datetime import datetime, timedelta

import pytest

from functions.console.confirmations import EXECUTED_WITHIN_S, Confirmations, Redrive
from functions.console.redriver import Redriver
from functions.shared.errors import Unavailable
from functions.shared.messaging.dead_letters import Refused
from functions.shared.messaging.work_queue import Task
from tests.console.fakes import NOON
from tests.console.letter_fakes import CONSUMER, LEDGER, FakeQueues, letter

SOURCE = "platform-test-ledger-consumer"


@pytest.fixture
def redriver(confirmations: Confirmations, queues: FakeQueues) -> Redriver:
    queues.letters = {LEDGER: [letter(1), letter(2)]}
    return Redriver(confirmations, queues)


def confirmed(confirmations: Confirmations, message_id: str = "") -> Task:
    return Task(
        content={"confirmation": confirmations.sign(Redrive(letters=CONSUMER, message_id=message_id, by="admin"))}
    )


def test_all_messages_or_one_go_back_to_their_source(
    redriver: Redriver, confirmations: Confirmations, queues: FakeQueues, log: io.StringIO
) -> None:
    redriver.work(confirmed(confirmations, letter(2).message_id))
    assert queues.moved == [(letter(2).message_id, SOURCE)]
    redriver.work(confirmed(confirmations))
    assert queues.moved[1:] == [(letter(1).message_id, SOURCE)]

    first, second = log.getvalue().splitlines()
    assert all(said in first for said in ('"dead letters redriven"', letter(2).message_id, SOURCE, '"by":"admin"'))
    assert '"message_id":"all"' in second


def test_what_the_console_has_not_signed_moves_nothing(
    redriver: Redriver, confirmations: Confirmations, queues: FakeQueues, clock: list[datetime]
) -> None:
    for content in ({}, {"confirmation": "forged"}, {"confirmation": None}):
        with pytest.raises(Refused, match="has not signed"):
            redriver.work(Task(content=content))
    task = confirmed(confirmations)
    clock[0] = NOON + timedelta(seconds=EXECUTED_WITHIN_S + 61)
    with pytest.raises(Refused, match="too old"):
        redriver.work(task)
    assert queues.moved == []


def test_a_failure_names_the_queue_and_the_reason(
    redriver: Redriver, confirmations: Confirmations, queues: FakeQueues
) -> None:
    with pytest.raises(Refused, match=r"ledger\.consumer: the message .* is not in the queue any more"):
        redriver.work(confirmed(confirmations, letter(3).message_id))
    queues.failing = Unavailable("StartMessageMoveTask: AccessDenied")
    with pytest.raises(Refused, match=r"ledger\.consumer: StartMessageMoveTask: AccessDenied"):
        redriver.work(confirmed(confirmations))
