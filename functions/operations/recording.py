"""The use case of the recorder: keep an event, and derive the records that it concerns again."""

from collections.abc import Iterable
from datetime import timedelta

from functions.operations.delivery_metrics import Ended, ended_by
from functions.operations.domain import Deployment, Fact, Request
from functions.operations.facts import NotOfThePlatform, RawEvent
from functions.operations.joining import LONGEST_OPERATION, REACH, join, possible_ids
from functions.operations.ports import DeploymentStore, EventLog
from functions.shared.errors import Unavailable
from functions.shared.messaging.dead_letters import Refused
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.rehearsal import current_rehearsal

# An event can move operations between the deployments that begin at most this long before or after it,
AFFECTED = LONGEST_OPERATION + 2 * REACH
# and such a deployment depends on events at most this far from its own begin.
WINDOW = 2 * AFFECTED
ATTEMPTS = 5


class Recorder:
    """Keeps the events of one environment, and the records up to date."""

    def __init__(self, log: EventLog, deployments: DeploymentStore, *, environment: str) -> None:
        self._log = log
        self._deployments = deployments
        self._environment = environment

    def record(self, event: RawEvent) -> Ended | None:
        """Keep an event and derive the records of its stacks; return the change of a stack that the event ended.

        If the function ends between the two, the second delivery of the event derives the records.

        Raises:
            AlreadySeen: The event is in the log; the records were derived again.
            Refused: The event is malformed or concerns no deployment of this environment; it is not kept.
            Unavailable: Others kept adding events.
        """
        statement = event.read()
        self._require_own(statement)
        try:
            self._log.append(event)
        except AlreadySeen:
            self._derive(event, statement)
            raise
        joined = self._derive(event, statement)
        ends = isinstance(statement, Fact) and statement.is_final and statement.system == "cloudformation"
        return ended_by(event.position, joined) if ends else None

    def _require_own(self, statement: Fact | Request | None) -> None:
        """Refuse a statement on another environment: rules pass events of AWS by their stack, and requests as they are.

        A rehearsal sends the example of the contract, which names one environment for all.
        """
        if statement and statement.environment != self._environment and not current_rehearsal():
            raise NotOfThePlatform(f"The event concerns {statement.environment}, and this is {self._environment}.")

    def _derive(self, event: RawEvent, statement: Fact | Request | None) -> Iterable[Deployment]:
        """Derive the records until no event has arrived meanwhile; return them.

        The last of several recorders that write at the same time has therefore read all of their events.
        """
        if statement is None:
            return ()
        stacks = frozenset({statement.stack} if isinstance(statement, Fact) else statement.stacks)
        for _ in range(ATTEMPTS):
            before = self._log.find_head()
            joined = self._derive_once(event, stacks)
            if self._log.find_head() == before:
                return joined
        raise Unavailable("Others are recording events.")

    def _derive_once(self, event: RawEvent, stacks: frozenset[str]) -> Iterable[Deployment]:
        # A second more, because events of AWS have whole seconds.
        end = event.at + WINDOW + timedelta(seconds=1)
        statements = list(statements_of(self._log.read_between(event.at - WINDOW, end)))
        joined = join(statements)
        for deployment in joined.values():
            named = deployment.stacks | frozenset(deployment.request.stacks if deployment.request else ())
            if abs(deployment.at - event.at) <= AFFECTED and named & stacks:
                self._deployments.save(deployment)
        facts = (each for each in statements if isinstance(each, Fact) and each.stack in stacks)
        self._deployments.remove(possible_ids(facts) - joined.keys())
        return joined.values()


def statements_of(events: Iterable[RawEvent]) -> Iterable[Fact | Request]:
    """Return the statements of events; an event that states nothing of the platform is passed over."""
    for event in events:
        try:
            statement = event.read()
        except (Refused, NotOfThePlatform):
            continue
        if statement is not None:
            yield statement
