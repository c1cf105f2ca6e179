"""The kinds of alarms: what callers notice, how urgent it is, and which alarms say nothing of their own.

An alarm is named `platform-<environment>-<service>[-<function or queue>]-<kind>`: cdk/monitoring.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

type Severity = Literal["urgent", "ticket"]

RUNBOOK = "docs/runbooks/alarms.md"
# Parts of the platform that every service uses; the first segment of their alarms' names.
GATEWAY, EVENT_BUS = "gateway", "events"
SHARED = frozenset({GATEWAY, EVENT_BUS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of alarm.

    Attributes:
        noticed: What callers notice, after "service: ".
        severity: `urgent` at any hour; a `ticket` waits for working hours. The runbook has the same.
        section: The section of the runbook.
    """

    noticed: str
    severity: Severity
    section: str


# The most urgent first: the first kind that fires gives an incident its title.
KINDS: Mapping[str, Kind] = {
    "unhealthy": Kind(noticed="requests to all services may fail", severity="urgent", section="unhealthy"),
    "undelivered": Kind(noticed="events reach no consumer", severity="urgent", section="undelivered"),
    "failures": Kind(noticed="requests fail", severity="urgent", section="failures"),
    "budget-fast": Kind(noticed="requests fail, too many for its objective", severity="urgent", section="budget-fast"),
    "latency": Kind(noticed="requests are slow", severity="urgent", section="latency"),
    "budget-slow": Kind(noticed="a few requests fail, for hours", severity="ticket", section="budget-slow"),
    "table-throttles": Kind(noticed="requests may be slow or fail", severity="ticket", section="throttles"),
    "throttles": Kind(noticed="calls wait or get 503", severity="ticket", section="throttles"),
    "errors": Kind(noticed="a function crashes or runs out of time", severity="ticket", section="errors"),
    "parked": Kind(noticed="some changes reach no other service", severity="ticket", section="parked"),
    "dead-letters": Kind(noticed="some messages have no effect", severity="ticket", section="dead-letters"),
    "lag": Kind(noticed="changes reach other services late", severity="ticket", section="lag"),
    "age": Kind(noticed="work is done late", severity="ticket", section="age"),
    "cpu": Kind(noticed="requests may become slow", severity="ticket", section="cpu"),
}
UNKNOWN = Kind(noticed="an alarm fires", severity="ticket", section="")

# These notify no person either: the alarms on one version of a function, and the two windows of a budget's alarm.
_SILENT = re.compile(r"-release-(failures|latency|batches|errors)-\d+$|-budget-(fast|slow)-(long|short)$")


def is_silent(alarm: str) -> bool:
    """Tell whether an alarm belongs to a release or to another alarm, which speaks for it."""
    return bool(_SILENT.search(alarm))


def kind_of(alarm: str) -> str:
    """Return the kind at the end of an alarm's name; empty for an unknown one."""
    fitting = [kind for kind in KINDS if alarm.endswith(f"-{kind}")]
    return max(fitting, key=len, default="")
