"""The alarms of a service that tell people, all derived from its manifest and the environment's thresholds."""

from collections.abc import Iterator
from dataclasses import dataclass

from cdk.monitoring.alarm import Alarm, CompositeAlarm
from cdk.monitoring.metric import Expression, error_percent, function_metric, queue_metric, request_metric, table_metric
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from functions.shared.interface.dead_letters import DEAD_LETTERS, PARKED

MINUTE_S, HOUR_S = 60, 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnRateAlert:
    """An alert on the use of `budget_share` of a window's error budget within `long_window_s`.

    The same rate in `short_window_s` shows that requests still fail now.
    """

    pace: str
    budget_share: float
    long_window_s: int
    short_window_s: int


# https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts
BURN_RATE_ALERTS = (
    BurnRateAlert(pace="fast", budget_share=0.02, long_window_s=HOUR_S, short_window_s=5 * MINUTE_S),
    BurnRateAlert(pace="slow", budget_share=0.05, long_window_s=6 * HOUR_S, short_window_s=30 * MINUTE_S),
)


def alarms_of(environment: Environment, manifest: Manifest) -> Iterator[Alarm | CompositeAlarm]:
    """List the alarms of a service."""
    if manifest.http:
        yield failures(environment, manifest)
        yield latency(environment, manifest)
        yield from (burn_rate(environment, manifest, alert) for alert in BURN_RATE_ALERTS)
    for name in manifest.functions:
        yield errors(environment, manifest, name)
        yield throttles(environment, manifest, name)
    for queue in queues_of(manifest):
        yield from _queue_alarms(environment, queue)
    for name in manifest.functions_of("outbox"):
        yield from _relay_alarms(environment, manifest, name)
    if manifest.table:
        yield _table_throttles(environment, manifest)


def queues_of(manifest: Manifest) -> list[str]:
    """Name the queues that start a service's functions; each has a dead-letter queue."""
    own = (name for name, function in manifest.functions.items() if function.trigger in {"events", "objects"})
    return [f"{manifest.service}-{name}" for name in (*own, *manifest.queues)]


def failures(environment: Environment, manifest: Manifest) -> Alarm:
    """Return the alarm on failing requests."""
    percent = environment.alarms.error_percent
    return Alarm(
        name=f"{manifest.service}-failures",
        description=f"More than {percent:g} % of the requests to {manifest.service} fail.",
        metric=error_percent(environment, manifest),
        threshold=percent,
        period_s=MINUTE_S,
        evaluation_periods=3,
        datapoints_to_alarm=2,
    )


def latency(environment: Environment, manifest: Manifest) -> Alarm:
    """Return the alarm on slow requests."""
    objectives = environment.objectives
    return Alarm(
        name=f"{manifest.service}-latency",
        description=f"{100 - objectives.latency_percent:g} % or more of the requests to {manifest.service} take longer"
        f" than {objectives.latency_ms} ms.",
        metric=Expression(
            # A percentile of a few requests would be the slowest one.
            text=f"IF(requests >= {environment.alarms.requests_min}, latency, 0)",
            metrics={
                "requests": request_metric(environment, manifest, "Duration", "SampleCount"),
                "latency": request_metric(environment, manifest, "Duration", f"p{objectives.latency_percent:g}"),
            },
        ),
        threshold=objectives.latency_ms,
        period_s=MINUTE_S,
        evaluation_periods=5,
        datapoints_to_alarm=3,
    )


def errors(environment: Environment, manifest: Manifest, function: str) -> Alarm:
    """Return the alarm on invocations that crash or time out."""
    return Alarm(
        name=f"{manifest.service}-{function}-errors",
        description=f"Invocations of the function {manifest.service}-{function} crash or time out.",
        metric=function_metric(environment, manifest, function, "Errors", "Sum"),
        threshold=environment.alarms.function_errors - 1,
    )


def throttles(environment: Environment, manifest: Manifest, function: str) -> Alarm:
    """Return the alarm on calls that exceed the concurrency of the account or the manifest."""
    return Alarm(
        name=f"{manifest.service}-{function}-throttles",
        description=f"Lambda throttles invocations of the function {manifest.service}-{function}.",
        metric=function_metric(environment, manifest, function, "Throttles", "Sum"),
        threshold=environment.alarms.throttles - 1,
    )


def burn_rate(environment: Environment, manifest: Manifest, alert: BurnRateAlert) -> CompositeAlarm:
    """Return the alarm on an error budget that will be used up long before its window ends."""
    objectives = environment.objectives
    rate = alert.budget_share * objectives.window_days * 24 * HOUR_S / alert.long_window_s
    # A low objective at a high rate would give 100 % or more, which no percentage of failed requests exceeds.
    percent = min(rate * (100 - objectives.availability_percent), 99.0)
    name = f"{manifest.service}-budget-{alert.pace}"

    def failed_in(seconds: int, window: str) -> Alarm:
        failed = f"More than {percent:.3g} % of the requests to {manifest.service} failed"
        return Alarm(
            name=f"{name}-{window}",
            description=f"{failed} in {seconds // MINUTE_S} min.",
            metric=error_percent(environment, manifest),
            threshold=percent,
            period_s=seconds,
        )

    return CompositeAlarm(
        name=name,
        description=f"{manifest.service} uses up its error budget {rate:.3g} times as fast as its objective allows:"
        f" {objectives.availability_percent:g} % of the requests in {objectives.window_days} days.",
        alarms=(failed_in(alert.long_window_s, "long"), failed_in(alert.short_window_s, "short")),
    )


def _queue_alarms(environment: Environment, queue: str) -> Iterator[Alarm]:
    yield Alarm(
        name=f"{queue}-age",
        description=f"A message has waited in the queue {queue} for more than {environment.alarms.oldest_message_s} s.",
        metric=queue_metric(environment, queue, "ApproximateAgeOfOldestMessage"),
        threshold=environment.alarms.oldest_message_s,
    )
    yield Alarm(
        name=f"{queue}-dead-letters",
        description=f"The queue {queue}-dlq has dead letters: messages that its consumer or worker could not handle.",
        metric=queue_metric(environment, f"{queue}{DEAD_LETTERS}", "ApproximateNumberOfMessagesVisible"),
        threshold=0,
    )


def _relay_alarms(environment: Environment, manifest: Manifest, relay: str) -> Iterator[Alarm]:
    lag_s = environment.alarms.stream_lag_s
    yield Alarm(
        name=f"{manifest.service}-{relay}-lag",
        description=f"Events of {manifest.service} wait more than {lag_s} s for the relay to publish them.",
        metric=function_metric(environment, manifest, relay, "IteratorAge", "Maximum"),
        threshold=lag_s * 1000,
    )
    yield Alarm(
        name=f"{manifest.service}-{relay}{PARKED}",
        description=f"Events of {manifest.service} are parked: the relay could not publish them.",
        metric=queue_metric(environment, f"{manifest.service}-{relay}{PARKED}", "ApproximateNumberOfMessagesVisible"),
        threshold=0,
    )


def _table_throttles(environment: Environment, manifest: Manifest) -> Alarm:
    reads, writes = (table_metric(environment, manifest, f"{kind}ThrottleEvents") for kind in ("Read", "Write"))
    return Alarm(
        name=f"{manifest.service}-table-throttles",
        description=f"DynamoDB throttles reads or writes of the table {manifest.service}.",
        metric=Expression(text="FILL(reads, 0) + FILL(writes, 0)", metrics={"reads": reads, "writes": writes}),
        threshold=environment.alarms.throttles - 1,
    )
