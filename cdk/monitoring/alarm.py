"""CloudWatch alarms with the platform's conventions: names, runbook, notifications, treatment of missing data."""

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
    """An alarm on one metric; it fires when `datapoints_to_alarm` of the last `evaluation_periods` exceed `threshold`.

    Without `datapoints_to_alarm` all of them must. An alarm on a `least` value fires when the metric is below
    `threshold`, or absent.
    """

    name: str
    description: str
    metric: Metric | Expression
    threshold: float
    period_s: int = 300
    evaluation_periods: int = 1
    datapoints_to_alarm: int | None = None
    least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeAlarm:
    """An alarm that fires while both of its alarms are in ALARM; those two send no notifications themselves."""

    name: str
    description: str
    alarms: tuple[Alarm, Alarm]


def topic_name(environment: Environment) -> str:
    """Return the name of the topic that every alarm notifies."""
    return f"{environment.prefix}-alarms"


def full_name(environment: Environment, alarm: Alarm | CompositeAlarm) -> str:
    """Return the name of an alarm, unique in its account and region."""
    return f"{environment.prefix}-{alarm.name}"


def add_alarms(scope: Construct, environment: Environment, alarms: Iterable[Alarm | CompositeAlarm]) -> AddedAlarms:
    """Add alarms to a stack; each notifies the topic when it fires and when it returns to OK.

    Returns:
        The alarms that are not composite, by name.
    """
    topics = [Stack.of(scope).format_arn(service="sns", resource=topic_name(environment))]
    added: AddedAlarms = {}
    for alarm in alarms:
        if isinstance(alarm, Alarm):
            added[alarm.name] = _add_alarm(scope, environment, alarm, topics=topics)
        else:
            _add_composite_alarm(scope, environment, alarm, topics=topics)
    return added


def add_release_alarm(scope: Construct, environment: Environment, alarm: Alarm, *, version: str) -> cloudwatch.CfnAlarm:
    """Add an alarm on one version of a function. It notifies no topic: a release that it stops says so itself.

    The version is a part of the name, so CloudFormation creates a new alarm for each version, and deletes the old one
    after the update. A new alarm cannot be in ALARM before its version serves; an updated one keeps its state until
    CloudWatch evaluates it.
    """
    return _add_alarm(scope, environment, alarm, topics=None, suffix=f"-{version}")


def _add_alarm(
    scope: Construct, environment: Environment, alarm: Alarm, *, topics: Sequence[str] | None, suffix: str = ""
) -> cloudwatch.CfnAlarm:
    added = cloudwatch.CfnAlarm(
        scope,
        f"{camel(alarm.name)}Alarm",
        alarm_name=f"{full_name(environment, alarm)}{suffix}",
        alarm_description=_with_runbook(alarm.description),
        **_metric_properties(alarm),
        comparison_operator="LessThanThreshold" if alarm.least else "GreaterThanThreshold",
        threshold=alarm.threshold,
        evaluation_periods=alarm.evaluation_periods,
        datapoints_to_alarm=alarm.datapoints_to_alarm,
        # Without calls there are no data points, and nothing is wrong. A value that must be there is different.
        treat_missing_data="breaching" if alarm.least else "notBreaching",
        alarm_actions=topics,
        ok_actions=topics,
    )
    if topics or suffix:
        suppress_fn_join(added)
    return added


def _add_composite_alarm(
    scope: Construct, environment: Environment, alarm: CompositeAlarm, *, topics: Sequence[str]
) -> None:
    added = cloudwatch.CfnCompositeAlarm(
        scope,
        f"{camel(alarm.name)}Alarm",
        alarm_name=full_name(environment, alarm),
        alarm_description=_with_runbook(alarm.description),
        alarm_rule=" AND ".join(f'ALARM("{full_name(environment, each)}")' for each in alarm.alarms),
        alarm_actions=topics,
        ok_actions=topics,
    )
    suppress_fn_join(added)
    for each in alarm.alarms:
        added.node.add_dependency(_add_alarm(scope, environment, each, topics=None))


def _metric_properties(alarm: Alarm) -> dict[str, Any]:
    """Return the properties of an alarm that name its metric, or its metrics and the expression over them."""
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
    operands = (
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
    return {"metrics": [result, *operands]}


def _dimensions(metric: Metric) -> list[cloudwatch.CfnAlarm.DimensionProperty]:
    return [cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value) for name, value in metric.dimensions.items()]


def _with_runbook(description: str) -> str:
    return f"{description} Runbook: {RUNBOOK}"
