"""The clock of releases, and of the alarms that watch them."""

import time

from ministack.services import cloudwatch, ssm

from local.embedded_aws.cloudwatch import alarm_evaluation
from local.embedded_aws.codedeploy import pace
from tests.local.embedded_aws.codedeploy.releases import make_alarm
from tests.local.embedded_aws.codedeploy.stacks_with_releases import ask_for_release

DIMENSIONS = {"FunctionName": "tried", "Resource": "tried:live", "ExecutedVersion": "2"}


def fail(*, s_ago: float) -> None:
    cloudwatch.record_metric("AWS/Lambda", "Errors", 1, "Count", DIMENSIONS)
    cloudwatch._metrics["AWS/Lambda", "Errors", cloudwatch._dims_key(DIMENSIONS)][-1]["Timestamp"] -= s_ago


def test_a_stack_has_a_canary_only_if_it_was_asked_for() -> None:
    assert pace.asked_minute_s("users") is None

    ask_for_release(minute_s=2.0)

    assert (pace.asked_minute_s("users"), pace.asked_minute_s("activity")) == (2.0, None)
    pace.forget_asked()
    assert pace.asked_minute_s("users") is None
    assert not list(ssm._parameters.keys())


def test_the_periods_of_alarms_are_as_short_as_the_minutes_of_the_release() -> None:
    alarm = make_alarm("errors")
    fail(s_ago=5)

    pace.quicken(["errors"], 1.0)
    alarm_evaluation.evaluate_now("errors")
    assert alarm["StateValue"] == "OK"
    fail(s_ago=0.2)
    alarm_evaluation.evaluate_now("errors")
    assert alarm["StateValue"] == "ALARM"

    # The same values, on the alarm's own clock: both failures are in its period.
    pace.slow(["errors"], 1.0)
    assert alarm_evaluation._values(alarm, time.time()) == [2.0]


def test_the_alarms_that_a_composite_alarm_reads_follow_its_clock() -> None:
    make_alarm("errors")
    cloudwatch._put_composite_alarm(
        {}, {"AlarmName": "either", "AlarmRule": 'ALARM("errors")'}, is_cbor=False, is_json=True
    )

    pace.quicken(["either"], 1.0)

    assert pace.scaled_s("errors", 60) == 1.0
    assert list(pace.with_children(["either"])) == ["errors", "either"]


def test_the_fastest_of_two_releases_sets_the_clock_until_it_ends() -> None:
    make_alarm("errors")
    pace.quicken(["errors"], 1.0)
    pace.quicken(["errors"], 2.0)
    assert pace.scaled_s("errors", 60) == 1.0

    pace.slow(["errors"], 1.0)
    assert pace.scaled_s("errors", 60) == 2.0

    pace.slow(["errors"], 2.0)
    assert pace.scaled_s("errors", 60) == 60
