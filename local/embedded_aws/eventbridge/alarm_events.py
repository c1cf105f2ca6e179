"""Publish each change of an alarm's state, and its deletion, on the default bus, as AWS does.

Relies on `cloudwatch._record_history`, which MiniStack calls for every change, and on the history itself: the last
entry of an alarm has the state before.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ministack.services import cloudwatch, eventbridge

from local.embedded_aws.extension import Extension, Hook

CHANGED, CONFIGURED = "CloudWatch Alarm State Change", "CloudWatch Alarm Configuration Change"

# MiniStack's operations of the API and of CloudFormation.
DELETIONS = ("_delete_alarms", "cloudformation_delete_metric_alarm")

type Json = dict[str, Any]

_upstream_record = cloudwatch._record_history


def _record_history(  # noqa: PLR0913, PLR0917 - the parameters of MiniStack's own function
    alarm_name: str,
    old_state: str,
    new_state: str,
    reason: str,
    alarm_type: str = "MetricAlarm",
    reason_data: Mapping[str, Any] | None = None,
) -> None:
    alarm = cloudwatch._alarms.get(alarm_name) or cloudwatch._composite_alarms.get(alarm_name)
    before = _last_state(alarm_name) or _first_state(alarm, old_state)
    _upstream_record(alarm_name, old_state, new_state, reason, alarm_type, reason_data)
    # The creation of an alarm is in the history, too, with the same state twice.
    if alarm is not None and new_state != old_state:
        _publish(alarm, CHANGED, {"previousState": before, "state": _last_state(alarm_name)})


def _publishing_deletions(delete: Callable[..., Any]) -> Callable[..., Any]:
    """Return an operation that deletes alarms and publishes an event for each that is gone."""

    def publishing(*given: Any, **named: Any) -> Any:
        before = {**dict(cloudwatch._alarms.items()), **dict(cloudwatch._composite_alarms.items())}
        answer = delete(*given, **named)
        for name, alarm in before.items():
            if name not in cloudwatch._alarms and name not in cloudwatch._composite_alarms:
                state = _last_state(name) or _first_state(alarm, alarm["StateValue"])
                _publish(alarm, CONFIGURED, {"operation": "delete", "state": state})
        return answer

    return publishing


def _last_state(alarm_name: str) -> Json | None:
    """Return the state that the newest entry of an alarm's history tells; None before the first change."""
    for item in reversed(cloudwatch._history_entries()):
        if item["AlarmName"] == alarm_name and item["HistoryItemType"] == "StateUpdate":
            told = json.loads(item["HistoryData"])["newState"]
            return _state(told["stateValue"], told["stateReason"], item["Timestamp"], told.get("stateReasonData"))
    return None


def _first_state(alarm: Mapping[str, Any] | None, value: str) -> Json:
    """Return the state in which an alarm was created."""
    created_at = (alarm or {}).get("AlarmConfigurationUpdatedTimestamp") or datetime.now(UTC).timestamp()
    at = datetime.fromtimestamp(float(created_at), UTC).isoformat()
    return _state(value, "Unchecked: Initial alarm creation", at, None)


def _state(value: str, reason: str, at: str, reason_data: Any) -> Json:
    told = {"value": value, "reason": reason, "timestamp": _timestamp(at)}
    if reason_data:
        told["reasonData"] = reason_data if isinstance(reason_data, str) else json.dumps(reason_data)
    return told


def _timestamp(at: str) -> str:
    moment = datetime.fromisoformat(at).astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+0000"


def _publish(alarm: Mapping[str, Any], detail_type: str, told: Json) -> None:
    detail = {"alarmName": alarm["AlarmName"], "configuration": _configuration(alarm), **told}
    entry = {
        "Source": "aws.cloudwatch",
        "DetailType": detail_type,
        "Resources": [alarm["AlarmArn"]],
        "Detail": json.dumps(detail),
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def _configuration(alarm: Mapping[str, Any]) -> Json:
    told: Json = {"description": alarm.get("AlarmDescription") or ""}
    if "AlarmRule" in alarm:
        return told | {"alarmRule": alarm["AlarmRule"]}
    return told | {"metrics": [_query(query) for query in alarm.get("Metrics") or [_single(alarm)]]}


def _single(alarm: Mapping[str, Any]) -> Json:
    """Return the metric of an alarm without metric math, as a query."""
    metric = {name: alarm.get(name) for name in ("Namespace", "MetricName", "Dimensions")}
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic")
    return {"Id": "m1", "MetricStat": {"Metric": metric, "Period": alarm["Period"], "Stat": statistic}}


def _query(query: Mapping[str, Any]) -> Json:
    told: Json = {"id": query["Id"], "returnData": query.get("ReturnData", True)}
    if "Expression" in query:
        return told | {"expression": query["Expression"]}
    stat, metric = query["MetricStat"], query["MetricStat"]["Metric"]
    named = {
        "namespace": metric["Namespace"],
        "name": metric["MetricName"],
        "dimensions": {each["Name"]: each["Value"] for each in metric.get("Dimensions") or []},
    }
    return told | {"metricStat": {"metric": named, "period": stat["Period"], "stat": stat["Stat"]}}


def _install() -> None:
    cloudwatch._record_history = _record_history
    for name in DELETIONS:
        setattr(cloudwatch, name, _publishing_deletions(getattr(cloudwatch, name)))


EXTENSION = Extension(
    closes="A change of an alarm's state, or its deletion, was no event on the default bus.",
    hooks=(
        Hook(
            module="ministack.services.cloudwatch",
            name="_record_history",
            parameters=("alarm_name", "old_state", "new_state", "reason", "alarm_type", "reason_data"),
            contains=('new["stateReasonData"] = reason_data', '"HistoryItemType": "StateUpdate"'),
        ),
        Hook(module="ministack.services.cloudwatch", name="_history_entries"),
        Hook(
            module="ministack.services.cloudwatch",
            name="_delete_alarms",
            parameters=("params", "cbor_data", "is_cbor", "is_json"),
        ),
        Hook(
            module="ministack.services.cloudwatch",
            name="cloudformation_delete_metric_alarm",
            parameters=("name", "refuse_dependents"),
        ),
        Hook(module="ministack.services.cloudwatch", name="_composite_alarms"),
        Hook(module="ministack.services.eventbridge", name="_put_events", parameters=("data", "allow_aws_source")),
    ),
    install=_install,
)
