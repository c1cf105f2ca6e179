from dataclasses import replace
from datetime import timedelta

import pytest

from functions.operations.chain import link_after
from functions.operations.facts import RawEvent
from functions.operations.service import ChainCheck, OperationsService
from tests.operations.events import stack_event
from tests.operations.fakes import FakeDeploymentStore, FakeEventLog


@pytest.fixture
def log() -> FakeEventLog:
    log = FakeEventLog()
    for number in range(5):
        log.append(stack_event("UPDATE_IN_PROGRESS", number, operation=f"t-{number}"))
    return log


def check(log: FakeEventLog, *, after: int = 0, limit: int = 100) -> ChainCheck:
    return OperationsService(log, FakeDeploymentStore()).check_chain(after=after, limit=limit)


def event_of(log: FakeEventLog, sequence: int) -> RawEvent:
    return log.events[log.links[sequence - 1].position]


def test_an_untouched_chain_is_intact_as_a_whole_and_in_pieces(log: FakeEventLog) -> None:
    whole = check(log)

    assert (whole.first, whole.last, whole.head, whole.found) == (1, 5, 5, None)
    assert [check(log, after=after, limit=2).found for after in (0, 2, 4)] == [None] * 3


def test_an_empty_chain_is_intact() -> None:
    assert check(FakeEventLog()) == ChainCheck(first=1, last=0, head=0, found=None)


def test_a_changed_event_is_found(log: FakeEventLog) -> None:
    event = event_of(log, 3)
    log.events[event.position] = replace(event, body=event.body.replace("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"))

    found = check(log).found

    assert found
    assert (found.sequence, found.problem) == (3, "The event or the link was changed.")


def test_an_event_that_was_moved_in_time_is_found(log: FakeEventLog) -> None:
    event = event_of(log, 2)
    moved = replace(event, at=event.at + timedelta(days=1))
    del log.events[event.position]
    log.events[moved.position] = moved
    log.links[1] = replace(log.links[1], position=moved.position)

    found = check(log).found

    assert found
    assert found.sequence == 2


def test_a_removed_event_is_found(log: FakeEventLog) -> None:
    del log.events[log.links[3].position]

    found = check(log).found

    assert found
    assert (found.sequence, found.problem) == (4, "The event of the link is missing.")


@pytest.mark.parametrize("sequence", [1, 3, 5])
def test_a_removed_link_is_found(log: FakeEventLog, sequence: int) -> None:
    head = log.links[-1]
    log.find_head = lambda: head  # type: ignore[method-assign] # the head is an item of its own
    del log.links[sequence - 1]

    found = check(log).found

    assert found
    assert (found.sequence, found.problem) == (sequence, "The link is missing.")


def test_a_link_that_was_computed_again_is_found_by_the_next_one(log: FakeEventLog) -> None:
    event = event_of(log, 3)
    forged = replace(event, body=event.body.replace("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"))
    log.events[event.position] = forged
    log.links[2] = link_after(log.links[1], forged)

    found = check(log).found

    assert found
    assert (found.sequence, found.problem) == (4, "The link does not continue the one before.")
