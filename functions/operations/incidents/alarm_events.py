"""Changes of alarms' states, from the events of CloudWatch; other modules never read the events' own shape.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from functions.operations.facts import environment_of
from functions.operations.incidents.domain import Change, Told
from functions.operations.incidents.kinds import RUNBOOK, is_silent
from functions.shared.messaging.events import MalformedEvent

SOURCE = "aws.cloudwatch"
CONFIGURED = "CloudWatch Alarm Configuration Change"
FIRING = "ALARM"
LONGEST_DESCRIPTION = 300


def change_of(delivered: Mapping[str, Any]) -> Change | None:
    """Return the change that an event tells of; None for one that opens and closes no incident.

    An event also tells since when the alarm had its state before. So the end of a firing alone tells all of it, and a
    late or lost event does no harm. An alarm that is deleted while it fires has ended.

    Raises:
        MalformedEvent: A member is missing or has the wrong type.
        NotOfThePlatform: The alarm belongs to another application of the account.
    """
    try:
        detail = delivered["detail"]
        alarm, state = detail["alarmName"], detail["state"]
        if delivered["detail-type"] == CONFIGURED:
            if detail["operation"] != "delete":
                return None
            before, state = state, {"value": "DELETED", "timestamp": delivered["time"]}
        else:
            before = detail["previousState"]
        environment = environment_of(alarm)
        fires, fired = state["value"] == FIRING, before["value"] == FIRING
        if fires == fired or is_silent(alarm):
            return None
        firing = state if fires else before
        return Change(
            alarm=alarm,
            environment=environment,
            service=alarm.split("-")[2],
            fired_at=_at(firing),
            ended_at=None if fires else _at(state),
            told=_told(detail["configuration"].get("description") or "", firing),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MalformedEvent(f"The event has another shape than AWS documents: {error!r}.") from error


def _at(state: Mapping[str, Any]) -> datetime:
    at = datetime.fromisoformat(state["timestamp"]).astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _told(description: str, state: Mapping[str, Any]) -> Told:
    """Return the numbers in `reasonData`, which is JSON in a string; a composite alarm has others there."""
    meaning = description.partition(f" Runbook: {RUNBOOK}")[0][:LONGEST_DESCRIPTION]
    data = json.loads(state.get("reasonData") or "{}")
    threshold = data.get("threshold")
    values = [float(value) for value in data.get("recentDatapoints") or () if value is not None]
    if threshold is None or not values:
        return Told(description=meaning, threshold=threshold)
    return Told(description=meaning, value=_farthest(values, threshold), threshold=float(threshold))


def _farthest(values: list[float], threshold: float) -> float:
    """Return the value farthest beyond the threshold: above it if any is, else below."""
    return max(values) if max(values) > threshold else min(values)
