"""The CloudWatch metrics that alarms and dashboards read."""

from collections.abc import Mapping
from dataclasses import dataclass

from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One statistic of one metric."""

    namespace: str
    name: str
    statistic: str
    dimensions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A metric math expression; `metrics` maps the ids in `text` to the metrics they stand for.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """

    text: str
    metrics: Mapping[str, Metric]


def application_namespace(environment: Environment) -> str:
    """Return the namespace of the services' own metrics; each environment of an account has its own."""
    return environment.prefix


def request_metric(environment: Environment, manifest: Manifest, name: str, statistic: str) -> Metric:
    """Return a metric that a service's API publishes: `Duration` in milliseconds, or `ServerErrors`."""
    return Metric(
        namespace=application_namespace(environment),
        name=name,
        statistic=statistic,
        dimensions={"service": manifest.service},
    )


def function_metric(environment: Environment, manifest: Manifest, function: str, name: str, statistic: str) -> Metric:
    """Return a metric that Lambda publishes for a function.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    return Metric(
        namespace="AWS/Lambda",
        name=name,
        statistic=statistic,
        dimensions={"FunctionName": f"{environment.prefix}-{manifest.service}-{function}"},
    )


def queue_metric(environment: Environment, queue: str, name: str) -> Metric:
    """Return the maximum of a metric that SQS publishes for a queue.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """
    dimensions = {"QueueName": f"{environment.prefix}-{queue}"}
    return Metric(namespace="AWS/SQS", name=name, statistic="Maximum", dimensions=dimensions)


def table_metric(environment: Environment, manifest: Manifest, name: str) -> Metric:
    """Return the sum of a metric that DynamoDB publishes for a service's table.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    """
    dimensions = {"TableName": f"{environment.prefix}-{manifest.service}"}
    return Metric(namespace="AWS/DynamoDB", name=name, statistic="Sum", dimensions=dimensions)


def error_percent(environment: Environment, manifest: Manifest) -> Expression:
    """Return the percentage of requests to a service that fail, or 0 when there are too few requests.

    A request fails in one of three ways: the API answers with a 5xx, its function ends before it answers, or Lambda
    throttles it. A throttled request is no invocation:
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    api = next(iter(manifest.functions_of("http")))
    return percent_of_requests(
        environment,
        "FILL(answered, 0) + FILL(ended, 0) + FILL(throttled, 0)",
        {
            "invocations": function_metric(environment, manifest, api, "Invocations", "Sum"),
            "ended": function_metric(environment, manifest, api, "Errors", "Sum"),
            "throttled": function_metric(environment, manifest, api, "Throttles", "Sum"),
            "answered": request_metric(environment, manifest, "ServerErrors", "Sum"),
        },
        requests="(FILL(invocations, 0) + FILL(throttled, 0))",
    )


def percent_of_requests(
    environment: Environment,
    failed: str,
    metrics: Mapping[str, Metric],
    *,
    requests: str = "requests",
    minutes: int = 1,
) -> Expression:
    """Return `failed` as a percentage of `requests`, or 0 when there are too few requests in that many minutes."""
    text = f"IF({requests} >= {minutes * environment.alarms.requests_min}, 100 * ({failed}) / {requests}, 0)"
    return Expression(text=text, metrics=metrics)
