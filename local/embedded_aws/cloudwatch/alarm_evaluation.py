"""Evaluate alarms as on AWS: only their own metric, over their periods, repeatedly, and with metric math.

Relies on `cloudwatch._evaluate_alarm`, on its data points and statistics, and on the record that the CloudFormation
handler of alarms creates. CloudWatch evaluates every minute; here it is every few seconds, for shorter waits.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from local.embedded_aws.cloudwatch import queue_metrics
from local.embedded_aws.cloudwatch.alarm_state import Threshold, state_of
from local.embedded_aws.cloudwatch.metric_math import formula
from local.embedded_aws.cloudwatch.percentile_rank import percentile_rank
from local.embedded_aws.codedeploy.pace import scaled_s
from local.embedded_aws.extension import Extension, Hook

_EVERY_S = 5.0
# An alarm with a long period is evaluated less often: its values take longer to add up and change slowly.
_EVALUATIONS_PER_PERIOD = 12
_LONGEST_INTERVAL_S = 60.0
# The pause is this many times the busy time, which bounds the load to a thirtieth of a core.
_PAUSE_FACTOR = 30

type Alarm = dict[str, Any]

_upstream_record = provisioners._cw_metric_alarm_record
_evaluated_at: dict[str, float] = {}
_stopped = threading.Event()


def _record(name: str, properties: Mapping[str, Any]) -> Alarm:
    """Create the record of an alarm from its template; upstream refuses an alarm with metric math."""
    queries = properties.get("Metrics")
    if not queries:
        return dict(_upstream_record(name, properties))
    named = {**properties, "Metrics": None, "MetricName": "-", "Namespace": "-"}
    record = {
        **_upstream_record(name, named),
        "Metrics": [_typed(query) for query in queries],
        "Period": max(int(query["MetricStat"]["Period"]) for query in queries if "MetricStat" in query),
    }
    for key in ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions"):
        del record[key]
    _values(record, time.time())
    return record


def _typed(query: Mapping[str, Any]) -> dict[str, Any]:
    """Restore the types of numbers and booleans that CloudFormation may have written as text."""
    typed = {**query, "ReturnData": str(query.get("ReturnData", True)).lower() == "true"}
    if "MetricStat" in query:
        typed["MetricStat"] = {**query["MetricStat"], "Period": int(query["MetricStat"]["Period"])}
    return typed


def _evaluate(alarm: Alarm) -> None:
    now = time.time()
    _evaluated_at[alarm["AlarmArn"]] = now
    values = _values(alarm, now)
    before = alarm["StateValue"]
    threshold = Threshold(
        comparison=alarm["ComparisonOperator"],
        number=alarm["Threshold"],
        needed=alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"],
        missing=alarm["TreatMissingData"],
    )
    after = state_of(values, threshold, before=before)
    if after == before:
        return
    shown = ", ".join("none" if value is None else f"{value:g}" for value in values)
    reason = f"Threshold Crossed: [{shown}], the newest first: {alarm['ComparisonOperator']} {alarm['Threshold']:g}"
    alarm.update(StateValue=after, StateReason=reason, StateUpdatedTimestamp=int(now))
    reason_data = _reason_data(alarm, values, now)
    cloudwatch._record_history(alarm["AlarmName"], before, after, reason, reason_data=reason_data)
    cloudwatch._dispatch_alarm_actions(alarm, before, after, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def _reason_data(alarm: Alarm, values: list[float | None], now: float) -> dict[str, Any]:
    """Return the values and the threshold, as in the events and the history of AWS."""
    data = {"version": "1.0", "queryDate": datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")}
    known = [value for value in values if value is not None]
    return data | {"period": alarm["Period"], "recentDatapoints": known, "threshold": alarm["Threshold"]}


def _values(alarm: Alarm, now: float) -> list[float | None]:
    """Return the values of the last periods, the newest first."""
    count, name = alarm["EvaluationPeriods"], alarm["AlarmName"]
    if "Metrics" not in alarm:
        statistic = alarm.get("ExtendedStatistic") or alarm["Statistic"]
        return _of_metric(alarm, statistic, scaled_s(name, alarm["Period"]), count, now)
    by_name = {
        query["Id"]: _of_metric(
            query["MetricStat"]["Metric"],
            query["MetricStat"]["Stat"],
            scaled_s(name, query["MetricStat"]["Period"]),
            count,
            now,
        )
        for query in alarm["Metrics"]
        if "MetricStat" in query
    }
    [result] = [query for query in alarm["Metrics"] if query["ReturnData"]]
    calculated = formula(result["Expression"] if "Expression" in result else result["Id"])
    return [calculated({name: values[period] for name, values in by_name.items()}) for period in range(count)]


def _of_metric(
    metric: Mapping[str, Any], statistic: str, period_s: float, count: int, now: float
) -> list[float | None]:
    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(metric.get("Dimensions") or []))
    points = cloudwatch._metrics.get((metric["Namespace"], metric["MetricName"], dimensions)) or []
    periods: list[list[Any]] = [[] for _ in range(count)]
    # The newest point is last. Points older than all periods may be very many, and are not read.
    for point in reversed(list(points)):
        period = int((now - point["Timestamp"]) // period_s)
        if period >= count:
            break
        if period >= 0:
            periods[period].append(point)
    return [statistic_of(found, statistic) for found in periods]


def statistic_of(points: list[Any], statistic: str) -> float | None:
    """Return a statistic of the points of a period; None without one."""
    if not points:
        return None
    rank = percentile_rank(statistic, [point["Value"] for point in points if "Value" in point])
    value = cloudwatch._stat_value(cloudwatch._calc_stats(points), statistic, points) if rank is None else rank
    return None if value is None else float(value)


def _due(now: float) -> Iterator[tuple[str, str, Alarm]]:
    for (account_id, region, _), alarm in list(cloudwatch._alarms._data.items()):
        period_s = scaled_s(alarm["AlarmName"], alarm["Period"])
        interval_s = min(period_s / _EVALUATIONS_PER_PERIOD, _LONGEST_INTERVAL_S)
        if now - _evaluated_at.get(alarm["AlarmArn"], 0.0) >= interval_s:
            yield account_id, region, alarm


def evaluate_due() -> None:
    """Evaluate each alarm that is due, in its own account and region."""
    for account_id, region, alarm in _due(time.time()):
        set_request_account_id(account_id)
        set_request_region(region)
        try:
            _evaluate(alarm)
        except Exception:  # noqa: BLE001 - one alarm must not stop the evaluation of the next
            cloudwatch.logger.exception("The alarm %s was not evaluated", alarm["AlarmName"])


def evaluate_now(name: str) -> None:
    """Evaluate an alarm, because a release waits for its state; a composite alarm follows the alarms that it reads."""
    alarm = cloudwatch._alarms.get(name)
    if alarm is not None:
        _evaluate(alarm)


def stop() -> None:
    """End the evaluation, because the state is about to be written."""
    _stopped.set()


def _keep_evaluating() -> None:
    pause_s = _EVERY_S
    while not _stopped.wait(pause_s):
        began_s = time.thread_time()
        queue_metrics.measure()
        evaluate_due()
        # A longer evaluation makes a longer pause: requests come first on this machine.
        pause_s = max(_EVERY_S, _PAUSE_FACTOR * (time.thread_time() - began_s))


def _install() -> None:
    cloudwatch._evaluate_alarm = _evaluate
    provisioners._cw_metric_alarm_record = _record
    threading.Thread(target=_keep_evaluating, daemon=True).start()


def _of_cloudwatch(name: str, *parameters: str) -> Hook:
    return Hook(module="ministack.services.cloudwatch", name=name, parameters=parameters)


EXTENSION = Extension(
    closes="An alarm read every metric with the same name, only when a value arrived, and had neither metric math nor"
    " percentile ranks.",
    hooks=(
        _of_cloudwatch("_evaluate_alarm", "alarm"),
        _of_cloudwatch("_dims_key", "dims"),
        _of_cloudwatch("_dims_from_list", "dimensions"),
        _of_cloudwatch("_calc_stats", "points"),
        _of_cloudwatch("_stat_value", "stats", "stat_name", "points"),
        _of_cloudwatch("_dispatch_alarm_actions", "alarm", "old_state", "new_state", "reason"),
        _of_cloudwatch("_evaluate_parent_alarms", "child", "seen"),
        Hook(
            module="ministack.services.cloudwatch",
            name="_record_history",
            parameters=("alarm_name", "old_state", "new_state", "reason", "alarm_type", "reason_data"),
        ),
        Hook(
            module="ministack.services.cloudwatch",
            name="record_metric",
            contains=("_metric_bucket((namespace, metric_name, _dims_key(dims))).append(", '"Timestamp": time.time(),'),
        ),
        Hook(
            module="ministack.services.cloudformation.provisioners",
            name="_cw_metric_alarm_record",
            parameters=("name", "props"),
            contains=('if props.get("Metrics"):',),
        ),
        Hook(
            module="ministack.services.cloudformation.provisioners",
            name="_cw_metric_alarm_put",
            contains=("alarm = _cw_metric_alarm_record(name, props)",),
        ),
    ),
    install=_install,
    stands_in={
        "AWS::CloudWatch::Alarm": "Evaluated every few seconds; notifies only SNS topics; of AWS's own metrics, only"
        " those of Lambda and SQS exist."
    },
)
