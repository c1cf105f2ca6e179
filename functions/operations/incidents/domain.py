"""Incidents: alarms that fire together, as a function of the times at which each alarm fired.

The result depends only on the set of changes: not on their order, nor on how often or how late each arrived.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from functions.operations.incidents.kinds import KINDS, SHARED, UNKNOWN, Kind, Severity, kind_of

type State = Literal["ALARM", "OK", "INSUFFICIENT_DATA"]

# An alarm that fires within this time of another one of its service belongs to the same incident: a period of most
# alarms is five minutes, so an alarm that flaps is silent for two of them at most.
QUIET = timedelta(minutes=10)
# Incidents of several services are one if they begin within this time, and a shared part or so many services fire.
TOGETHER = timedelta(minutes=5)
MANY = 3
# An alarm that fires for longer attracts no new ones: the search for incidents needs a bound.
LONGEST = timedelta(days=7)
# Times of one change may differ a little between two events. CloudWatch evaluates at most every ten seconds.
SLACK = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The meaning of a firing alarm and its numbers.

    Attributes:
        value: The value that is farthest beyond the threshold; None for a composite alarm.
        threshold: None for a composite alarm.
    """

    description: str
    value: float | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of an alarm's state to ALARM or from ALARM.

    Attributes:
        fired_at: The time of the change to ALARM.
        ended_at: The time of the change from ALARM; None for a change to ALARM.
    """

    alarm: str
    environment: str
    service: str
    fired_at: datetime
    ended_at: datetime | None
    told: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """A time in which an alarm fires, with pauses of at most `QUIET`.

    Attributes:
        fired_at: The time of its first change to ALARM.
        again_at: The time of its last one; equal to `fired_at` without a pause.
        ended_at: The time at which it returned to another state for good; None until that is known.
    """

    alarm: str
    environment: str
    service: str
    fired_at: datetime
    again_at: datetime
    ended_at: datetime | None
    told: Told

    @property
    def kind(self) -> Kind:
        """The kind of the alarm."""
        return KINDS.get(kind_of(self.alarm), UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Alarms that fire together.

    Attributes:
        firings: By time.
    """

    firings: tuple[Firing, ...]

    @property
    def incident_id(self) -> str:
        """The time and the alarm with which it began; also the place of the incident among all."""
        first = self.firings[0]
        return f"{stamp(first.fired_at)}-{first.alarm.split('-', 2)[-1]}"

    @property
    def environment(self) -> str:
        """The environment of the alarms."""
        return self.firings[0].environment

    @property
    def opened_at(self) -> datetime:
        """The time of the first change to ALARM."""
        return self.firings[0].fired_at

    @property
    def ended_at(self) -> datetime | None:
        """The time at which its last alarm ended; None while one fires."""
        ends = [end for _, end in _with_ends(self.firings)]
        known = [end for end in ends if end]
        return max(known) if len(known) == len(ends) else None

    @property
    def services(self) -> tuple[str, ...]:
        """The services and shared parts in the order in which they fired."""
        return tuple(dict.fromkeys(firing.service for firing in self.firings))

    @property
    def alarms(self) -> Sequence[tuple[Firing, datetime | None]]:
        """The last firing of each alarm, with its end: those that fire first, then by urgency."""
        last = {firing.alarm: (firing, end) for firing, end in _with_ends(self.firings)}
        return sorted(last.values(), key=lambda each: (each[1] is not None, *_urgency(each[0])))

    @property
    def leading(self) -> Firing:
        """The most urgent firing, which gives the incident its title."""
        return min(self.firings, key=_urgency)

    @property
    def severity(self) -> Severity:
        """`urgent` if one alarm is."""
        return self.leading.kind.severity


def stamp(at: datetime) -> str:
    """Return a time in the form with which ids of incidents begin."""
    at = at.astimezone(UTC)
    return f"{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03}Z"


def with_change(firings: Iterable[Firing], change: Change) -> list[Firing]:
    """Return the firings after a change; equal to those before if they tell of it already."""
    firings = list(firings)
    found = next((each for each in firings if each.alarm == change.alarm and _covers(each, change.fired_at)), None)
    if found is None:
        new = Firing(
            alarm=change.alarm,
            environment=change.environment,
            service=change.service,
            fired_at=change.fired_at,
            again_at=change.fired_at,
            ended_at=change.ended_at,
            told=change.told,
        )
        return [*firings, new]
    # An end that lies before the last pause is known, because the firing was made from it.
    if change.ended_at is None or change.fired_at < found.again_at - SLACK:
        return firings
    ended_at = min(filter(None, (found.ended_at, change.ended_at)))
    return [replace(each, ended_at=ended_at) if each is found else each for each in firings]


def group(firings: Iterable[Firing]) -> list[Incident]:
    """Return the incidents that firings make, by time.

    Alarms of one service make one incident if they fire within `QUIET` of each other. Such incidents are one if they
    begin within `TOGETHER`, and one of them is of a part that all services share, or at least `MANY` services fire.
    """
    by_service: dict[str, list[Firing]] = defaultdict(list)
    for firing in _merged(firings):
        by_service[firing.service].append(firing)
    clusters = sorted(
        (cluster for own in by_service.values() for cluster in _clusters(own)), key=lambda each: _order(each[0])
    )
    incidents = [
        Incident(firings=tuple(sorted((firing for cluster in joined for firing in cluster), key=_order)))
        for joined in _joined(clusters)
    ]
    return sorted(incidents, key=lambda each: each.incident_id)


def _covers(firing: Firing, fired_at: datetime) -> bool:
    """Tell whether a firing contains a change to ALARM at a time."""
    return firing.fired_at - SLACK <= fired_at <= firing.again_at + SLACK


def _urgency(firing: Firing) -> tuple[int, datetime, str]:
    kind = kind_of(firing.alarm)
    return (list(KINDS).index(kind) if kind else len(KINDS), firing.fired_at, firing.alarm)


def _order(firing: Firing) -> tuple[datetime, str]:
    return (firing.fired_at, firing.alarm)


def _merged(firings: Iterable[Firing]) -> Iterator[Firing]:
    """Join the firings of an alarm with pauses of at most `QUIET`, so that an alarm that flaps needs little space."""
    last: dict[str, Firing] = {}
    for firing in sorted(firings, key=_order):
        before = last.get(firing.alarm)
        if before and before.ended_at and firing.fired_at - before.ended_at <= QUIET:
            last[firing.alarm] = replace(firing, fired_at=before.fired_at)
        else:
            # Without its end, a firing before this one stays as it is: the end may still arrive.
            if before:
                yield before
            last[firing.alarm] = firing
    yield from last.values()


def _with_ends(firings: Iterable[Firing]) -> list[tuple[Firing, datetime | None]]:
    """Return the firings by time, each with its end; without a known end, a firing ends before the alarm's next."""
    ordered = sorted(firings, key=_order)
    following: dict[str, datetime] = {}
    found: list[tuple[Firing, datetime | None]] = []
    for firing in reversed(ordered):
        found.append((firing, firing.ended_at or following.get(firing.alarm)))
        following[firing.alarm] = firing.fired_at
    return found[::-1]


def _clusters(firings: Iterable[Firing]) -> Iterator[list[Firing]]:
    """Split the firings of one service where nothing fires for longer than `QUIET`."""
    cluster: list[Firing] = []
    until = datetime.min.replace(tzinfo=UTC)
    for firing, end in _with_ends(firings):
        if cluster and (firing.fired_at > until or firing.fired_at > cluster[0].fired_at + LONGEST):
            yield cluster
            cluster = []
        reach = min(end or firing.fired_at + LONGEST, firing.fired_at + LONGEST) + QUIET
        until = max(until, reach) if cluster else reach
        cluster.append(firing)
    if cluster:
        yield cluster


def _joined(clusters: Sequence[list[Firing]]) -> Iterator[list[list[Firing]]]:
    """Join the clusters of several services; `clusters` is sorted by the time at which each begins."""
    joined: list[list[Firing]] = []
    linked_until = datetime.min.replace(tzinfo=UTC)
    for place, cluster in enumerate(clusters):
        begin = cluster[0].fired_at
        if joined and begin > linked_until:
            yield joined
            joined = []
        joined.append(cluster)
        window = [each for each in clusters[place:] if each[0].fired_at <= begin + TOGETHER]
        services = {each[0].service for each in window}
        if len(services) >= MANY or (len(services) > 1 and services & SHARED):
            linked_until = max(linked_until, window[-1][0].fired_at)
    if joined:
        yield joined
