"""The message of an incident: a pure function of the incident and the deployments around it; nothing personal."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.operations.domain import Deployment
from functions.operations.incidents.causes import Cause, likely_causes, ruled_out
from functions.operations.incidents.domain import Firing, Incident
from functions.operations.incidents.kinds import RUNBOOK
from functions.operations.incidents.situation import Situation

# Longer titles are cut off by phones.
LONGEST_TITLE = 80
ALARMS_SHOWN = 5
_ROLE = re.compile(r":assumed-role/([^/]+)/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The message for the person on call, each part as text.

    Attributes:
        thread_id: The same for all messages about the incident.
        happening: The alarms, each with its value against its threshold and the time.
        changed: The last change of the services or of the gateway.
        causes: At most three, the likeliest first.
        links: Addresses and paths, the runbook first.
    """

    title: str
    thread_id: str
    environment: str
    state: str
    happening: Sequence[str]
    changed: str
    causes: Sequence[Cause]
    ruled_out: Sequence[str]
    links: Sequence[str]

    def text(self) -> str:
        """Return the message as plain text."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield self.title
        yield f"Environment: {self.environment} · {self.state}"
        yield from (f"· {each}" for each in self.happening)
        yield f"Changed last: {self.changed}"
        for number, each in enumerate(self.causes, 1):
            yield f"{'Likely cause' if number == 1 else f'Or ({number})'}: {each.cause} Evidence: {each.evidence}."
        if not self.causes:
            yield "Likely cause: no rule found evidence."
        if self.ruled_out:
            yield f"Ruled out: {' '.join(self.ruled_out)}"
        yield from self.links
        yield f"Thread: {self.thread_id}"


def message_of(incident: Incident, deployments: Sequence[Deployment], *, now: datetime) -> Message:
    """Return the message of an incident at a time."""
    situation = Situation(incident=incident, deployments=deployments)
    return Message(
        title=title_of(incident),
        thread_id=incident.incident_id,
        environment=incident.environment,
        state=_state(incident, now=now),
        happening=list(_happening(incident)),
        changed=_changed(situation),
        causes=likely_causes(situation),
        ruled_out=ruled_out(situation),
        links=_links(incident),
    )


def title_of(incident: Incident) -> str:
    """Return the severity, the service and what callers notice, in one line."""
    leading = incident.leading
    more = len(incident.services) - 1
    services = f"{leading.service} and {more} more" if more else leading.service
    # An unknown kind has only its description.
    noticed = leading.kind.noticed if leading.kind.section else leading.told.description or leading.kind.noticed
    title = f"[{incident.severity}] {services}: {noticed}"
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"


def _state(incident: Incident, *, now: datetime) -> str:
    since = f"since {_moment(incident.opened_at)}"
    if incident.ended_at is None:
        return f"fires {since}, for {_span(now - incident.opened_at)}"
    return f"ended {_moment(incident.ended_at)}, after {_span(incident.ended_at - incident.opened_at)}"


def _happening(incident: Incident) -> Iterator[str]:
    for firing, ended_at in incident.alarms[:ALARMS_SHOWN]:
        until = f", OK since {_moment(ended_at)}" if ended_at else ""
        numbers = f" ({_numbers(firing)})" if firing.told.value is not None else ""
        name = firing.alarm.split("-", 2)[-1]
        yield f"{name}: {firing.told.description}{numbers} since {_moment(firing.fired_at)}{until}"
    if len(incident.alarms) > ALARMS_SHOWN:
        yield f"{len(incident.alarms) - ALARMS_SHOWN} more alarms"


def _numbers(firing: Firing) -> str:
    return f"{firing.told.value:.4g} against a threshold of {firing.told.threshold:g}"


def _changed(situation: Situation) -> str:
    last = situation.last_change()
    if last is None:
        return "none of the last deployments changed these services or the gateway"
    request = last.deployment.request
    age = situation.incident.opened_at - last.at
    when = f"{_span(age)} before it began" if age >= timedelta() else f"{_span(-age)} after it began"
    name = f"{request.commit[:10]} ({request.branch}) by {_role(request.requested_by)}" if request else "by hand"
    return f"{last.service}, {when}: {name}, deployment {last.deployment.deployment_id}"


def _role(requested_by: str) -> str:
    """Return the role that deployed; the session in it, and any other name, may be a person's."""
    found = _ROLE.search(requested_by)
    return f"the role {found[1]}" if found else "an account without a role"


def _links(incident: Incident) -> list[str]:
    section = incident.leading.kind.section
    runbook = f"Runbook: {RUNBOOK}{f'#{section}' if section else ''}"
    alarm = f"Alarm: /console/alarms/{incident.leading.alarm}"
    return [runbook, alarm, f"Incident: /console/incidents/{incident.incident_id}"]


def _moment(at: datetime) -> str:
    return f"{at:%d %b %H:%M} UTC"


def _span(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes} min"
