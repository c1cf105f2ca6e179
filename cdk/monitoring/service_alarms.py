"""Which alarms a service has: all that its manifest calls for, and nothing that is written down for it alone."""

from collections.abc import Iterator
from dataclasses import dataclass

from cdk.monitoring.alarm import Alarm, Both
from cdk.monitoring.metric import Expression, failed_share, of_function, of_queue, of_requests, of_table
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest

MINUTE_S, HOUR_S = 60, 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """How fast an error budget goes: `share` of the window's whole within `within_s`, and still in the last `now_s`."""

    pace: str
    share: float
    within_s: int
    now_s: int


# https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts
BURNS = (
    Burn(pace="fast", share=0.02, within_s=HOUR_S, now_s=5 * MINUTE_S),
    Burn(pace="slow", share=0.05, within_s=6 * HOUR_S, now_s=30 * MINUTE_S),
)


def alarms_of(environment: Environment, manifest: Manifest) -> Iterator[Alarm | Both]:
    """List the alarms of a service."""
    if manifest.http:
        yield failures(environment, manifest)
        yield latency(environment, manifest)
        yield from (burning(environment, manifest, burn) for burn in BURNS)
    for name in manifest.functions:
        yield errors(environment, manifest, name)
        yield throttles(environment, manifest, name)
    for queue in queues_of(manifest):
        yield from _of_queue(environment, queue)
    for name in manifest.functions_of("outbox"):
        yield from _of_relay(environment, manifest, name)
    if manifest.table:
        yield _of_table(environment, manifest)


def rollback_alarms(environment: Environment, manifest: Manifest, function: str) -> list[Alarm]:
    """List the alarms that take a new version of a function back."""
    own = errors(environment, manifest, function)
    if manifest.functions[function].trigger != "http":
        return [own]
    return [own, failures(environment, manifest), latency(environment, manifest)]


def queues_of(manifest: Manifest) -> list[str]:
    """Name the queues that start functions of a service, each of which has one for its dead letters."""
    own = (name for name, function in manifest.functions.items() if function.trigger in {"events", "objects"})
    return [f"{manifest.service}-{name}" for name in (*own, *manifest.queues)]


def failures(environment: Environment, manifest: Manifest) -> Alarm:
    """Requests fail, now: it takes back a release that makes them fail."""
    percent = environment.alarms.error_percent
    return Alarm(
        name=f"{manifest.service}-failures",
        says=f"More than {percent:g} % of the requests of {manifest.service} fail.",
        metric=failed_share(environment, manifest),
        above=percent,
        period_s=MINUTE_S,
        periods=3,
        of_them=2,
    )


def latency(environment: Environment, manifest: Manifest) -> Alarm:
    """Requests take longer than was promised."""
    promised = environment.objectives
    return Alarm(
        name=f"{manifest.service}-latency",
        says=f"{100 - promised.latency_percent:g} % of the requests of {manifest.service} take longer than"
        f" {promised.latency_ms} ms.",
        metric=Expression(
            # One slow request among a few is no percentile.
            text=f"IF(requests >= {environment.alarms.requests_min}, latency, 0)",
            metrics={
                "requests": of_requests(environment, manifest, "Duration", "SampleCount"),
                "latency": of_requests(environment, manifest, "Duration", f"p{promised.latency_percent:g}"),
            },
        ),
        above=promised.latency_ms,
        period_s=MINUTE_S,
        periods=5,
        of_them=3,
    )


def errors(environment: Environment, manifest: Manifest, function: str) -> Alarm:
    """A function crashes or runs out of time; it takes back a release of the function."""
    return Alarm(
        name=f"{manifest.service}-{function}-errors",
        says=f"Invocations of {function} of {manifest.service} end in errors.",
        metric=of_function(environment, manifest, function, "Errors", "Sum"),
        above=environment.alarms.function_errors - 1,
    )


def throttles(environment: Environment, manifest: Manifest, function: str) -> Alarm:
    """A function is called more often at once than the account or its manifest lets it run."""
    return Alarm(
        name=f"{manifest.service}-{function}-throttles",
        says=f"Lambda refuses invocations of {function} of {manifest.service}.",
        metric=of_function(environment, manifest, function, "Throttles", "Sum"),
        above=environment.alarms.throttles - 1,
    )


def burning(environment: Environment, manifest: Manifest, burn: Burn) -> Both:
    """So many requests fail that the error budget will be gone long before its window is over."""
    promised = environment.objectives
    times = burn.share * promised.window_days * 24 * HOUR_S / burn.within_s
    # Of all requests; no budget is so large that this many could fail.
    percent = min(times * (100 - promised.availability_percent), 99.0)
    name = f"{manifest.service}-budget-{burn.pace}"

    def failed_in(seconds: int, which: str) -> Alarm:
        return Alarm(
            name=f"{name}-{which}",
            says=f"{percent:.3g} % of the requests of {manifest.service} or more failed in {seconds // MINUTE_S} min.",
            metric=failed_share(environment, manifest),
            above=percent,
            period_s=seconds,
        )

    return Both(
        name=name,
        says=f"{manifest.service} uses up its error budget {times:.3g} times as fast as"
        f" {promised.availability_percent:g} % in {promised.window_days} days allow.",
        alarms=(failed_in(burn.within_s, "long"), failed_in(burn.now_s, "short")),
    )


def _of_queue(environment: Environment, queue: str) -> Iterator[Alarm]:
    yield Alarm(
        name=f"{queue}-age",
        says=f"A message waits in {queue} for more than {environment.alarms.oldest_message_s} s.",
        metric=of_queue(environment, queue, "ApproximateAgeOfOldestMessage"),
        above=environment.alarms.oldest_message_s,
    )
    yield Alarm(
        name=f"{queue}-dead-letters",
        says=f"{queue} has dead letters, which nobody could handle.",
        metric=of_queue(environment, f"{queue}-dlq", "ApproximateNumberOfMessagesVisible"),
        above=0,
    )


def _of_relay(environment: Environment, manifest: Manifest, relay: str) -> Iterator[Alarm]:
    lag_s = environment.alarms.stream_lag_s
    yield Alarm(
        name=f"{manifest.service}-{relay}-lag",
        says=f"Events of {manifest.service} wait for the bus for more than {lag_s} s.",
        metric=of_function(environment, manifest, relay, "IteratorAge", "Maximum"),
        above=lag_s * 1000,
    )
    yield Alarm(
        name=f"{manifest.service}-{relay}-parked",
        says=f"Events of {manifest.service} are parked, since they could not be published.",
        metric=of_queue(environment, f"{manifest.service}-{relay}-parked", "ApproximateNumberOfMessagesVisible"),
        above=0,
    )


def _of_table(environment: Environment, manifest: Manifest) -> Alarm:
    reads, writes = (of_table(environment, manifest, f"{kind}ThrottleEvents") for kind in ("Read", "Write"))
    return Alarm(
        name=f"{manifest.service}-table-throttles",
        says=f"DynamoDB refuses reads or writes of {manifest.service}.",
        metric=Expression(text="FILL(reads, 0) + FILL(writes, 0)", metrics={"reads": reads, "writes": writes}),
        above=environment.alarms.throttles - 1,
    )
