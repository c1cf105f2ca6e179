from collections.abc import Iterable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.operations.domain import SETTLED_AFTER, Deployment
from functions.operations.facts import RawEvent
from functions.operations.joining import join
from functions.operations.recording import statements_of
from tests.operations.events import NOON, codedeploy_event, ecs_event, requested, stack_event, update
from tests.operations.stories import FILES, STORY, USERS

LATER = NOON + timedelta(days=1)


def joined(*events: RawEvent | Iterable[RawEvent]) -> dict[str, Deployment]:
    flat = [each for event in events for each in ([event] if isinstance(event, RawEvent) else event)]
    return join(statements_of(flat))


def test_a_request_takes_what_aws_does_for_it() -> None:
    [found] = joined(
        requested("r-1", 0),
        update(1, operation="t"),
        codedeploy_event("START", 2),
        codedeploy_event("SUCCESS", 4),
    ).values()

    assert found.deployment_id == "r-1"
    assert [(part.system, part.outcome) for part in found.parts] == [
        ("cloudformation", "succeeded"),
        ("codedeploy", "succeeded"),
    ]
    assert found.outcome(now=LATER) == "succeeded"
    assert found.ended_at(now=LATER) == NOON + timedelta(minutes=6)


@pytest.mark.parametrize("clock_ahead", [-600, -2, 2, 600])
def test_a_request_from_a_machine_with_a_wrong_clock_takes_it_too(clock_ahead: float) -> None:
    found = joined(requested("r-1", 0, clock_ahead=clock_ahead), update(1, operation="t"))

    assert found.keys() == {"r-1"}
    assert found["r-1"].outcome(now=LATER) == "succeeded"


def test_a_request_that_was_published_again_counts_from_its_first_time() -> None:
    copies = [requested("r-1", minutes, event_id="e-1") for minutes in (0, 3)]

    for events in (copies, copies[::-1]):
        [found] = joined(events, update(1, operation="t")).values()

        assert (found.deployment_id, found.at) == ("r-1", NOON)


def test_several_stacks_of_a_request_are_one_release() -> None:
    found = joined(
        requested("r-1", 0, stacks=[USERS, FILES]),
        update(1, operation="t-1"),
        update(10, operation="t-2", stack=FILES),
    )

    assert found.keys() == {"r-1"}
    assert found["r-1"].stacks == {USERS, FILES}


@pytest.mark.parametrize("events", [[codedeploy_event("START", 2)], [codedeploy_event("READY", 2)], []])
def test_a_deployment_that_bakes_has_no_outcome(events: list[RawEvent]) -> None:
    [found] = joined(requested("r-1", 0), stack_event("UPDATE_IN_PROGRESS", 1), events).values()

    assert found.outcome(now=LATER) is None
    assert found.ended_at(now=LATER) is None


def test_a_deployment_has_no_outcome_while_other_stacks_may_still_come() -> None:
    [found] = joined(requested("r-1", 0, stacks=[USERS, FILES]), update(1, operation="t")).values()
    ended_at = NOON + timedelta(minutes=6)

    assert found.outcome(now=ended_at + SETTLED_AFTER - timedelta(seconds=1)) is None
    assert found.outcome(now=ended_at + SETTLED_AFTER) == "succeeded"


def test_a_request_that_changed_nothing_has_no_outcome() -> None:
    [found] = joined(requested("r-1", 0)).values()

    assert found.outcome(now=LATER) is None


def test_what_aws_takes_back_has_failed_as_soon_as_it_says_so() -> None:
    events = [requested("r-1", 0), *update(1, operation="t", end="UPDATE_ROLLBACK_COMPLETE")]

    [early] = joined(events[:-1]).values()
    [late] = joined(events).values()

    assert (early.outcome(now=LATER), early.ended_at(now=LATER)) == ("failed", None)
    assert (late.outcome(now=LATER), late.ended_at(now=LATER)) == ("failed", NOON + timedelta(minutes=6))
    assert late.failed_at == NOON + timedelta(minutes=4)
    assert late.parts[0].reason == "An alarm fired."
    assert late.parts[0].was_taken_back


def test_a_stopped_canary_fails_the_release_although_codedeploys_own_rollback_succeeds() -> None:
    [found] = joined(
        requested("r-1", 0),
        update(1, operation="t", end="UPDATE_ROLLBACK_COMPLETE"),
        codedeploy_event("START", 2),
        codedeploy_event("STOP", 3),
        codedeploy_event("START", 3, deployment="d-2"),
        codedeploy_event("SUCCESS", 4, deployment="d-2"),
    ).values()

    assert [part.outcome for part in found.parts] == ["failed", "failed", "succeeded"]
    assert found.outcome(now=LATER) == "failed"


def test_the_gateway_deploys_through_ecs() -> None:
    [found] = joined(
        requested("r-1", 0, stacks=["platform-prod-gateway"], services=[]),
        ecs_event("SERVICE_DEPLOYMENT_IN_PROGRESS", 1),
        ecs_event("SERVICE_DEPLOYMENT_FAILED", 5, reason="The circuit breaker was triggered."),
    ).values()

    assert found.outcome(now=LATER) == "failed"
    assert (found.parts[0].stack, found.parts[0].operation) == ("platform-prod-gateway", "123")
    assert found.parts[0].reason == "The circuit breaker was triggered."


def test_a_change_without_a_request_is_a_deployment_of_its_own() -> None:
    [found] = joined(
        update(1, operation="exec-7"), codedeploy_event("START", 2), codedeploy_event("SUCCESS", 3)
    ).values()

    assert found.deployment_id == f"{USERS}.exec-7"
    assert found.request is None
    assert found.outcome(now=LATER) == "succeeded"
    assert len(found.parts) == 2


def test_a_later_change_by_hand_is_not_put_on_the_request_before() -> None:
    found = joined(requested("r-1", 0), update(1, operation="t-1"), update(30, operation="by-hand"))

    assert found.keys() == {"r-1", f"{USERS}.by-hand"}


def test_a_change_that_starts_too_long_after_a_request_is_not_put_on_it() -> None:
    found = joined(requested("r-1", 0), update(181, operation="t"))

    assert found.keys() == {"r-1", f"{USERS}.t"}
    assert not found["r-1"].parts


def test_of_two_requests_the_later_one_takes_what_follows() -> None:
    found = joined(
        requested("r-1", 0),
        update(1, operation="t-1"),
        requested("r-2", 10),
        update(11, operation="t-2", end="UPDATE_ROLLBACK_COMPLETE"),
    )

    assert {each: found[each].outcome(now=LATER) for each in found} == {"r-1": "succeeded", "r-2": "failed"}


def test_a_rollback_that_only_moves_the_alias_is_put_on_its_request() -> None:
    [found] = joined(
        requested("r-1", 0, rollback_of="users@41"), codedeploy_event("START", 1), codedeploy_event("SUCCESS", 2)
    ).values()

    assert found.outcome(now=LATER) == "succeeded"


def test_a_change_without_a_token_is_told_from_the_next_by_its_start() -> None:
    found = joined(update(1, operation=""), update(20, operation="", end="UPDATE_ROLLBACK_COMPLETE"))

    assert sorted(str(each.outcome(now=LATER)) for each in found.values()) == ["failed", "succeeded"]


def test_the_end_of_a_stack_is_no_deployment() -> None:
    assert not joined(stack_event("DELETE_IN_PROGRESS", 1), stack_event("DELETE_COMPLETE", 2))


def test_a_change_set_that_waits_is_no_deployment() -> None:
    assert not joined(stack_event("REVIEW_IN_PROGRESS", 1))


@settings(max_examples=25, deadline=None)
@given(st.permutations(STORY), st.lists(st.sampled_from(STORY)))
def test_order_and_repetition_do_not_matter(order: list[RawEvent], again: list[RawEvent]) -> None:
    assert joined(order, again) == joined(STORY)


def test_a_state_without_a_meaning_is_no_success() -> None:
    [found] = joined(requested("r-1", 0), update(1, operation="t", end="UPDATE_RESTED")).values()

    assert found.outcome(now=LATER) is None
