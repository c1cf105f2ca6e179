"""An alarm as all of ours are: named, told to the alarms' topic, quiet where nothing is measured."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from cdk.conventions.camel_case import camel
from cdk.conventions.suppressions import suppress_fn_join
from cdk.monitoring.metric import Expression, Metric
from cdk.settings.environment import Environment

RUNBOOK = "docs/runbooks/alarms.md"

type AddedAlarms = dict[str, cloudwatch.CfnAlarm]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Goes off when `metric` is above a number in `of_them` of the last `periods`, or else in all of them."""

    name: str
    says: str
    metric: Metric | Expression
    above: float
    period_s: int = 300
    periods: int = 1
    of_them: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """Goes off while each of other alarms does, which tell nobody themselves."""

    name: str
    says: str
    alarms: tuple[Alarm, Alarm]


def topic_name(environment: Environment) -> str:
    """Name the topic that hears of every alarm."""
    return f"{environment.prefix}-alarms"


def full_name(environment: Environment, alarm: Alarm | Both) -> str:
    """Name an alarm within its account."""
    return f"{environment.prefix}-{alarm.name}"


def add_alarms(scope: Construct, environment: Environment, alarms: Iterable[Alarm | Both]) -> AddedAlarms:
    """Add alarms to a stack; each tells the topic when it goes off, and when that is over."""
    tells = [Stack.of(scope).format_arn(service="sns", resource=topic_name(environment))]
    added: AddedAlarms = {}
    for alarm in alarms:
        if isinstance(alarm, Alarm):
            added[alarm.name] = _add_alarm(scope, environment, alarm, tells=tells)
        else:
            _add_both(scope, environment, alarm, tells=tells)
    return added


def _add_alarm(
    scope: Construct, environment: Environment, alarm: Alarm, *, tells: Sequence[str] | None
) -> cloudwatch.CfnAlarm:
    added = cloudwatch.CfnAlarm(
        scope,
        f"{camel(alarm.name)}Alarm",
        alarm_name=full_name(environment, alarm),
        alarm_description=_described(alarm.says),
        **_looks_at(alarm),
        comparison_operator="GreaterThanThreshold",
        threshold=alarm.above,
        evaluation_periods=alarm.periods,
        datapoints_to_alarm=alarm.of_them,
        # Where nobody calls, nothing is measured, and nothing is wrong.
        treat_missing_data="notBreaching",
        alarm_actions=tells,
        ok_actions=tells,
    )
    if tells:
        suppress_fn_join(added)
    return added


def _add_both(scope: Construct, environment: Environment, alarm: Both, *, tells: Sequence[str]) -> None:
    added = cloudwatch.CfnCompositeAlarm(
        scope,
        f"{camel(alarm.name)}Alarm",
        alarm_name=full_name(environment, alarm),
        alarm_description=_described(alarm.says),
        alarm_rule=" AND ".join(f'ALARM("{full_name(environment, each)}")' for each in alarm.alarms),
        alarm_actions=tells,
        ok_actions=tells,
    )
    suppress_fn_join(added)
    for each in alarm.alarms:
        added.node.add_dependency(_add_alarm(scope, environment, each, tells=None))


def _looks_at(alarm: Alarm) -> dict[str, Any]:
    """Say what an alarm looks at: one metric, or what is calculated from some."""
    metric = alarm.metric
    if isinstance(metric, Metric):
        return {
            "namespace": metric.namespace,
            "metric_name": metric.name,
            "dimensions": _dimensions(metric),
            "statistic": metric.statistic,
            "period": alarm.period_s,
        }
    result = cloudwatch.CfnAlarm.MetricDataQueryProperty(id="result", expression=metric.text, return_data=True)
    parts = (
        cloudwatch.CfnAlarm.MetricDataQueryProperty(
            id=name,
            return_data=False,
            metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
                metric=cloudwatch.CfnAlarm.MetricProperty(
                    namespace=each.namespace, metric_name=each.name, dimensions=_dimensions(each)
                ),
                stat=each.statistic,
                period=alarm.period_s,
            ),
        )
        for name, each in metric.metrics.items()
    )
    return {"metrics": [result, *parts]}


def _dimensions(metric: Metric) -> list[cloudwatch.CfnAlarm.DimensionProperty]:
    return [cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value) for name, value in metric.dimensions.items()]


def _described(says: str) -> str:
    return f"{says} What to do: {RUNBOOK}"
