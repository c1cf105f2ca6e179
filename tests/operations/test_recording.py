from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.operations.domain import Deployment
from functions.operations.errors import DeploymentNotFound
from functions.operations.facts import NotOfThePlatform, RawEvent
from functions.operations.joining import join
from functions.operations.recording import Recorder, statements_of
from functions.shared.errors import Unavailable
from functions.shared.messaging.dead_letters import Refused
from functions.shared.messaging.events import MalformedEvent
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.rehearsal import Rehearsal, rehearsing
from tests.operations.events import NOON, requested, stack_event, update
from tests.operations.fakes import FakeDeploymentStore, FakeEventLog
from tests.operations.stories import STORY


@settings(max_examples=25, deadline=None)
@given(st.permutations(STORY), st.lists(st.sampled_from(STORY), max_size=8))
def test_the_records_are_those_of_the_raw_events_whatever_their_order(
    order: list[RawEvent], again: list[RawEvent]
) -> None:
    log, store = FakeEventLog(), FakeDeploymentStore()
    recorder = Recorder(log, store, environment="prod")
    seen: set[str] = set()

    for event in [*order, *again]:
        if event.position in seen:
            with pytest.raises(AlreadySeen):
                recorder.record(event)
        else:
            recorder.record(event)
        seen.add(event.position)

    assert store.deployments == join(statements_of(STORY))
    assert len(log.links) == len(STORY)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(STORY), unique=True))
def test_the_records_fit_the_events_that_have_arrived_if_others_are_missing(arrived: list[RawEvent]) -> None:
    store = FakeDeploymentStore()
    recorder = Recorder(FakeEventLog(), store, environment="prod")

    for event in arrived:
        recorder.record(event)

    assert store.deployments == join(statements_of(arrived))


def test_a_late_request_takes_over_the_record_of_its_stack() -> None:
    store = FakeDeploymentStore()
    recorder = Recorder(FakeEventLog(), store, environment="prod")
    for event in update(1, operation="t"):
        recorder.record(event)
    assert store.get("platform-prod-users.t")

    recorder.record(requested("r-1", 0))

    assert store.get("r-1").parts
    with pytest.raises(DeploymentNotFound):
        store.get("platform-prod-users.t")


class InterruptedStore(FakeDeploymentStore):
    """A store that fails once, as if the function had ended."""

    is_first = True

    def save(self, deployment: Deployment) -> None:
        if self.is_first:
            self.is_first = False
            raise Unavailable
        super().save(deployment)


def test_the_second_delivery_derives_the_record_that_the_first_one_did_not() -> None:
    store = InterruptedStore()
    recorder = Recorder(FakeEventLog(), store, environment="prod")
    event = stack_event("UPDATE_IN_PROGRESS", 1, operation="t")
    with pytest.raises(Unavailable):
        recorder.record(event)

    with pytest.raises(AlreadySeen):
        recorder.record(event)

    assert store.get("platform-prod-users.t")


class OvertakenStore(FakeDeploymentStore):
    """A store that another recorder overtakes: it adds an event before the first record is written."""

    def __init__(self, log: FakeEventLog, other: RawEvent) -> None:
        super().__init__()
        self._log, self._other = log, other

    def save(self, deployment: Deployment) -> None:
        if self._other.position not in self._log.events:
            self._log.append(self._other)
        super().save(deployment)


def test_a_record_that_was_derived_from_too_few_events_is_derived_again() -> None:
    log = FakeEventLog()
    first, last = update(1, operation="t")
    store = OvertakenStore(log, last)

    Recorder(log, store, environment="prod").record(first)

    assert store.deployments == join(statements_of([first, last]))


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (stack_event("UPDATE_COMPLETE", 1, stack="shop-prod-users"), NotOfThePlatform),
        (requested("r-1", 0, stacks=["platform-dev-users", "platform-prod-users"]), MalformedEvent),
        (requested("r-1", 0, stacks=["platform-dev-users"]), NotOfThePlatform),
        (stack_event("UPDATE_COMPLETE", 1, stack="platform-dev-users"), NotOfThePlatform),
    ],
)
def test_what_is_not_of_the_platform_is_refused_and_not_kept(event: RawEvent, error: type[Refused]) -> None:
    log = FakeEventLog()

    with pytest.raises(error):
        Recorder(log, FakeDeploymentStore(), environment="prod").record(event)

    assert not log.events


def test_a_rehearsal_of_any_environment_takes_the_example_of_the_contract() -> None:
    recorder = Recorder(FakeEventLog(), FakeDeploymentStore(), environment="dev")
    event = requested("r-1", 0)

    with pytest.raises(NotOfThePlatform):
        recorder.record(event)
    with rehearsing(Rehearsal(frozenset())):
        recorder.record(event)


def test_a_deployment_far_away_in_time_is_left_alone() -> None:
    store = FakeDeploymentStore()
    recorder = Recorder(FakeEventLog(), store, environment="prod")
    for event in [*update(1, operation="t-1"), *update(60 * 24 * 30, operation="t-2")]:
        recorder.record(event)

    assert store.get("platform-prod-users.t-1").at == NOON + timedelta(minutes=1)
    assert len(store.deployments) == 2
