"""The use case of the recorder for alarms: bring the incidents up to date after a change of an alarm's state."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from functions.operations.incidents.domain import LONGEST, Change, Incident, group, with_change
from functions.operations.incidents.ports import IncidentStore
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.optimistic_locking import retry_if_stale

# The incidents that a firing can join or part were opened at most this long before or after it.
REACH = LONGEST + timedelta(days=1)
# The recorder runs at most twice at a time: each attempt that fails means that the other one has succeeded.
ATTEMPTS = 20


class IncidentRecorder:
    """Keeps incidents up to date."""

    def __init__(self, incidents: IncidentStore) -> None:
        self._incidents = incidents

    def record(self, change: Change) -> None:
        """Open, join, part, update or close the incidents that a change concerns.

        Raises:
            AlreadySeen: The incidents tell of the change already.
            Unavailable: Others kept changing incidents.
        """
        retry_if_stale(lambda: self._attempt(change), attempts=ATTEMPTS, busy="Others are changing incidents.")

    def _attempt(self, change: Change) -> None:
        version, before = self._incidents.read_between(change.fired_at - REACH, change.fired_at + REACH)
        known = [firing for incident in before for firing in incident.firings]
        firings = with_change(known, change)
        if firings == known:
            raise AlreadySeen
        after = group(firings)
        save = [incident for incident in after if incident not in before]
        self._incidents.replace(version, save=save, removed=_removed(before, after))


def _removed(before: Sequence[Incident], after: Sequence[Incident]) -> Mapping[str, str]:
    """Return the ids that no incident has any more, each with the id of the incident that has its first alarm now."""
    kept = {incident.incident_id for incident in after}
    return {
        incident.incident_id: _successor(incident, after) for incident in before if incident.incident_id not in kept
    }


def _successor(incident: Incident, after: Sequence[Incident]) -> str:
    first = incident.firings[0]
    for each in after:
        for firing in each.firings:
            if firing.alarm == first.alarm and firing.fired_at <= first.again_at <= firing.again_at:
                return each.incident_id
    raise AssertionError(f"No incident contains {first}.")
