"""Likely causes of an incident, by rule: the first rule that finds evidence has the likeliest cause.

`tests/operations/incidents/test_hit_rate.py` holds the rules against known faults, and publishes how often they hit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from functions.operations.incidents.domain import MANY, Firing
from functions.operations.incidents.kinds import GATEWAY
from functions.operations.incidents.situation import Reached, Situation

SHOWN = 3
# A defect that a release brought shows in its first minutes, or when the first caller needs the changed part.
AT_ONCE, WITHIN = timedelta(minutes=15), timedelta(hours=1)

type Evidence = str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A cause, and the evidence for it.

    Attributes:
        cause: The cause in a sentence.
        find: Returns the evidence; None without any.
        otherwise: The sentence that rules the cause out; empty if its absence says nothing.
    """

    name: str
    cause: str
    find: Callable[[Situation], Evidence | None]
    otherwise: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A likely cause of an incident."""

    name: str
    cause: str
    evidence: Evidence


def likely_causes(situation: Situation) -> list[Cause]:
    """Return the causes with evidence, at most three, the likeliest first; the same evidence counts once."""
    causes: dict[Evidence, Cause] = {}
    for rule in RULES:
        evidence = rule.find(situation)
        if evidence:
            causes.setdefault(evidence, Cause(name=rule.name, cause=rule.cause, evidence=evidence))
    return list(causes.values())[:SHOWN]


def ruled_out(situation: Situation) -> list[str]:
    """Return what is not the cause, for the causes that a person would suspect first."""
    return [rule.otherwise for rule in RULES if rule.otherwise and not rule.find(situation)]


def _names(firings: list[Firing]) -> Evidence | None:
    """Return the names of alarms, without repetition."""
    names = list(dict.fromkeys(firing.alarm.split("-", 2)[-1] for firing in firings))
    if not names:
        return None
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more} fired"


def _fired(*kinds: str) -> Callable[[Situation], Evidence | None]:
    return lambda situation: _names(situation.fired(*kinds))


def _released(*, within: timedelta) -> Callable[[Situation], Evidence | None]:
    """Find the release of the service that fired first and was released; a release of several counts once."""

    def find(situation: Situation) -> Evidence | None:
        for service in situation.own_services:
            reached = situation.released(service, within=within)
            if reached:
                return _told(situation, reached)
        return None

    return find


def _gateway_released(situation: Situation) -> Evidence | None:
    if GATEWAY not in situation.incident.services:
        return None
    reached = situation.released(GATEWAY, within=WITHIN)
    return _told(situation, reached) if reached else None


def _told(situation: Situation, reached: Reached) -> Evidence:
    first = next(firing for firing in situation.incident.firings if firing.service == reached.service)
    minutes = round((first.fired_at - reached.at).total_seconds() / 60)
    request = reached.deployment.request
    name = f"{request.commit[:10]} ({request.branch})" if request else "a change without a request"
    return f"{name} reached {reached.service} {minutes} min before {first.alarm.split('-', 2)[-1]} fired"


def _throttled_in_many(situation: Situation) -> Evidence | None:
    firings = situation.fired("throttles")
    return _names(firings) if len({firing.service for firing in firings}) > 1 else None


def _many_services(situation: Situation) -> Evidence | None:
    services = situation.own_services
    if len(services) < MANY:
        return None
    return f"{len(services)} services fired within minutes: {', '.join(services[:5])}"


def _dead_letters_without_errors(situation: Situation) -> Evidence | None:
    crashed = {firing.service for firing in situation.fired("errors")}
    return _names([firing for firing in situation.fired("dead-letters") if firing.service not in crashed])


# The likeliest first.
RULES = (
    Rule(
        name="event-bus-key",
        cause="The bus cannot use its key: it was disabled, or its policy was changed.",
        find=_fired("undelivered"),
    ),
    Rule(name="gateway-release", cause="The last change of the gateway.", find=_gateway_released),
    Rule(
        name="release",
        cause="The last release of the service.",
        find=_released(within=AT_ONCE),
    ),
    Rule(
        name="gateway",
        cause="The gateway: its tasks, its load balancers or its certificate.",
        find=lambda situation: _names([each for each in situation.incident.firings if each.service == GATEWAY]),
        otherwise="No alarm of the gateway fires.",
    ),
    Rule(
        name="account-concurrency",
        cause="The account's limit of concurrent executions: functions of several services are throttled.",
        find=_throttled_in_many,
    ),
    Rule(
        name="shared-dependency",
        cause="A dependency that the services share: DynamoDB, Lambda, the keys of the user pool, or the network.",
        find=_many_services,
        otherwise="Fewer than three services are affected.",
    ),
    Rule(
        name="table-throttles",
        cause="DynamoDB throttles the table: a hot key, or more load than it has scaled to.",
        find=_fired("table-throttles"),
    ),
    Rule(
        name="throttles",
        cause="Lambda throttles the function: it reached its reserved concurrency or the account's limit.",
        find=_fired("throttles"),
    ),
    Rule(
        name="crash",
        cause="The function crashes, runs out of time or out of memory.",
        find=_fired("errors"),
        otherwise="No function crashes or runs out of time.",
    ),
    Rule(
        name="earlier-release",
        cause="A release of the service within the last hour.",
        find=_released(within=WITHIN),
        otherwise="No service of the incident was released within the hour before.",
    ),
    Rule(
        name="poison-message",
        cause="Messages that the consumer refuses; the dead letters name the reason.",
        find=_dead_letters_without_errors,
    ),
    Rule(
        name="publishing",
        cause="The relay cannot publish: the bus is unavailable, or an event breaks its contract.",
        find=_fired("parked", "lag"),
    ),
    Rule(
        name="backlog",
        cause="More messages than the consumer handles: a replay, an import, or a slow dependency.",
        find=_fired("age"),
    ),
    Rule(
        name="failing-requests",
        cause="The service answers 5xx: a dependency refuses or fails; its log has the first error.",
        find=_fired("failures", "budget-fast", "budget-slow"),
    ),
    Rule(
        name="slow-dependency",
        cause="A slow dependency, or cold starts.",
        find=_fired("latency"),
    ),
)
