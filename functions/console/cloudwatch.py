"""The `Monitoring` of the console on CloudWatch."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from functions.console.calls import translated_errors
from functions.console.domain import SIGNS, Alarm, Change, Metric, Series, Window
from functions.console.platform import Platform
from functions.shared.aws.clients import client

if TYPE_CHECKING:
    from functions.console.ports import Monitoring

KINDS = ["CompositeAlarm", "MetricAlarm"]
CHANGES_SHOWN = 50
# A template writes it at the end of each alarm's description: cdk/monitoring/alarm.py.
_RUNBOOK = re.compile(r"\s*Runbook: (\S+)$")


class CloudWatch:
    """Reads the alarms with names that begin with the platform's prefix, and any metrics."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._prefix = f"{platform.prefix}-"

    def list_alarms(self) -> Sequence[Alarm]:
        """See `Monitoring.list_alarms`."""
        asked = {"AlarmNamePrefix": self._prefix, "AlarmTypes": KINDS}
        with translated_errors():
            pages = list(client("cloudwatch").get_paginator("describe_alarms").paginate(**asked))
        return [alarm for page in pages for alarm in self._alarms(page)]

    def find_alarm(self, name: str) -> Alarm | None:
        """See `Monitoring.find_alarm`: never an alarm of something else in the account."""
        if not name.startswith(self._prefix):
            return None
        with translated_errors():
            page = client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=KINDS)
        return next(iter(self._alarms(page)), None)

    def list_changes(self, alarm: str) -> Sequence[Change]:
        """See `Monitoring.list_changes`."""
        with translated_errors():
            answer = client("cloudwatch").describe_alarm_history(
                AlarmName=alarm, AlarmTypes=KINDS, HistoryItemType="StateUpdate", MaxRecords=CHANGES_SHOWN
            )
        return [
            Change(at=_utc(each["Timestamp"]), summary=each["HistorySummary"]) for each in answer["AlarmHistoryItems"]
        ]

    def read(self, metrics: Sequence[Metric], window: Window) -> Mapping[str, Series]:
        """See `Monitoring.read`."""
        return _read([_query(metric, window.period_s) for metric in metrics], window) if metrics else {}

    def read_alarm(self, alarm: Alarm, window: Window) -> Series:
        """See `Monitoring.read_alarm`: by the alarm's own metrics and expression."""
        [series] = _read(alarm.metrics, window).values()
        return series

    def _alarms(self, page: Mapping[str, Any]) -> Iterable[Alarm]:
        for each in (*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ())):
            described = each.get("AlarmDescription") or ""
            found = _RUNBOOK.search(described)
            metrics = _metrics_of(each)
            yield Alarm(
                name=each["AlarmName"],
                service=self._platform.service_of(each["AlarmName"]),
                description=_RUNBOOK.sub("", described),
                runbook=found.group(1) if found else "",
                state=each["StateValue"],
                since=_utc(each.get("StateTransitionedTimestamp") or each["StateUpdatedTimestamp"]),
                reason=each.get("StateReason") or "",
                threshold=each.get("Threshold"),
                sign=SIGNS.get(each.get("ComparisonOperator", ""), ""),
                period_s=max((each["MetricStat"]["Period"] for each in metrics if "MetricStat" in each), default=60),
                metrics=metrics,
                rule=each.get("AlarmRule") or "",
            )


def _metrics_of(alarm: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the metrics of an alarm as queries; one of a single metric names it in members of its own."""
    if alarm.get("Metrics"):
        return tuple(alarm["Metrics"])
    if not alarm.get("MetricName"):
        return ()
    metric = Metric(
        id="value",
        namespace=alarm["Namespace"],
        name=alarm["MetricName"],
        dimensions={each["Name"]: each["Value"] for each in alarm.get("Dimensions", ())},
        statistic=alarm.get("ExtendedStatistic") or alarm["Statistic"],
    )
    return (_query(metric, alarm["Period"]),)


def _query(metric: Metric, period_s: int) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions.items()]
    named = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
    stat = {"Metric": named, "Period": period_s, "Stat": metric.statistic}
    return {"Id": metric.id, "MetricStat": stat, "ReturnData": True}


def _read(queries: Sequence[Mapping[str, Any]], window: Window) -> dict[str, Series]:
    asked = {"MetricDataQueries": list(queries), "StartTime": window.start, "EndTime": window.end}
    values: dict[str, list[float | None]] = {
        each["Id"]: [None] * window.count for each in queries if each.get("ReturnData", True)
    }
    with translated_errors():
        for page in client("cloudwatch").get_paginator("get_metric_data").paginate(**asked):
            for result in page["MetricDataResults"]:
                for at, value in zip(result["Timestamps"], result["Values"], strict=True):
                    place = window.place(_utc(at))
                    if 0 <= place < window.count:
                        values[result["Id"]][place] = value
    return {each: Series(window=window, values=tuple(found)) for each, found in values.items()}


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


if TYPE_CHECKING:
    _: Monitoring = CloudWatch(...)  # type: ignore[arg-type] # only the type matters
