"""The alarms that judge a new version: their metrics, and the test that compares it with the version before."""

import json
from collections.abc import Mapping, Sequence

import pytest

from cdk.monitoring.alarm import Alarm
from cdk.monitoring.metric import Expression
from cdk.monitoring.release_alarms import FAILED_MIN, NewVersion, release_alarms
from cdk.settings.environment import Environment
from cdk.settings.environment_sections import Canary
from cdk.settings.manifest import Manifest
from functions.shared.interface.names import BATCHES_FAILED, DURATION, SERVER_ERRORS
from functions.shared.observability import count, flush_metrics
from local.embedded_aws.cloudwatch.metric_math import Value, formula

CONSUMERS = ("events", "objects", "queue", "outbox")


def new_version(environment: Environment, manifest: Manifest, function: str, **canary: int) -> NewVersion:
    return NewVersion(
        environment=environment, manifest=manifest, canary=Canary(**canary), function=function, version="7"
    )


def alarms_of(environment: Environment, manifest: Manifest, function: str) -> dict[str, Alarm]:
    return {alarm.name: alarm for alarm in release_alarms(new_version(environment, manifest, function))}


@pytest.fixture
def services(examples: Sequence[Manifest]) -> dict[str, Manifest]:
    return {manifest.service: manifest for manifest in examples}


@pytest.fixture
def api(prod: Environment, services: Mapping[str, Manifest]) -> dict[str, Alarm]:
    return alarms_of(prod, services["orders"], "api")


def expression(alarm: Alarm) -> Expression:
    assert isinstance(alarm.metric, Expression)
    return alarm.metric


def test_an_api_is_judged_by_its_answers_and_every_other_function_by_its_batches(
    prod: Environment, services: Mapping[str, Manifest]
) -> None:
    assert list(alarms_of(prod, services["orders"], "api")) == [
        "orders-api-release-failures",
        "orders-api-release-latency",
        "orders-api-release-errors",
    ]
    for manifest in services.values():
        for name, function in manifest.functions.items():
            if function.trigger in CONSUMERS:
                alarms = list(alarms_of(prod, manifest, name))
                prefix = f"{manifest.service}-{name}-release"
                assert alarms == [f"{prefix}-batches", f"{prefix}-errors"]


def test_each_alarm_reads_the_new_version_beside_all_versions(
    prod: Environment, services: Mapping[str, Manifest], api: dict[str, Alarm]
) -> None:
    relay = alarms_of(prod, services["orders"], "relay")
    service, function = {"service": "orders"}, {"service": "orders", "function": "relay"}
    own = {"service": "orders", "function": "api", "version": "7"}
    alias = {"FunctionName": "platform-prod-orders-api", "Resource": "platform-prod-orders-api:live"}

    def read(alarm: Alarm) -> dict[str, tuple[str, str, str, Mapping[str, str]]]:
        metrics = expression(alarm).metrics.items()
        return {name: (each.namespace, each.name, each.statistic, each.dimensions) for name, each in metrics}

    assert read(api["orders-api-release-failures"]) == {
        "requests": ("platform-prod", "Duration", "SampleCount", service),
        "failed": ("platform-prod", "ServerErrors", "Sum", service),
        "new_requests": ("platform-prod", "Duration", "SampleCount", own),
        "new_failed": ("platform-prod", "ServerErrors", "Sum", own),
    }
    assert read(api["orders-api-release-latency"]) == {
        "requests": ("platform-prod", "Duration", "SampleCount", service),
        "in_time": ("platform-prod", "Duration", "PR(:1000)", service),
        "new_requests": ("platform-prod", "Duration", "SampleCount", own),
        "new_in_time": ("platform-prod", "Duration", "PR(:1000)", own),
    }
    assert read(api["orders-api-release-errors"]) == {
        "requests": ("AWS/Lambda", "Invocations", "Sum", alias),
        "failed": ("AWS/Lambda", "Errors", "Sum", alias),
        "new_requests": ("AWS/Lambda", "Invocations", "Sum", {**alias, "ExecutedVersion": "7"}),
        "new_failed": ("AWS/Lambda", "Errors", "Sum", {**alias, "ExecutedVersion": "7"}),
    }
    assert read(relay["orders-relay-release-batches"]) == {
        "requests": ("platform-prod", "BatchesFailed", "SampleCount", function),
        "failed": ("platform-prod", "BatchesFailed", "Sum", function),
        "new_requests": ("platform-prod", "BatchesFailed", "SampleCount", {**function, "version": "7"}),
        "new_failed": ("platform-prod", "BatchesFailed", "Sum", {**function, "version": "7"}),
    }


def test_the_functions_publish_the_metrics_that_the_alarms_read(
    prod: Environment, services: Mapping[str, Manifest], api: dict[str, Alarm], capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (DURATION, SERVER_ERRORS, BATCHES_FAILED):
        count(name)
    flush_metrics()
    directives = json.loads(capsys.readouterr().out.splitlines()[-1])["_aws"]["CloudWatchMetrics"]
    published = {
        (metric["Name"], frozenset(dimensions))
        for directive in directives
        for metric in directive["Metrics"]
        for dimensions in directive["Dimensions"]
    }

    for alarm in (*api.values(), *alarms_of(prod, services["orders"], "relay").values()):
        for metric in expression(alarm).metrics.values():
            if metric.namespace != "AWS/Lambda":
                assert (metric.name, frozenset(metric.dimensions)) in published


def test_thresholds_are_the_environment_s(prod: Environment, services: Mapping[str, Manifest]) -> None:
    environment = prod.model_copy(
        update={
            "alarms": prod.alarms.model_copy(update={"error_percent": 7, "requests_min": 42}),
            "objectives": prod.objectives.model_copy(update={"latency_ms": 250, "latency_percent": 95}),
        }
    )
    alarms = alarms_of(environment, services["orders"], "api")

    assert alarms["orders-api-release-failures"].threshold == alarms["orders-api-release-errors"].threshold == 7
    assert alarms["orders-api-release-latency"].threshold == 5
    assert expression(alarms["orders-api-release-latency"]).metrics["new_in_time"].statistic == "PR(:250)"
    assert all(expression(alarm).text.startswith("IF(new_requests >= 42, ") for alarm in alarms.values())


@pytest.mark.parametrize(
    ("minutes", "bake_minutes", "period_s"), [(5, 10, 900), (1, 1, 120), (60, 10, 3600), (2880, 14, 3600)]
)
def test_an_alarm_counts_over_the_whole_release(
    prod: Environment, services: Mapping[str, Manifest], minutes: int, bake_minutes: int, period_s: int
) -> None:
    new = new_version(prod, services["orders"], "api", minutes=minutes, bake_minutes=bake_minutes)

    for alarm in release_alarms(new):
        assert (alarm.period_s, alarm.evaluation_periods, alarm.datapoints_to_alarm) == (period_s, 1, None)


def points(alarm: Alarm, **values: Value) -> Value:
    return formula(expression(alarm).text)(values)


def test_the_value_is_the_difference_to_the_version_before(api: dict[str, Alarm]) -> None:
    failures = api["orders-api-release-failures"]

    # 20 of 100 beside 45 of 900.
    assert points(failures, requests=1000.0, failed=65.0, new_requests=100.0, new_failed=20.0) == pytest.approx(15)
    # 20 of 100 beside 0 of 900: CloudWatch has no value for failures of all versions only if none fails.
    assert points(failures, requests=1000.0, failed=20.0, new_requests=100.0, new_failed=20.0) == pytest.approx(20)
    # 200 of 1000 beside 180 of 900: an outage hurts both alike.
    assert points(failures, requests=1900.0, failed=380.0, new_requests=1000.0, new_failed=200.0) == 0
    # The fix of a version that fails in every request.
    assert points(failures, requests=1000.0, failed=900.0, new_requests=100.0, new_failed=0.0) == 0
    assert points(failures, requests=1000.0, failed=900.0, new_requests=100.0, new_failed=None) == 0
    # 12 of 100 beside 63 of 900: worse, but not clearly.
    assert points(failures, requests=1000.0, failed=75.0, new_requests=100.0, new_failed=12.0) == 0


def test_without_requests_of_the_version_before_its_own_share_counts(api: dict[str, Alarm]) -> None:
    failures = api["orders-api-release-failures"]

    assert points(failures, requests=50.0, failed=10.0, new_requests=50.0, new_failed=10.0) == 20


def test_too_few_requests_or_failures_are_no_verdict(api: dict[str, Alarm]) -> None:
    failures = api["orders-api-release-failures"]
    few = float(FAILED_MIN - 1)

    assert points(failures, requests=1000.0, failed=9.0, new_requests=9.0, new_failed=9.0) == 0
    assert points(failures, requests=1000.0, failed=10.0, new_requests=10.0, new_failed=10.0) == 100
    assert points(failures, requests=1000.0, failed=few, new_requests=10.0, new_failed=few) == 0
    # Without a request of the new version there is no value, and the alarm treats that as fine.
    assert points(failures, requests=1000.0, failed=1.0, new_requests=None, new_failed=None) is None


def test_slow_requests_are_those_that_are_not_in_time(api: dict[str, Alarm]) -> None:
    latency = api["orders-api-release-latency"]

    # 8 % of 200 are late, beside 0.5 % of 1800.
    late = points(latency, requests=2000.0, in_time=98.75, new_requests=200.0, new_in_time=92.0)
    assert late == pytest.approx(7.5)
    assert points(latency, requests=2000.0, in_time=99.5, new_requests=200.0, new_in_time=99.5) == 0


def test_cloudwatch_accepts_the_expressions(prod: Environment, examples: Sequence[Manifest]) -> None:
    # At most 2,048 characters and ten metrics; ten alarms of a deployment group.
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
    for manifest in examples:
        for name in manifest.functions:
            alarms = alarms_of(prod, manifest, name)
            assert 1 <= len(alarms) <= 10
            for alarm in alarms.values():
                assert len(expression(alarm).text) <= 2048
                assert len(expression(alarm).metrics) <= 10
                assert alarm.period_s % 60 == 0
