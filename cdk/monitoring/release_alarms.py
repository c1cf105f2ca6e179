"""The alarms that judge a new version of a function, by its own metrics beside those of the version before.

Decision 38 has the reasons for the test and its numbers; `tests/cdk/monitoring/test_release_verdicts.py` has its rates.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cdk.monitoring.alarm import Alarm
from cdk.monitoring.metric import Expression, Metric, application_namespace
from cdk.settings.environment import Environment
from cdk.settings.environment_sections import Canary
from cdk.settings.manifest import Manifest
from functions.shared.interface.names import ALIAS, BATCHES_FAILED, DURATION, SERVER_ERRORS

MINUTE_S = 60
# One failure, or one failing neighbour, must not take a version back.
FAILED_MIN = 5
# The difference of two shares is clear from 4.5 times its standard deviation: an alarm is evaluated every minute of a
# release, and a release of everything has some fifty alarms.
CLEAR_SQUARED = 20
# The alarm reads the whole release and as much before it, at most this long.
LONGEST_PERIOD_MINUTES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """A version of a function, beside the version that served before it.

    `version` is its number, in templates a reference to it.
    """

    environment: Environment
    manifest: Manifest
    canary: Canary
    function: str
    version: str

    @property
    def name(self) -> str:
        """The function's name in the environment."""
        return f"{self.manifest.service}-{self.function}"

    @property
    def period_s(self) -> int:
        """The canary and the time after it, over which the alarms count."""
        minutes = self.canary.minutes + self.canary.bake_minutes
        return min(minutes, LONGEST_PERIOD_MINUTES) * MINUTE_S

    def own(self, name: str, statistic: str) -> Metric:
        """Return a metric that the version itself publishes."""
        dimensions = {"service": self.manifest.service, "function": self.function, "version": self.version}
        return self._of_application(name, statistic, dimensions)

    def of_service(self, name: str, statistic: str) -> Metric:
        """Return a metric of all versions of the service's API."""
        return self._of_application(name, statistic, {"service": self.manifest.service})

    def of_function(self, name: str, statistic: str) -> Metric:
        """Return a metric that all versions of the function publish."""
        return self._of_application(name, statistic, {"service": self.manifest.service, "function": self.function})

    def invocations(self, name: str, **more: str) -> Metric:
        """Return a metric of invocations through the alias.

        `ExecutedVersion=…` selects a version: https://github.com/aws/serverless-application-model/pull/656
        """
        function = f"{self.environment.prefix}-{self.name}"
        dimensions = {"FunctionName": function, "Resource": f"{function}:{ALIAS}", **more}
        return Metric(namespace="AWS/Lambda", name=name, statistic="Sum", dimensions=dimensions)

    def _of_application(self, name: str, statistic: str, dimensions: Mapping[str, str]) -> Metric:
        namespace = application_namespace(self.environment)
        return Metric(namespace=namespace, name=name, statistic=statistic, dimensions=dimensions)


def release_alarms(new: NewVersion) -> Iterator[Alarm]:
    """List the alarms that take a new version back, at most ten, the limit of a deployment group.

    https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html
    """
    if new.manifest.functions[new.function].trigger == "http":
        yield _failures(new)
        yield _latency(new)
    else:
        yield _batches(new)
    yield _errors(new)


def clearly_more(new: NewVersion, metrics: Mapping[str, Metric], *, new_failed: str, failed: str) -> Expression:
    """Return by how many percentage points a new version fails more than the one before it; 0 unless that is clear.

    Everything is a sum over the release: `requests` of all versions, and `new_requests` of the new one. The version
    before has the difference, as CloudWatch knows no name for it. Without requests of that version, the share of the
    new one counts alone. Clear is a two-proportion z-test: https://www.itl.nist.gov/div898/handbook/prc/section3/prc33.htm

    Args:
        new: The version.
        metrics: `requests` and `new_requests`, and the names in the two expressions.
        new_failed: The number of failures of the new version.
        failed: The number of failures of all versions.
    """
    # (share of the new - share of the old) * new_requests * old, and so without a division.
    ahead = f"({new_failed} * requests - {failed} * new_requests)"
    old = "(requests - new_requests)"
    is_clear = (
        f"{ahead} * {ahead} * requests > {CLEAR_SQUARED} * new_requests * {old} * {failed} * (requests - {failed})"
    )
    # A division by zero, also in the branch that does not count, would leave no value.
    points = f"100 * {ahead} / (new_requests * IF(requests > new_requests, {old}, 1))"
    beside_old = f"IF({ahead} > 0, IF({is_clear}, {points}, 0), 0)"
    judged = f"IF(requests > new_requests, {beside_old}, 100 * {new_failed} / new_requests)"
    enough = f"IF({new_failed} >= {FAILED_MIN}, {judged}, 0)"
    text = f"IF(new_requests >= {new.environment.alarms.requests_min}, {enough}, 0)"
    return Expression(text=text, metrics=metrics)


def _failures(new: NewVersion) -> Alarm:
    return _alarm(
        new,
        "failures",
        "requests",
        new.environment.alarms.error_percent,
        clearly_more(
            new,
            {
                "requests": new.of_service(DURATION, "SampleCount"),
                "failed": new.of_service(SERVER_ERRORS, "Sum"),
                "new_requests": new.own(DURATION, "SampleCount"),
                "new_failed": new.own(SERVER_ERRORS, "Sum"),
            },
            new_failed="FILL(new_failed, 0)",
            failed="FILL(failed, 0)",
        ),
    )


def _latency(new: NewVersion) -> Alarm:
    objectives = new.environment.objectives
    # The percentage of values up to the objective. Of the extended statistics that name a value, an alarm takes only
    # this one: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    in_time = f"PR(:{objectives.latency_ms})"
    return _alarm(
        new,
        "latency",
        f"requests later than {objectives.latency_ms} ms,",
        100 - objectives.latency_percent,
        clearly_more(
            new,
            {
                "requests": new.of_service(DURATION, "SampleCount"),
                "in_time": new.of_service(DURATION, in_time),
                "new_requests": new.own(DURATION, "SampleCount"),
                "new_in_time": new.own(DURATION, in_time),
            },
            new_failed="(new_requests * (100 - new_in_time) / 100)",
            failed="(requests * (100 - in_time) / 100)",
        ),
    )


def _batches(new: NewVersion) -> Alarm:
    return _alarm(
        new,
        "batches",
        "batches",
        new.environment.alarms.error_percent,
        clearly_more(
            new,
            {
                "requests": new.of_function(BATCHES_FAILED, "SampleCount"),
                "failed": new.of_function(BATCHES_FAILED, "Sum"),
                "new_requests": new.own(BATCHES_FAILED, "SampleCount"),
                "new_failed": new.own(BATCHES_FAILED, "Sum"),
            },
            new_failed="new_failed",
            failed="failed",
        ),
    )


def _errors(new: NewVersion) -> Alarm:
    return _alarm(
        new,
        "errors",
        "invocations",
        new.environment.alarms.error_percent,
        clearly_more(
            new,
            {
                "requests": new.invocations("Invocations"),
                "failed": new.invocations("Errors"),
                "new_requests": new.invocations("Invocations", ExecutedVersion=new.version),
                "new_failed": new.invocations("Errors", ExecutedVersion=new.version),
            },
            new_failed="new_failed",
            failed="failed",
        ),
    )


def _alarm(new: NewVersion, what: str, failing: str, points: float, metric: Expression) -> Alarm:
    return Alarm(
        name=f"{new.name}-release-{what}",
        description=f"The newest version of {new.name} has clearly more failing {failing} than the version before it:"
        f" by more than {points:g} percentage points.",
        metric=metric,
        threshold=points,
        # CloudWatch evaluates the alarm every minute, over the last period:
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
        period_s=new.period_s,
    )
