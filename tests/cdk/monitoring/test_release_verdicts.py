"""The verdicts of a release's alarm over many simulated releases, with arrivals by Poisson's law.

The alarm is the one of the template: its expression, period and threshold. As on AWS, it is evaluated every minute, and
reads metrics a minute after they arose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

import pytest

from cdk.monitoring.metric import Expression
from cdk.monitoring.release_alarms import NewVersion, release_alarms
from cdk.settings.environment import Environment
from cdk.settings.environment_sections import Canary
from cdk.settings.manifest import Manifest
from local.embedded_aws.cloudwatch.metric_math import Formula, formula

CANARY = Canary()
METRICS_ARE_LATE_MINUTES = 1
IN_CANARY = CANARY.minutes
IN_RELEASE = CANARY.minutes + CANARY.bake_minutes


@dataclass(frozen=True, slots=True)
class Counts:
    """The requests of a minute to one version, and those that failed."""

    requests: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The alarm on failing requests, as CloudWatch evaluates it."""

    value: Formula
    threshold: float
    period_minutes: int

    def is_against(self, old: Sequence[Counts], new: Sequence[Counts]) -> bool:
        """Return True if the alarm fires on the last period of these minutes."""
        old, new = old[-self.period_minutes :], new[-self.period_minutes :]
        new_requests, new_failed = sum(each.requests for each in new), sum(each.failed for each in new)
        metrics = {
            "requests": float(new_requests + sum(each.requests for each in old)),
            "failed": float(new_failed + sum(each.failed for each in old)) or None,
            "new_requests": float(new_requests) or None,
            "new_failed": float(new_failed) or None,
        }
        value = self.value(metrics)
        return value is not None and value > self.threshold


@pytest.fixture(scope="module")
def verdict(examples: Sequence[Manifest]) -> Verdict:
    prod = Environment.model_validate(
        {"name": "prod", "region": "eu-west-1", "domain": "example.com", "hosted_zone_id": "Z1"}
    )
    orders = next(manifest for manifest in examples if manifest.service == "orders")
    new = NewVersion(environment=prod, manifest=orders, canary=CANARY, function="api", version="7")
    [alarm] = [each for each in release_alarms(new) if each.name.endswith("-failures")]
    assert isinstance(alarm.metric, Expression)
    return Verdict(formula(alarm.metric.text), alarm.threshold, alarm.period_s // 60)


def arrivals(random: Random, per_minute: float) -> int:
    """Return the number of arrivals in a minute: of many that are possible and unlikely, as Poisson's law has it."""
    return random.binomialvariate(1000 + int(100 * per_minute), per_minute / (1000 + int(100 * per_minute)))


def taken_back_after(  # noqa: PLR0913 - a release in numbers
    verdict: Verdict, seed: int, *, per_minute: float, new_fails: float, old_fails: float, minutes: int
) -> int | None:
    """Return the minute of a release in which the alarm fires, or None if it does not within `minutes`."""
    random = Random(seed)  # noqa: S311 - the same releases in every run

    def minute(share: float, fails: float) -> Counts:
        requests = arrivals(random, per_minute * share)
        return Counts(requests, random.binomialvariate(requests, fails))

    old = [minute(1, old_fails) for _ in range(verdict.period_minutes)]
    new = [Counts()] * len(old)
    for passed in range(1, minutes + 1):
        if passed > METRICS_ARE_LATE_MINUTES and verdict.is_against(old, new):
            return passed
        share = CANARY.percent / 100 if passed <= CANARY.minutes else 1
        new.append(minute(share, new_fails))
        old.append(minute(1 - share, old_fails))
    return None


@cache
def share_taken_back(  # noqa: PLR0913, PLR0917 - releases in numbers
    verdict: Verdict, releases: int, per_minute: float, new_fails: float, old_fails: float, minutes: int
) -> float:
    """Return the share of releases that the alarm takes back."""
    verdicts = [
        taken_back_after(
            verdict, seed, per_minute=per_minute, new_fails=new_fails, old_fails=old_fails, minutes=minutes
        )
        for seed in range(releases)
    ]
    return sum(each is not None for each in verdicts) / releases


@pytest.mark.parametrize(("per_minute", "releases"), [(300, 1000), (6000, 200)])
@pytest.mark.parametrize("old_fails", [0.0, 0.005, 0.02])
def test_a_version_that_fails_15_percent_of_its_requests_never_gets_all_traffic(
    verdict: Verdict, per_minute: float, releases: int, old_fails: float
) -> None:
    assert share_taken_back(verdict, releases, per_minute, 0.15, old_fails, IN_CANARY) >= 0.99


def test_with_less_traffic_it_is_taken_back_while_it_bakes(verdict: Verdict) -> None:
    assert share_taken_back(verdict, 500, 60, 0.15, 0.005, IN_RELEASE) >= 0.99
    assert share_taken_back(verdict, 500, 20, 0.15, 0.005, IN_RELEASE) >= 0.85


def test_a_version_that_fails_40_percent_is_taken_back_beside_one_that_fails_10_percent(verdict: Verdict) -> None:
    assert share_taken_back(verdict, 500, 300, 0.4, 0.1, IN_CANARY) >= 0.99


@pytest.mark.parametrize(
    "fails", [0.02, *(pytest.param(share, marks=pytest.mark.slow) for share in (0.001, 0.005, 0.1))]
)
@pytest.mark.parametrize("per_minute", [60, *(pytest.param(count, marks=pytest.mark.slow) for count in (5, 300))])
def test_a_sound_version_is_not_taken_back_however_much_fails_beside_it(
    verdict: Verdict, per_minute: float, fails: float
) -> None:
    assert share_taken_back(verdict, 500, per_minute, fails, fails, IN_RELEASE) <= 0.004


def test_a_sound_version_is_not_taken_back_under_load(verdict: Verdict) -> None:
    assert share_taken_back(verdict, 200, 6000, 0.005, 0.005, IN_RELEASE) == 0


def test_the_fix_of_a_failing_version_is_not_taken_back(verdict: Verdict) -> None:
    assert share_taken_back(verdict, 300, 300, 0.001, 0.5, IN_RELEASE) == 0


def test_5_requests_a_minute_are_no_verdict_in_the_canary(verdict: Verdict) -> None:
    assert share_taken_back(verdict, 1000, 5, 0.15, 0.0, IN_CANARY) == 0
    assert share_taken_back(verdict, 1000, 5, 0.0, 0.0, IN_CANARY) == 0
