"""What CloudWatch measures of the platform, as alarms and dashboards name it."""

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
    """What is calculated from metrics, by the names that `text` has for them.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """

    text: str
    metrics: Mapping[str, Metric]


def application_namespace(environment: Environment) -> str:
    """Name where the services' own metrics are, apart from those of other environments of the account."""
    return environment.prefix


def of_requests(environment: Environment, manifest: Manifest, name: str, statistic: str) -> Metric:
    """Return what a service's API measures of its requests: `Duration` in milliseconds, or `ServerErrors`."""
    return Metric(
        namespace=application_namespace(environment),
        name=name,
        statistic=statistic,
        dimensions={"service": manifest.service},
    )


def of_function(environment: Environment, manifest: Manifest, function: str, name: str, statistic: str) -> Metric:
    """Return what Lambda measures of a function.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    return Metric(
        namespace="AWS/Lambda",
        name=name,
        statistic=statistic,
        dimensions={"FunctionName": f"{environment.prefix}-{manifest.service}-{function}"},
    )


def of_queue(environment: Environment, queue: str, name: str) -> Metric:
    """Return what SQS measures of a queue, at its highest.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """
    dimensions = {"QueueName": f"{environment.prefix}-{queue}"}
    return Metric(namespace="AWS/SQS", name=name, statistic="Maximum", dimensions=dimensions)


def of_table(environment: Environment, manifest: Manifest, name: str) -> Metric:
    """Return what DynamoDB measures of a service's table, summed up.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    """
    dimensions = {"TableName": f"{environment.prefix}-{manifest.service}"}
    return Metric(namespace="AWS/DynamoDB", name=name, statistic="Sum", dimensions=dimensions)


def failed_share(environment: Environment, manifest: Manifest) -> Expression:
    """Return the percentage of a service's requests that fail, 0 where there are too few to take a share of.

    What the API answers with a 5xx is one kind of failure, what ends its function before it answers the other.
    """
    api = next(iter(manifest.functions_of("http")))
    return share_of_requests(
        environment,
        "FILL(answered, 0) + FILL(ended, 0)",
        {
            "requests": of_function(environment, manifest, api, "Invocations", "Sum"),
            "ended": of_function(environment, manifest, api, "Errors", "Sum"),
            "answered": of_requests(environment, manifest, "ServerErrors", "Sum"),
        },
    )


def share_of_requests(environment: Environment, failed: str, metrics: Mapping[str, Metric]) -> Expression:
    """Return what percentage of `requests`, one of the metrics, `failed` is; 0 where they are too few."""
    text = f"IF(requests >= {environment.alarms.requests_min}, 100 * ({failed}) / requests, 0)"
    return Expression(text=text, metrics=metrics)
