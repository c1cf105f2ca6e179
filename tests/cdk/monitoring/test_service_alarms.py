"""The alarms that a service's manifest calls for."""

from collections.abc import Sequence

import pytest

from cdk.monitoring.alarm import Alarm, CompositeAlarm
from cdk.monitoring.metric import Expression
from cdk.monitoring.service_alarms import (
    BURN_RATE_ALERTS,
    alarms_of,
    burn_rate,
    failures,
    latency,
)
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from local.embedded_aws.cloudwatch.metric_math import formula


@pytest.fixture
def by_name(examples: Sequence[Manifest]) -> dict[str, Manifest]:
    return {manifest.service: manifest for manifest in examples}


def named(environment: Environment, manifest: Manifest) -> dict[str, Alarm | CompositeAlarm]:
    return {alarm.name: alarm for alarm in alarms_of(environment, manifest)}


def with_objectives(environment: Environment, **objectives: float) -> Environment:
    changed = environment.objectives.model_copy(update=objectives)
    return environment.model_copy(update={"objectives": changed})


def test_a_service_has_the_alarms_that_its_manifest_calls_for(prod: Environment, by_name: dict[str, Manifest]) -> None:
    assert set(named(prod, by_name["orders"])) == {
        "orders-failures",
        "orders-latency",
        "orders-budget-fast",
        "orders-budget-slow",
        "orders-api-errors",
        "orders-api-throttles",
        "orders-relay-errors",
        "orders-relay-throttles",
        "orders-relay-lag",
        "orders-relay-parked",
        "orders-table-throttles",
    }
    assert set(named(prod, by_name["ledger"])) == {
        "ledger-consumer-errors",
        "ledger-consumer-throttles",
        "ledger-consumer-age",
        "ledger-consumer-dead-letters",
        "ledger-table-throttles",
    }
    assert "albums-viewer-dead-letters" in named(prod, by_name["albums"])


def test_an_alarm_reads_the_metric_of_the_resource_that_its_name_says(
    prod: Environment, by_name: dict[str, Manifest]
) -> None:
    orders, ledger = named(prod, by_name["orders"]), named(prod, by_name["ledger"])

    def metric_of(alarm: Alarm | CompositeAlarm) -> tuple[str, str, str]:
        assert isinstance(alarm, Alarm)
        assert not isinstance(alarm.metric, Expression)
        return alarm.metric.name, alarm.metric.statistic, next(iter(alarm.metric.dimensions.values()))

    assert metric_of(orders["orders-relay-lag"]) == ("IteratorAge", "Maximum", "platform-prod-orders-relay")
    assert metric_of(orders["orders-relay-parked"])[2] == "platform-prod-orders-relay-parked"
    assert metric_of(ledger["ledger-consumer-dead-letters"])[2] == "platform-prod-ledger-consumer-dlq"
    assert metric_of(ledger["ledger-consumer-age"]) == (
        "ApproximateAgeOfOldestMessage",
        "Maximum",
        "platform-prod-ledger-consumer",
    )


def test_thresholds_are_the_environment_s(prod: Environment, by_name: dict[str, Manifest]) -> None:
    thresholds = {
        "error_percent": 7, "requests_min": 42, "function_errors": 5, "throttles": 6, "oldest_message_s": 120,
        "stream_lag_s": 90,
    }  # fmt: skip
    stricter = prod.model_copy(update={"alarms": prod.alarms.model_copy(update=thresholds)})
    orders, ledger = named(stricter, by_name["orders"]), named(stricter, by_name["ledger"])

    found = {name: alarm.threshold for name, alarm in (orders | ledger).items() if isinstance(alarm, Alarm)}

    assert found["orders-failures"] == 7
    # The alarm fires at five errors, so its threshold is four.
    assert found["orders-api-errors"] == 4
    assert found["orders-api-throttles"] == found["orders-table-throttles"] == 5
    assert found["ledger-consumer-age"] == 120
    assert found["orders-relay-lag"] == 90_000
    failing = orders["orders-failures"]
    assert isinstance(failing, Alarm)
    assert isinstance(failing.metric, Expression)
    assert failing.metric.text.startswith("IF((FILL(invocations, 0) + FILL(throttled, 0)) >= 42, ")


def test_a_request_that_lambda_throttles_has_failed(prod: Environment, by_name: dict[str, Manifest]) -> None:
    metric = failures(prod, by_name["orders"]).metric

    assert isinstance(metric, Expression)
    share = formula(metric.text)
    assert {name: each.name for name, each in metric.metrics.items()} == {
        "invocations": "Invocations",
        "ended": "Errors",
        "throttled": "Throttles",
        "answered": "ServerErrors",
    }
    # A throttled request is no invocation, and so neither an error nor an answer.
    assert share({"invocations": 60.0, "ended": 0.0, "throttled": 40.0, "answered": None}) == 40
    assert share({"invocations": None, "ended": None, "throttled": 40.0, "answered": None}) == 100
    assert share({"invocations": 96.0, "ended": 1.0, "throttled": 4.0, "answered": 2.0}) == 7
    assert share({"invocations": 5.0, "ended": 0.0, "throttled": 4.0, "answered": None}) == 0


def test_the_latency_alarm_fires_at_the_objective(prod: Environment, by_name: dict[str, Manifest]) -> None:
    environment = with_objectives(prod, latency_ms=250, latency_percent=99.5)

    alarm = latency(environment, by_name["orders"])

    assert alarm.threshold == 250
    assert isinstance(alarm.metric, Expression)
    assert alarm.metric.metrics["latency"].statistic == "p99.5"
    assert alarm.metric.metrics["latency"].dimensions == {"service": "orders"}
    assert alarm.metric.metrics["latency"].namespace == "platform-prod"


# https://sre.google/workbook/alerting-on-slos/ has 14.4 and 6 for 99.9 % in 30 days.
@pytest.mark.parametrize(
    ("availability_percent", "window_days", "percent"),
    [(99.9, 30, (1.44, 0.6)), (99.9, 7, (0.336, 0.14)), (99.5, 30, (7.2, 3.0)), (90, 30, (99.0, 60.0))],
)
def test_a_burn_rate_alarm_fires_at_its_rate_of_the_error_budget(
    prod: Environment,
    by_name: dict[str, Manifest],
    availability_percent: float,
    window_days: int,
    percent: tuple[float, float],
) -> None:
    environment = with_objectives(prod, availability_percent=availability_percent, window_days=window_days)

    composites = [burn_rate(environment, by_name["orders"], alert) for alert in BURN_RATE_ALERTS]

    assert [[each.period_s for each in alarm.alarms] for alarm in composites] == [[3600, 300], [21_600, 1800]]
    for alarm, threshold in zip(composites, percent, strict=True):
        assert [each.threshold for each in alarm.alarms] == [pytest.approx(threshold)] * 2


def test_no_alarm_evaluates_more_time_or_metrics_than_cloudwatch_allows(
    prod: Environment, examples: Sequence[Manifest]
) -> None:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html: a day if a period is
    # shorter than an hour, or else a week; and ten metrics.
    alarms = [alarm for manifest in examples for alarm in alarms_of(prod, manifest)]
    single = [each for alarm in alarms for each in (alarm.alarms if isinstance(alarm, CompositeAlarm) else (alarm,))]

    for alarm in single:
        assert alarm.period_s % 60 == 0
        assert alarm.period_s * alarm.evaluation_periods <= (86_400 if alarm.period_s < 3600 else 604_800)
        assert not isinstance(alarm.metric, Expression) or len(alarm.metric.metrics) <= 10
    assert len({alarm.name for alarm in single}) == len(single)
